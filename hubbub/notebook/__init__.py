"""What a lesson's notebook is written with. One front door: ``from hubbub.notebook import …``.

serving    start a real server as a process of its own, and join its room
see        what a history shows: the smallest part of it that breaks a promise, drawn
predict    commit to an answer before looking; ``reveal`` sets what came beside it
show       the code of a thing, from its file; ``diff`` what differs between two
spectrum   latencies, percentile by percentile; ``timeline`` who got what when
lifelines  what went on from when to when, as bars
explore    sliders where there is somebody to move them, a still picture elsewhere
conform    judge a program by some rules; ``evidence`` for one of them, ``matrix`` side by side
bench      measure a program beside a server of ours
check      judge the exercise, with the history that shows what is wrong
"""

from hubbub.notebook.crowds import crowd, orders
from hubbub.notebook.exercise import check
from hubbub.notebook.pictures import Bar, Picture, explore, lifelines, spectrum, timeline
from hubbub.notebook.predictions import predict, reveal
from hubbub.notebook.rooms import Client, Room, serving
from hubbub.notebook.servers import bench, conform, evidence, matrix
from hubbub.notebook.sources import diff, show
from hubbub.notebook.verdicts import see


__all__ = [
    "Bar",
    "Client",
    "Picture",
    "Room",
    "bench",
    "check",
    "conform",
    "crowd",
    "diff",
    "evidence",
    "explore",
    "lifelines",
    "matrix",
    "orders",
    "predict",
    "reveal",
    "see",
    "serving",
    "show",
    "spectrum",
    "timeline",
]

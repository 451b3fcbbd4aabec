"""The functions that a lesson's notebook uses: ``from hubbub.notebook import …``.

serving    start a real server in a process of its own, and join its room
crowd      let many clients talk at once; ``orders`` counts the different orders they heard
see        check a history, and draw the smallest part of it that breaks a promise
predict    write down your answer before the run; ``reveal`` compares it with the result
show       show the code of a function or class; ``diff`` shows how two of them differ
spectrum   draw latencies by percentile; ``timeline`` draws how many lines each client has
lifelines  draw bars along a time axis
explore    show a picture with sliders; without a browser, the picture alone
conform    test a program against some rules; ``evidence`` shows one, ``matrix`` shows all
bench      measure a program beside one of our servers
check      judge the exercise, and show the history that proves the fault
"""

from hubbub.notebook.crowds import crowd, orders
from hubbub.notebook.judgement import check
from hubbub.notebook.own_server import bench, conform, evidence, matrix
from hubbub.notebook.pictures import Bar, Picture, explore, lifelines, spectrum, timeline
from hubbub.notebook.predictions import predict, reveal
from hubbub.notebook.rooms import Client, Room, serving
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

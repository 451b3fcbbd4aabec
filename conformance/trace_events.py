"""A tape as Chrome trace events, for Perfetto (ui.perfetto.dev) and similar viewers.

Each client has a row. What it says and gets are slices on the row, and an arrow leads from each
message to every place where it was received.
"""

from typing import Any

from conformance.checker.lines import Kind, parse
from conformance.checker.names import Speech
from conformance.tape import Tape


__all__ = ["trace_events"]

_PROCESS = 1
_SLICE_US = 1.0  # an event takes no time, but a slice needs some, to be seen and to end an arrow


def trace_events(tape: Tape) -> dict[str, Any]:
    """Return a tape as a JSON document; times are microseconds from the first event."""
    events = tape.events()
    began_ns = events[0][1].at_ns if events else 0
    written: list[dict[str, Any]] = [_named("process_name", tape.source, 0)]
    written += [_named("thread_name", track.label, n) for n, track in enumerate(tape.tracks)]
    speech = Speech(tape.history())
    said = [0] * len(tape.tracks)
    said_us: dict[tuple[int, int], float] = {}  # by client and number of the message
    arrows = 0
    for client, event in events:
        at_us = (event.at_ns - began_ns) / 1000
        place = {"pid": _PROCESS, "tid": client, "ts": at_us}
        name = event.text or "the end"
        written.append({**place, "ph": "X", "dur": _SLICE_US, "cat": event.kind, "name": name})
        if event.kind == "said":
            said_us[client, said[client]] = at_us
            said[client] += 1
        elif event.kind == "got" and (meaning := parse(event.text)).kind is Kind.CHAT:
            sources = speech.sources(meaning.rest)
            if len(sources) == 1 and sources[0] in said_us:
                arrows += 1
                arrow = {"cat": "delivery", "name": "delivery", "id": arrows}
                speaker = {"pid": _PROCESS, "tid": sources[0][0], "ts": said_us[sources[0]]}
                written.append({**arrow, **speaker, "ph": "s"})
                written.append({**arrow, **place, "ph": "f", "bp": "e"})
    return {"traceEvents": written, "displayTimeUnit": "ms"}


def _named(kind: str, name: str, client: int) -> dict[str, Any]:
    return {"ph": "M", "name": kind, "pid": _PROCESS, "tid": client, "args": {"name": name}}

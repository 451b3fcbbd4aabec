"""A tape as Chrome trace events: one row per client, one arrow per delivery."""

import json
from typing import Any

from conformance.trace_events import trace_events
from tests.conformance.taped import chat, taped


def written() -> list[dict[str, Any]]:
    """Return the events of a chat, as a viewer reads them."""
    found: list[dict[str, Any]] = json.loads(json.dumps(trace_events(taped(chat()))))["traceEvents"]
    return found


def test_every_client_has_a_named_row() -> None:
    """The rows have the clients' labels, and show what each client said and got."""
    rows = {e["tid"]: e["args"]["name"] for e in written() if e["name"] == "thread_name"}

    assert rows == {0: "anna", 1: "ben"}
    slices = [e for e in written() if e["ph"] == "X"]
    assert len(slices) == len(taped(chat()).events())
    assert {"anna-1", "ben-1"} <= {e["name"] for e in slices if e["cat"] == "said"}


def test_every_delivery_has_an_arrow_forward_in_time() -> None:
    """An arrow leads from each message to every place where it came, forward in time."""
    begins = {e["id"]: e for e in written() if e["ph"] == "s"}
    ends = {e["id"]: e for e in written() if e["ph"] == "f"}

    deliveries = sum(
        line.partition(": ")[2] in ("anna-1", "ben-1")
        for session in chat().sessions
        for line in session.received
    )
    assert len(begins) == len(ends) >= deliveries > 0
    assert begins.keys() == ends.keys()
    assert all(begins[arrow]["ts"] <= ends[arrow]["ts"] for arrow in begins)


def test_times_begin_at_zero() -> None:
    """The first event is at 0 µs."""
    assert min(e["ts"] for e in written() if e["ph"] == "X") == 0

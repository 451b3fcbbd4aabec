"""Where a server leaves its line."""

from __future__ import annotations

from benchmarks.sentences.growth import leaving, rooms
from tests.benchmarks.sentences.summaries import walked


ROOM = {"flat": {100: 5.0, 1000: 5.2, 5000: 5.9}, "steep": {100: 5.0, 1000: 6.0, 5000: 7.0}}
SIZES = {"flat": {16: 5.0, 1024: 5.1, 16384: 9.0}, "steep": {16: 5.0, 1024: 5.1, 16384: 5.2}}


def test_server_leaves_its_line_where_it_costs_a_quarter_more() -> None:
    """The first point with 1.25 times the cost on the line is named, with the ratio."""
    found = leaving("steep", walked("scaling", ROOM), walked("sizes", SIZES))

    assert found.sentence == (
        "As the room grows, it leaves its line at 5,000 clients: a delivery costs 1.40 (1.40-1.40) "
        "times as much as with 100 clients; as messages grow, it stays on its line up to 16,384 "
        "bytes."
    )
    (claim,) = found.claims
    assert (claim.direction, claim.workload.clients) == ("higher", 5000)
    assert claim.against
    assert claim.against.clients == 100


def test_server_that_costs_the_same_stays_on_its_line() -> None:
    """A rise of less than a quarter is not called leaving the line, and only one axis may do."""
    assert leaving("flat", walked("scaling", ROOM), None).sentence == (
        "As the room grows, it stays on its line up to 5,000 clients."
    )
    assert leaving("unknown", walked("scaling", ROOM), None).sentence == ""


def test_rooms_need_no_crowd() -> None:
    """Without the scenario crowd the line ends with scaling."""
    scaling = walked("scaling", ROOM)

    assert rooms([scaling]) is scaling
    assert rooms([]) is None

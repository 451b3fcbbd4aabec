"""Drawings of a history: what is wrong stands out, in text and in SVG."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from conformance.checker import History, Session, Violation
from conformance.checker.smallest import smallest_violation
from conformance.diagram import as_svg, as_text
from tests.conformance.rooms import Room, swapped, without


SVG = "{http://www.w3.org/2000/svg}"


def disagreement() -> Violation:
    """Return a violation in which anna and ben disagree on the order of two messages."""
    room = Room()
    room.join("anna", "ben", "c1", "c2")
    room.say("c1", "c1-1")
    room.say("c2", "c2-1")
    room.close("anna", "ben")
    history = swapped(room.history(), "anna", "c1:1: c1-1", "c2:1: c2-1")
    sessions = [replace(s, received=s.received[:1]) for s in history.sessions[2:]]
    return smallest_violation(History((*history.sessions[:2], *sessions)), "order.total")


def loss() -> Violation:
    """Return a violation in which anna lacks a message."""
    room = Room()
    room.join("anna", "ben")
    for number in (1, 2, 3):
        room.say("ben", f"ben-{number}")
    history = without(room.history(), "anna", "ben:1: ben-2")
    return smallest_violation(history, "delivery.exactly-once")


def drawn(violation: Violation) -> str:
    return as_text(violation.witness, violation)


def svg(violation: Violation) -> ET.Element:
    return ET.fromstring(as_svg(violation.witness, violation))


def test_disagreement_stands_side_by_side() -> None:
    """What two clients got in different order stands in the same rows."""
    assert drawn(disagreement()) == (
        "order.total: anna and ben disagree: anna got c2-1 before c1-1, ben got c1-1\n"
        "before c2-1\n"
        "\n"
        "step    anna          ben           c1            c2\n"
        "   1                                says c1-1     says c2-1\n"
        "   2  ● gets c2-1   ● gets c1-1\n"
        "   3  ● gets c1-1   ● gets c2-1\n"
        "\n"
        "● look here\n"
    )


def test_lost_message_leaves_a_mark() -> None:
    """A mark stands where a lost message should have come."""
    assert drawn(loss()).splitlines()[3:] == [
        "step    anna           ben",
        "   1                   says ben-1",
        "   2    gets ben-1     gets ben-1",
        "   3                   says ben-2",
        "   4  ✗ no ben-2     ● gets ben-2",
        "   5                   says ben-3",
        "   6    gets ben-3     gets ben-3",
        "",
        "● look here   ✗ should have come here",
    ]


def test_impossible_log_is_drawn_as_it_is() -> None:
    """Even a line that came before it was said has a step of its own."""
    a = Session("a", ["* you are a:1", "a:1: a-2", "a:1: a-1"], ["a-1", "a-2"], [1, 2])

    rows = drawn(Violation("order.speaker", "impossible", History((a,)))).splitlines()

    assert [row.split()[1:] for row in rows[3:7]] == [
        ["says", "a-1"],
        ["gets", "a-2"],
        ["says", "a-2"],
        ["gets", "a-1"],
    ]


def test_text_fits_eighty_columns() -> None:
    """Many clients stand below each other, and long words become numbers."""
    long = "a message that is much too long for any lane, however few there are, and goes on"
    sessions = [Session(f"client-{n}", ["* you are a:1", f"b:1: {long}"]) for n in range(9)]
    history = History((*sessions, Session("b", ["* you are b:1"], [long], [1])))

    rows = as_text(history, Violation("order.total", "too long", history)).splitlines()

    assert max(map(len, rows)) <= 80
    assert [row.split()[1:] for row in rows if row.startswith("step")] == [
        ["client-0", "client-1", "client-2", "client-3"],
        ["client-4", "client-5", "client-6", "client-7"],
        ["client-8", "b"],
    ]
    assert " ".join(rows[-3:]).split() == ["[1]", *long.split()]


def test_picture_is_a_titled_image() -> None:
    """The SVG has a title for readers who cannot see it."""
    violation = disagreement()

    root = svg(violation)

    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == violation.sentence


def test_picture_has_a_lane_for_the_room_and_each_client() -> None:
    """The room's lane is the first; each client has a lane after it."""
    root = svg(disagreement())

    lanes = [line.get("class") for line in root.findall(f"{SVG}line")]
    *words, legend = [text.text for text in root.findall(f"{SVG}text")]

    assert lanes == ["room", "lane", "lane", "lane", "lane"]
    assert words[-5:] == ["the room", "anna", "ben", "c1", "c2"]
    assert legend is not None
    assert legend.startswith("Time runs down.")


def test_picture_marks_what_is_wrong() -> None:
    """What is wrong is drawn unlike the rest, and what is missing unlike both."""
    root = svg(loss())

    rows = [(row.get("class"), row.findtext(f"{SVG}text")) for row in root.findall(f"{SVG}g")]

    assert ("wrong", "ben-2") in rows
    assert ("missing", "no ben-2") in rows
    assert [kind for kind, _ in rows].count("step") == len(rows) - 2


def test_picture_needs_no_colour_to_be_understood() -> None:
    """Line weight and dashes show what the colours show."""
    style = svg(loss()).findtext(f"{SVG}style") or ""

    assert re.search(r"\.wrong[^}]*stroke-width: 2\.6", style)
    assert re.search(r"\.missing line { stroke-dasharray", style)


@pytest.mark.parametrize("text", ['<script>alert("x")</script>', "a & b", "]]>"])
def test_what_clients_say_cannot_become_markup(text: str) -> None:
    """Whatever clients say is text in the SVG."""
    history = History((Session("<b>", ["* you are 1:1", f"1:1: {text}"], [text], [1]),))

    root = ET.fromstring(as_svg(history, Violation("order.total", text, history)))

    assert root.findtext(f"{SVG}title") == text
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "style", "text", "line", "g", "path", "circle",
    }  # fmt: skip


def test_empty_history_can_be_drawn() -> None:
    """If nothing happened, only the sentence is drawn."""
    violation = Violation("order.total", "nothing happened", History(()))

    assert drawn(violation).split() == ["order.total:", "nothing", "happened"]
    assert svg(violation).findall(f"{SVG}g") == []

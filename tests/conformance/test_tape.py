"""A tape: it can be written, read and cut, and other files are refused."""

import json

import pytest

from conformance.checker import check
from conformance.tape import NotATape, Tape
from tests.conformance.taped import chat, taped


def test_what_is_written_is_read_again() -> None:
    """A tape is the same after writing and reading, and so is its history."""
    tape = taped(chat())

    again = Tape.read(tape.lines())

    assert again == tape
    assert again.history() == chat()
    assert check(again.history()).violations == ()


def test_file_is_an_object_a_line_in_order_of_time() -> None:
    """After its head a tape has one line per event, in order of time."""
    head, *events = map(json.loads, taped(chat()).lines())

    assert [client["label"] for client in head["clients"]] == ["anna", "ben"]
    times = [event["at_ns"] for event in events]
    assert times == sorted(times)
    assert {event["kind"] for event in events} == {"said", "got"}


def test_first_is_how_it_began() -> None:
    """The first events of a tape are a tape without the clients that came later."""
    tape = taped(chat())

    start = tape.first(3)

    assert start.events() == tape.events()[:3]
    assert [track.label for track in tape.first(1).tracks] == ["anna"]
    assert not any(track.complete for track in start.tracks)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        pytest.param([], "line 1 is not a JSON object", id="empty"),
        pytest.param(["hello"], "line 1 is not a JSON object", id="text"),
        pytest.param(['{"schema": "hubbub-bench"}'], "not the head of a tape", id="foreign"),
        pytest.param(['{"schema": "hubbub-tape", "version": 9}'], "version 9", id="newer"),
        pytest.param(['{"schema": "hubbub-tape", "version": 1}'], "'clients'", id="no clients"),
    ],
)
def test_head_that_is_none(lines: list[str], words: str) -> None:
    """A file that does not begin like a tape is refused in one line."""
    with pytest.raises(NotATape, match=words):
        Tape.read(lines)


@pytest.mark.parametrize(
    "event",
    [
        "[]",
        '{"at_ns": 1, "client": 7, "kind": "got", "text": "x"}',
        '{"at_ns": 1, "client": 0, "kind": "thought", "text": "x"}',
        '{"client": 0, "kind": "got", "text": "x"}',
        '{"at_ns": 1, "client": 0, "ki',
    ],
    ids=["no object", "no such client", "no such kind", "no time", "cut off"],
)
def test_event_that_is_none(event: str) -> None:
    """An event with a missing or wrong field is refused in one line."""
    head = next(taped(chat()).lines())

    with pytest.raises(NotATape) as refused:
        Tape.read([head, event])

    assert "\n" not in str(refused.value)

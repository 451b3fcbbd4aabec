"""What is said and heard adds up in columns; nothing here has a socket."""

from __future__ import annotations

import json
import os
import selectors
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.generator.live_client import IN, STALLED, Door, LiveClient
from benchmarks.generator.live_ledger import LiveLedger
from benchmarks.generator.live_output import Output
from tests.benchmarks.generator.test_live_client import Listening


MS = 1_000_000


class Book:
    """A ledger with three clients in the room, and what it has told."""

    def __init__(self) -> None:
        self._reading, self._writing = os.pipe()
        self._output = Output(self._writing)
        self.ledger = LiveLedger(self._output)
        door, selector = Door("127.0.0.1", 1, True, "/", True), selectors.DefaultSelector()
        self.cells = [LiveClient(index, door, selector, Listening()) for index in range(3)]
        for client in self.cells:
            client.state, client.open, client.since = IN, True, 0

    def say(self, due_ms: int = 0) -> bytes:
        """Let the first client say a message of twenty bytes."""
        return self.ledger.say(self.cells[0], self.cells, 20, due_ms * MS, due_ms * MS)

    def tick(self, now_ms: int, ticks: int = 1) -> list[dict[str, Any]]:
        """Let time pass; return what was told."""
        for _ in range(ticks):
            self.ledger.tick(self.cells, now_ms * MS)
        assert self._output.flush()
        return [json.loads(line) for line in os.read(self._reading, 1 << 20).splitlines()]

    def close(self) -> None:
        os.close(self._reading)
        os.close(self._writing)


@pytest.fixture
def book() -> Iterator[Book]:
    book = Book()
    yield book
    book.close()


def last_column(told: list[dict[str, Any]]) -> dict[str, Any]:
    return [message for message in told if message["is"] == "column"][-1]


def test_delivery_counts_from_when_it_was_due(book: Book) -> None:
    """A latency is the time from when the message was due until it was read."""
    text = book.say(due_ms=5)
    book.ledger.hear(book.cells[1], b"anna: " + text, 15 * MS)

    column = last_column(book.tick(100))

    assert (column["sent"], column["heard"], column["counts"]) == (1, 1, [[80, 1]])
    assert column["t"] == 0.1


def test_backlog_of_a_woken_client_has_no_latency(book: Book) -> None:
    """What was said before a client was woken is heard, and not timed."""
    text = book.say()
    book.cells[1].woken = 1
    book.ledger.hear(book.cells[1], text, 15 * MS)

    column = last_column(book.tick(100))

    assert (column["heard"], column["untimed"], column["counts"]) == (1, 1, [])


def test_text_that_was_altered_is_no_delivery(book: Book) -> None:
    """A changed text, or one that was never said, is altered."""
    text = book.say()
    book.ledger.hear(book.cells[1], text.upper(), 15 * MS)
    book.ledger.hear(book.cells[1], b"abcdef #00000999", 15 * MS)

    told = book.tick(100, ticks=10)

    columns = [message for message in told if message["is"] == "column"]
    assert (columns[0]["heard"], columns[0]["altered"]) == (0, 2)
    assert told[-1]["text"] == "2 deliveries were altered on their way"


def test_deliveries_are_missing_after_a_second(book: Book) -> None:
    """A delivery is missing after ten columns, and only for clients that read."""
    book.say()
    book.cells[2].state = STALLED

    assert last_column(book.tick(100, ticks=10))["missing"] == 0
    assert last_column(book.tick(100))["missing"] == 2


def test_arrivals_are_told_when_all_are_there(book: Book) -> None:
    """The arrivals of one message are told as soon as every client has it, or after two seconds."""
    text = book.say()
    for client in book.cells:
        book.ledger.hear(client, text, (client.index + 1) * MS)
    told = book.tick(100)
    assert [m["arrivals_us"] for m in told if m["is"] == "last"] == [[1000, 2000, 3000]]

    text = book.say(due_ms=600)
    book.ledger.hear(book.cells[0], text, 601 * MS)
    assert [m for m in book.tick(700) if m["is"] == "last"] == []
    told = book.tick(2700)
    assert [m["arrivals_us"] for m in told if m["is"] == "last"] == [[1000, -1, -1]]


def test_state_is_told_once(book: Book) -> None:
    """A state is told when it changes, and that of a client's successor in any case."""
    book.cells[1].port = 99
    first = book.tick(100)[0]
    assert first["changed"] == [[0, "in"], [1, "in"], [2, "in"]]
    assert [1, 99] in first["ports"]
    assert book.tick(200)[0]["is"] == "column"

    book.ledger.connects(book.cells[1])

    assert book.tick(300)[0]["changed"] == [[1, "in"]]


def test_lines_of_pinned_clients_are_told(book: Book) -> None:
    """What a pinned client says and hears is told at once, with its name."""
    book.cells[0].name = "anna"
    book.ledger.pinned = {0}
    text = book.say()
    book.ledger.hear(book.cells[0], text, MS)
    book.ledger.hear(book.cells[1], text, MS)

    told = [message for message in book.tick(100) if message["is"] in ("said", "heard")]

    assert [(one["is"], one["client"], one["name"]) for one in told] == [
        ("said", 0, "anna"),
        ("heard", 0, "anna"),
    ]

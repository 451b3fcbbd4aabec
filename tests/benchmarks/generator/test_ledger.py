"""What a generator enters into its ledger, against servers with planted faults.

The tests of a run are made with both generators.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.generator.ledger import Failed, Ledger
from benchmarks.generator.payload import payload
from benchmarks.samples import ALTERED, ANNOUNCED, COUNTED, EVICTED
from tests.benchmarks.generator.programs import FAULTY, SMALL, Command, faults, load
from tests.benchmarks.relay import Fault, relaying


def swapping() -> Fault:
    """Give client 1 one message after the next one."""
    held: list[str] = []

    def swap(client: int, message: int, text: str) -> list[str]:
        if (client, message) == (1, FAULTY):
            held.append(text)
            return []
        return [text, held.pop()] if client == 1 and held else [text]

    return swap


def test_texts_are_told_apart() -> None:
    """A message, an altered text, an announcement and an eviction are each recorded as that."""
    ledger = Ledger(payload_bytes=16)
    message = ledger.add_message(COUNTED, 0, -1)
    ledger.intended_ns[message] = ledger.missing[message] = 1
    ledger.recording = True
    text = b"anna: " + payload(message, 16)

    for said in (text, text.upper(), b"* ben joined", b"* ben was too slow"):
        ledger.hear_text(3, said, at_ns=7, stalled=False)

    assert ledger.samples().deliveries["message"].tolist() == [
        message,
        ALTERED,
        ANNOUNCED,
        EVICTED,
    ]
    assert ledger.missing == [0]


def test_stalled_client_is_not_waited_for() -> None:
    """A message that reaches a stalled client after all is recorded, and counts for nobody else."""
    ledger = Ledger(payload_bytes=16)
    message = ledger.add_message(COUNTED, 0, -1)
    ledger.intended_ns[message] = ledger.missing[message] = 1
    ledger.recording = True

    ledger.hear_text(3, payload(message, 16), at_ns=7, stalled=True)

    assert len(ledger.samples().deliveries) == 1
    assert ledger.missing == [1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot read"),
        ("one two three", "is not a plan"),
        ("0 0", "is not a plan"),
        ("0 2 -1", "no speaker 2"),
    ],
)
def test_bad_plan_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    """A plan that is missing, malformed or for more speakers is refused in one line."""
    path = tmp_path / "plan"
    if text is not None:
        path.write_text(text)

    with pytest.raises(Failed, match=words):
        Ledger(payload_bytes=16).read_plan(path, speakers=2)


def test_lost_delivery_is_counted(command: Command) -> None:
    """One delivery that never comes is one lost; the history checker names client and message."""

    def lose(client: int, message: int, text: str) -> list[str]:
        return [] if (client, message) == (2, FAULTY) else [text]

    with relaying(lose) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"lost": 1}
    assert re.match(r"delivery\.exactly-once: c\d never got c0-25", found.finding)


def test_one_lost_in_a_hundred_is_counted(command: Command) -> None:
    """If a server loses one delivery in a hundred, exactly those are counted as lost."""
    missed: list[int] = []

    def lose(client: int, message: int, text: str) -> list[str]:
        if client == 3 and message > FAULTY and message % 10 == 0:
            missed.append(message)
            return []
        return [text]

    with relaying(lose) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"lost": len(missed)}


def test_silent_recipient_ends_the_run(command: Command) -> None:
    """A client that gets no more messages has lost every later one, until the run gives up."""

    def fall_silent(client: int, message: int, text: str) -> list[str]:
        return [] if client == 1 and message >= FAULTY else [text]

    with relaying(fall_silent) as address:
        _, samples, found = load(address, command)

    said = int((samples.messages["intended_ns"] > 0).sum())
    assert faults(found) == {"lost": said - FAULTY}
    assert said < FAULTY + 10


def test_duplicate_is_counted(command: Command) -> None:
    """One delivery that comes twice is counted as one duplicate."""

    def repeat(client: int, message: int, text: str) -> list[str]:
        return [text, text] if (client, message) == (3, FAULTY) else [text]

    with relaying(repeat) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"duplicated": 1}
    assert "twice" in found.finding


def test_reordered_delivery_is_counted(command: Command) -> None:
    """A message that one client gets after the next one is out of order, and not lost."""
    with relaying(swapping()) as address:
        _, _, found = load(address, command, replace(SMALL, rate_hz=100.0))

    assert faults(found) == {"reordered": 1}
    assert "order." in found.finding


def test_clients_that_disagree_are_found(command: Command) -> None:
    """Two clients that get two speakers' messages in different orders break the total order."""
    held: list[str] = []

    def swap(client: int, message: int, text: str) -> list[str]:
        # In a closed loop both messages are in flight, and either may reach the relay first.
        if client != 1 or message not in (FAULTY, FAULTY + 1):
            return [text]
        if not held:
            held.append(text)
            return []
        return [text, held.pop()]

    with relaying(swap) as address:
        _, _, found = load(address, command, replace(SMALL, speakers=2))

    assert faults(found) == {}
    assert found.finding.startswith("order.total: ")


@pytest.mark.parametrize("damage", [str.upper, lambda text: f"X: {text}", lambda text: text[:-1]])
def test_altered_text_is_counted(command: Command, damage: object) -> None:
    """A text that was changed, or has another name before it, counts as altered."""
    assert callable(damage)

    def alter(client: int, message: int, text: str) -> list[str]:
        return [damage(text)] if (client, message) == (2, FAULTY) else [text]

    with relaying(alter) as address:
        _, _, found = load(address, command)

    assert faults(found) == {"lost": 1, "altered": 1}


def test_messages_joined_by_newlines_are_split(command: Command) -> None:
    """One frame with several messages, as gorilla's example sends it, is several messages."""
    held: list[str] = []

    def join(client: int, message: int, text: str) -> list[str]:
        if (client, message) == (1, FAULTY):
            held.append(text)
            return []
        return [f"{held.pop()}\n{text}"] if client == 1 and held else [text]

    with relaying(join) as address:
        _, _, found = load(address, command, replace(SMALL, rate_hz=100.0))

    assert (faults(found), found.finding) == ({}, "")

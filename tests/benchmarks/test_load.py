"""One run: what is accounted for it, and that a faultless server is found faultless."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.run_figures import figures
from tests.benchmarks.generator.programs import SMALL, Command, command, faults, load
from tests.benchmarks.made import ACCOUNT
from tests.benchmarks.relay import ChatRelay, relaying


__all__ = ["command"]  # the fixture


def test_plain_relay_is_found_faultless(command: Command) -> None:
    """A server that relays every message has no faults, and every delivery is counted."""
    with relaying() as address:
        account, samples, found = load(address, command)

    assert account.generator == command[0]
    assert account.moments == ()  # a look costs time, and no client stalls or churns here
    assert account.generator_queued is not None
    assert 0 <= account.generator_queued <= 1
    assert (faults(found), found.finding) == ({}, "")
    assert found.expected == 4 * (2 + 40 + 1)
    assert figures(samples, SMALL).cost_us > 0


def test_chat_server_is_found_faultless(command: Command) -> None:
    """Names before the text, a welcome and announcements of arrivals are no faults."""
    with relaying(kind=ChatRelay, speaker="127.0.0.1:51234: ") as address:
        _, _, found = load(address, command)

    assert (faults(found), found.finding) == ({}, "")


def test_crowding_is_the_larger_share() -> None:
    """The server and the generator can each be disturbed; the larger share counts."""
    assert replace(ACCOUNT, server_crowding=0.2, generator_crowding=0.1).crowding == 0.2
    assert replace(ACCOUNT, server_crowding=None, generator_crowding=0.1).crowding == 0.1

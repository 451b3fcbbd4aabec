"""The clients with which a peer is judged."""

from __future__ import annotations

import pytest

from benchmarks.peers.judging_clients import connected, exchange, expect, saying, session
from conformance.expectations import Mismatch
from conformance.timing import TICK
from tests.benchmarks.peers.faulty_server import faultless, serving


WITHIN_S = 50 * TICK


@pytest.mark.parametrize("line", ["hello", "anna: hello", "127.0.0.1:1234: hello"])
def test_name_before_a_text_is_ignored(line: str) -> None:
    """A line says its text, under any name or none."""
    assert saying("hello")(line)
    assert not saying("hello")(f"{line}!")


def test_clients_are_in_the_room() -> None:
    """Connected clients get everything that is said from then on, and their sessions hold it."""
    with serving(faultless) as address, connected(address, 2, WITHIN_S) as (anna, ben):
        exchange([anna, ben], ["one", "two"], WITHIN_S)
        expect(anna, ben, [], WITHIN_S)
        heard = session(ben)

    assert heard.label == "client1"
    assert list(heard.received)[1:3] == ["nobody: one", "nobody: two"]


def test_missing_text_is_named() -> None:
    """A text that a client never gets is named with the client and the speaker."""

    def losing(client: int, text: str) -> list[str]:
        return [] if client == 1 and text == "two" else [text]

    with (
        serving(losing) as address,
        connected(address, 2, WITHIN_S) as clients,
        pytest.raises(Mismatch, match="client1 never got what client0 said: 'two'"),
    ):
        exchange(clients, ["one", "two"], TICK)


def test_other_texts_are_a_mismatch() -> None:
    """A client that gets other texts than were sent is reported with both."""
    with serving(faultless) as address, connected(address, 2, WITHIN_S) as (anna, ben):
        ben.say("one")

        with pytest.raises(Mismatch, match=r"expected \['two'\], got \['one'\]"):
            expect(anna, ben, ["two"], WITHIN_S)

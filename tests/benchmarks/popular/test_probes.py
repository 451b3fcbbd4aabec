"""The probes, on servers with known behaviours."""

from __future__ import annotations

import pytest

from benchmarks.popular import probes
from benchmarks.popular.probes import PROBES


PLAIN = "websockets-broadcast"
NAIVE = "websockets-naive"


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Say less, and give up earlier."""
    monkeypatch.setattr(probes, "STALL_MESSAGES", 1500)
    monkeypatch.setattr(probes, "STALL_HZ", 500.0)
    monkeypatch.setattr(probes, "STOPPED_S", 3.0)
    monkeypatch.setattr(probes, "BURST_MESSAGES", 300)
    monkeypatch.setattr(probes, "LONG_BYTES", (1 << 20, 1 << 21))


def test_naive_loop_is_stopped_by_a_stalled_client() -> None:
    """A loop that awaits each send stops, and goes on when the stalled client has left."""
    found = PROBES["stall"](NAIVE)

    assert 0 < found["stopped_at_message"] < 1500
    assert found["after_it_leaves"].startswith("goes on")


def test_broadcast_keeps_all_for_a_stalled_client() -> None:
    """A server that never waits keeps everything, and the client gets it when it reads again."""
    found = PROBES["stall"](PLAIN)

    assert found["stopped_at_message"] is None
    assert found["slow_got_at_last"] == found["said"] == 1500
    assert found["grown_mib"] > 2


def test_faultless_talk_and_burst() -> None:
    """A broadcast in one loop has one order, and loses nothing."""
    order, burst = PROBES["order"](PLAIN), PROBES["burst"](PLAIN)

    assert (order["distinct_orders"], order["missing_deliveries"], order["twice"]) == (1, 0, 0)
    assert order["compared_messages"] == order["messages"]
    assert (burst["fewest_heard"], burst["cut_off"]) == (300, 0)


def test_what_no_client_should_send() -> None:
    """Bad UTF-8 is answered with 1007, a binary message by nothing; foreign pages get in."""
    text, binary = PROBES["bad_text"](PLAIN), PROBES["binary"](PLAIN)

    assert (text["code"], text["relayed"], text["room_goes_on"]) == (1007, "to nobody", True)
    assert (binary["sender"], binary["relayed"]) == ("stays", "to nobody")
    assert PROBES["origin"](PLAIN)["let_in"]
    assert PROBES["origin"]("asyncio-direct") == {"let_in": False, "status": 403}


def test_clients_that_vanish() -> None:
    """A server that expects failing sends keeps the clients that talk when others vanish."""
    found = PROBES["vanish"](PLAIN)

    assert (found["vanished"], found["ended"], found["for_new_clients"]) == (10, [], True)


def test_close_codes() -> None:
    """A close is answered with its code, and a message over the limit with 1009."""
    found = PROBES["close_codes"](PLAIN)

    assert found["own_close"] == "was closed with 1000"
    assert found["message_of_1_mib"] == "relayed"
    assert found["message_of_2_mib"].startswith("was closed with 1009")


def test_disagreement_is_the_smallest_one() -> None:
    """Of all differences, two messages that stand side by side are shown."""
    heard = [["a-0-0", "b-0-0", "a-0-1"], ["b-0-0", "a-0-0", "a-0-1"]]

    found = probes._compared(["a-0-0", "b-0-0", "a-0-1"], heard, [])

    assert found["distinct_orders"] == 2
    assert found["speakers_own_order_kept"]
    assert found["history"] == ["c0 got a-0-0, b-0-0", "c1 got b-0-0, a-0-0"]


def test_lost_and_doubled_are_counted() -> None:
    """A message that one client lacks is missing once; one that it got twice is counted."""
    heard = [["a-0-0", "a-0-1"], ["a-0-0", "a-0-0"]]

    found = probes._compared(["a-0-0", "a-0-1"], heard, [])

    assert (found["missing_deliveries"], found["missing_percent"], found["twice"]) == (1, 25.0, 1)

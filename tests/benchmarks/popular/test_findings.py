"""The sentences of the table, from values as the probes give them."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.popular.findings import COLUMNS, cell, is_trouble


STOPS = "One stalled client stops everyone"
MEMORY = "Memory without bound"
STALL = {
    "said": 4000,
    "offered_mib": 31.2,
    "heard_by_the_others": [4000, 4000, 4000],
    "stopped_at_message": None,
    "grown_mib": 2.1,
    "slow_cut_off_after_s": None,
    "others_ended": [],
    "slow_got_at_last": 4000,
    "slow_end": "",
}
ORDER = {
    "clients": 14,
    "compared_messages": 600,
    "distinct_orders": 1,
    "speakers_own_order_kept": True,
    "missing_deliveries": 0,
    "missing_percent": 0.0,
    "twice": 0,
    "ended": [],
}
BAD = {
    "sender": "was closed with 1007",
    "code": 1007,
    "relayed": "to nobody",
    "room_goes_on": True,
    "others_ended": [],
    "for_new_clients": True,
}


def found(probe: str, base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {probe: base | changes}


@pytest.mark.parametrize(
    ("changes", "stops", "memory"),
    [
        (
            {"stopped_at_message": 502, "after_it_leaves": "goes on"},
            "**yes**, at message 502; when that client leaves, the room goes on",
            "no: it waits instead (+2 MiB of 31 MiB offered)",
        ),
        (
            {"grown_mib": 37.4},
            "no",
            "**no limit seen**: all is kept for it (+37 MiB of 31 MiB offered)",
        ),
        (
            {"slow_got_at_last": 500},
            "no",
            "no: the slow client misses 3,500 messages, untold (+2 MiB of 31 MiB offered)",
        ),
        (
            {"slow_cut_off_after_s": 11.0, "slow_end": "was reset", "slow_got_at_last": 500},
            "no",
            "no: the slow client is cut off after 11 s (+2 MiB of 31 MiB offered)",
        ),
        (
            {"others_ended": ["ben ended"], "slow_end": "ended", "slow_got_at_last": 9},
            "no, but **1 of the 4 others were cut off too**",
            "no: the slow client is cut off (+2 MiB of 31 MiB offered)",
        ),
    ],
)
def test_stalled_client(changes: dict[str, Any], stops: str, memory: str) -> None:
    """A stalled client stops the room, costs memory, misses messages, or is cut off."""
    results = found("stall", STALL, **changes)

    assert (cell(STOPS, results), cell(MEMORY, results)) == (stops, memory)


def test_vanished_clients() -> None:
    """Talkers that are cut off are counted; a room that takes no new clients has ended."""
    column = "Clients that vanish"
    base = {"talkers": 3, "vanished": 10, "ended": [], "for_new_clients": True}

    assert cell(column, found("vanish", base)) == "fine"
    assert cell(column, found("vanish", base, ended=["anna ended"])) == (
        "**1 of 3 talkers cut off**"
    )
    assert cell(column, found("vanish", base, for_new_clients=False)) == (
        "**the room ends for good**"
    )


def test_order_and_losses() -> None:
    """Different orders are counted; lost deliveries and ended connections are said."""
    fine = found("order", ORDER)
    orders = found("order", ORDER, distinct_orders=12, speakers_own_order_kept=False)
    losses = found("order", ORDER, missing_deliveries=800, missing_percent=9.5, ended=["c1 ended"])

    assert (cell("Same order for all", fine), cell("Lost or twice", fine)) == ("yes", "no")
    assert cell("Same order for all", orders) == (
        "**no**: 12 orders at 14 clients; a speaker's own order breaks too"
    )
    assert cell("Lost or twice", losses) == "**9.5 % lost**, 1 of 14 clients cut off"
    assert is_trouble("Lost or twice", losses)


def test_bad_text_and_binary() -> None:
    """Relayed bad UTF-8 is trouble; a relayed binary message is not; a room that ends is."""
    text, binary = "Text that is not UTF-8", "A binary message"
    stays = {"sender": "stays", "code": None}
    relayed = BAD | stays | {"relayed": "as binary"}
    ends = BAD | {"sender": "ended", "code": None, "room_goes_on": False, "for_new_clients": False}

    assert cell(text, {"bad_text": BAD}) == "the sender is closed (1007)"
    assert not is_trouble(text, {"bad_text": BAD})
    assert is_trouble(text, {"bad_text": BAD | stays | {"relayed": "as text"}})
    assert not is_trouble(binary, {"binary": relayed})
    assert cell(binary, {"binary": relayed}) == "relayed unchanged"
    assert cell(binary, {"binary": ends}) == (
        "the sender's connection ends; **the room ends for good**"
    )


def test_close_codes_are_short() -> None:
    """The cell about close codes holds the codes, and says where there was no frame."""
    closes = {
        "own_close": "was closed with 1000",
        "message_of_1_mib": "relayed",
        "message_of_16_mib": "was closed with 1009 (too big)",
        "shutdown": "ended",
    }

    assert cell("Close codes", {"close_codes": closes}) == (
        "own close: 1000; 1 MiB: relayed; 16 MiB: 1009; shutdown: no close frame"
    )


@pytest.mark.parametrize("column", COLUMNS)
def test_failed_probe_is_said(column: str) -> None:
    """A probe that failed leaves its reason in the cell, and one that was not made says so."""
    probe, _ = COLUMNS[column]

    assert cell(column, {}) == "not measured"
    assert cell(column, {probe: {"failed": "it is not ready"}}) == "not measured: it is not ready"

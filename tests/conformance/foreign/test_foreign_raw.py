"""A raw broadcast server is judged in the dialect ``raw``: a right one is green, wrong ones are not.

Each fault shows in the rule that it breaks, and the other rules that are asked hold.
"""

import pytest

from tests.conformance.foreign.programs import RAW_BROADCAST, judge, verdicts


KEPT = (
    "commands.text",
    "order.total",
    "order.speaker",
    "delivery.exactly-once",
    "delivery.unaltered",
    "framing.chunks",
    "framing.binary-close",
    "framing.not-utf8-close",
    "slow.isolation",
    "websocket.ping",
)


def test_right_server_breaks_nothing() -> None:
    """A server without a fault keeps every rule that a raw broadcast can be asked."""
    results = judge(RAW_BROADCAST, "raw", KEPT)

    assert verdicts(results) == dict.fromkeys(KEPT, "pass")


FAULTS = {
    "order": ("order.total", "commands.text"),
    "poison": ("framing.binary-close", "order.speaker"),
    "stalls": ("slow.isolation", "order.total"),
    "relays": ("framing.not-utf8-close", "order.speaker"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_shows_in_its_rule(fault: str) -> None:
    """A classic fault breaks its rule, and another rule still holds."""
    broken, kept = FAULTS[fault]

    results = judge(f"{RAW_BROADCAST} {fault}", "raw", (broken, kept))

    assert verdicts(results) == {broken: "fail", kept: "pass"}


def test_loss_for_a_late_reader_shows() -> None:
    """A server that drops what a client is late to read is found by the client that pauses."""
    results = judge(f"{RAW_BROADCAST} loses", "raw", ("flood.paced",))

    assert verdicts(results) == {"flood.paced": "fail"}


def test_announcements_are_not_applicable_and_say_why() -> None:
    """A rule that needs a line, a command or a setting is not applicable, and has its reason."""
    asked = ("membership.joined", "commands.who", "liveness.ping", "limits.full")

    results = judge(RAW_BROADCAST, "raw", asked)

    assert verdicts(results) == dict.fromkeys(asked, "not applicable")
    assert {run.rule: run.message for run in results.runs} == {
        "membership.joined": "its dialect has no 'joined' line",
        "commands.who": "a dialect has no commands",
        "liveness.ping": "it takes no settings, and the test needs ping_interval="
        + next(run.message for run in results.runs if run.rule == "liveness.ping").split("=")[-1],
        "limits.full": "its dialect has no 'error' line",
    }

"""A raw broadcast server is judged in the dialect ``raw``: the right one breaks nothing.

Each fault shows in the rule that it breaks, and the other rules that are asked hold.
"""

from pathlib import Path

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
    reasons = {run.message for run in results.runs}
    assert "its dialect has no 'joined' line" in reasons
    assert "a dialect has no commands" in reasons
    assert any(reason.startswith("it takes no settings") for reason in reasons)


def test_server_without_an_echo_has_a_referee(tmp_path: Path) -> None:
    """Where a speaker does not hear itself, order and loss are judged all the same."""
    dialect = tmp_path / "others.toml"
    dialect.write_text("echo = false\n")
    kept = ("order.total", "order.speaker", "delivery.exactly-once", "framing.chunks")

    results = judge(f"{RAW_BROADCAST} others", str(dialect), (*kept, "commands.text"))

    assert verdicts(results) == {**dict.fromkeys(kept, "pass"), "commands.text": "not applicable"}

"""A swarm really overlaps, and its findings name the rule that is broken."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from conformance.checker import TALK, Coverage
from conformance.contenders import ForeignCommand
from conformance.expectations import Mismatch
from conformance.factories import Connect, Launch
from conformance.swarm import BrokenPromise, Swarm, SwarmLog
from conformance.verdicts import Unknown
from tests.conformance.judging import COMMAND


SwarmOf = Callable[[str], Swarm]


@pytest.fixture
def swarm_of() -> Iterator[SwarmOf]:
    """Makes a swarm at a server with a fault."""
    with ExitStack() as cleanup:

        def swarm_of(fault: str) -> Swarm:
            launch = Launch(ForeignCommand(f"{COMMAND} {fault}"), {})
            cleanup.callback(launch.stop_all)
            connect = Connect(launch, "tcp")
            cleanup.callback(connect.close_all)
            return Swarm(connect, "tcp")

        yield swarm_of


def test_right_server_keeps_its_rules_under_a_swarm(swarm_of: SwarmOf) -> None:
    """Talkers overlap, visitors come and go amid the talk, and no fault is found."""
    log = swarm_of("")(talkers=3, lines_each=40, visitors=2, visits_each=3)

    needs = Coverage(receivers=3, messages=100, overlaps=10, joins=2, departures=2)
    for rule_id in ("order.total", "order.membership", "delivery.exactly-once"):
        log.assert_keeps(rule_id, needs)


@pytest.mark.parametrize(
    ("fault", "rule_id", "sentence"),
    [
        ("stutters", "delivery.exactly-once", "anna got .* twice"),
        ("loses", "delivery.exactly-once", "no .*-7"),
        ("swaps", "order.total", "anna"),
    ],
)
def test_fault_is_found_and_told(
    swarm_of: SwarmOf, fault: str, rule_id: str, sentence: str
) -> None:
    """A broken rule fails with a sentence that names the client that saw it."""
    log = swarm_of(fault)(talkers=3, lines_each=30)

    with pytest.raises(BrokenPromise, match=sentence) as broken:
        log.assert_keeps(rule_id, TALK)
    assert broken.value.violation.rule_id == rule_id


def test_swarm_that_did_too_little_is_unknown(swarm_of: SwarmOf) -> None:
    """A swarm with fewer overlaps than were asked for proves nothing."""
    log = swarm_of("")(talkers=1, lines_each=5)

    with pytest.raises(Unknown, match="0 overlaps where at least 1 are needed"):
        log.assert_keeps("order.total")


def test_trouble_without_a_broken_promise_is_raised() -> None:
    """A swarm that stops for a reason which the checker does not see fails with that reason."""
    log = SwarmLog((), (), complete=False, trouble=(Mismatch("anna was thrown out"),))

    with pytest.raises(Mismatch, match="anna was thrown out"):
        log.assert_keeps("order.total")

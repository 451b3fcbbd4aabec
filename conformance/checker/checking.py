"""The history checker: the logs of clients go in, broken promises come out.

A history has one log per session: what it sent, what it received, how it ended. ``check`` looks
for lost, duplicate, altered and forged lines, for a speaker's lines out of order, for clients that
disagree on the order, and for lines outside a membership. It is a pure function: it uses no clock,
no socket and no randomness, so the same history gives the same verdict.

The checker does not judge what it cannot tell apart. It holds nothing against a server because of
a port that was used again, of words that two clients said, or of a client that was cut off before
it saw what became of its last line.

Not judged here: timing, the welcome and the roster by themselves, errors, commands.
"""

from collections.abc import Iterator

from conformance.checker.authorship import check_authorship
from conformance.checker.coverage import measure
from conformance.checker.delivery import check_delivery
from conformance.checker.events import Events
from conformance.checker.findings import Finding
from conformance.checker.membership import check_membership
from conformance.checker.order import Order
from conformance.checker.ordering import check_order
from conformance.checker.projection import Projector
from conformance.checker.record import Coverage, History, Verdict, Violation
from conformance.checker.transcript import Transcript


__all__ = ["TALK", "check", "check_window"]

TALK = Coverage(receivers=2, messages=2, overlaps=1)
"""The least that a rule about order or loss needs: two listeners, and messages that overlap."""


def check(history: History, needs: Coverage = TALK) -> Verdict:
    """Judge a history.

    For each rule and session the first violation is reported, with a part of the history that
    breaks the same rule.

    Args:
        history: what the clients sent and received.
        needs: what the history must have exercised. If it exercised less, and nothing is broken,
            the outcome is unknown.

    Returns:
        The violations, and what the history exercised.
    """
    transcript = Transcript(history)
    events = Events(history, transcript, with_uncertain=False)
    order = Order(events.logs)
    findings = list(_findings(events, order))
    if not findings and events.has_uncertain:
        # Only now can uncertain lines be placed: all logs agree on the lines around them.
        events = Events(history, transcript, with_uncertain=True)
        order = Order(events.logs)
        findings = list(_findings(events, order))
    coverage = measure(events, order)
    return Verdict(_violations(history, findings), coverage, coverage.lacks(needs))


def check_window(history: History) -> list[Finding]:
    """Judge the order in a part of a conversation, of which nobody knows how it began.

    It takes milliseconds, because it looks for nothing that is lost, and cuts down no history.

    Returns:
        The findings, with positions of sessions in the history; at most one per rule and session.
    """
    events = Events(history, Transcript(history), with_uncertain=False)
    first: dict[tuple[str, int], Finding] = {}
    for finding in check_order(events, Order(events.logs)):
        first.setdefault((finding.rule_id, finding.session), finding)
    return list(first.values())


def _findings(events: Events, order: Order) -> Iterator[Finding]:
    yield from check_authorship(events)
    yield from check_membership(events)
    yield from check_order(events, order)
    yield from check_delivery(events, order)


def _violations(history: History, findings: list[Finding]) -> tuple[Violation, ...]:
    if not findings:
        return ()
    first: dict[tuple[str, int], Finding] = {}
    for finding in findings:
        first.setdefault((finding.rule_id, finding.session), finding)
    projector = Projector(history)

    def labelled(session: int, line: str) -> tuple[str, str]:
        return history.sessions[session].label, line

    return tuple(
        Violation(
            finding.rule_id,
            finding.sentence,
            projector.project(finding.sessions, finding.lines, finding.unheard),
            frozenset(labelled(*delivery) for delivery in finding.blamed),
            tuple(labelled(*delivery) for delivery in finding.absent),
        )
        for finding in first.values()
    )

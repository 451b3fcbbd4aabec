"""The history checker: what clients logged in, broken promises out.

A history is one log a session: what it sent, what it received, how it ended.
``check`` looks in it for a loss, a duplicate, an altered or forged line, a
reordering within a speaker, two clients that disagree on the order, a line
outside a membership. It is a pure function: no clock, no socket, no randomness;
the same history gives the same verdict.

What cannot be told apart is not judged: nothing is held against a server for a
port that was used again, for words that two clients said, or for a client that
was cut before it saw what became of its last line.

Not judged here: timing, the welcome and the roster as such, errors, commands.
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


__all__ = ["TALK", "check"]

TALK = Coverage(receivers=2, messages=2, overlaps=1)
"""The least that a rule about order or loss needs: two who listen, two who overlap."""


def check(history: History, needs: Coverage = TALK) -> Verdict:
    """Judge a history.

    Of each rule and session the first violation is reported, each with a part of
    the history that breaks the same rule. ``needs`` is what the history must have
    exercised; where it falls short and nothing is broken, the outcome is unknown.
    """
    transcript = Transcript(history)
    events = Events(history, transcript, with_uncertain=False)
    order = Order(events.logs)
    findings = list(_findings(events, order))
    if not findings and events.has_uncertain:
        # Only now is the place of an uncertain line sure: all agree on what stands around it.
        events = Events(history, transcript, with_uncertain=True)
        order = Order(events.logs)
        findings = list(_findings(events, order))
    coverage = measure(events, order)
    return Verdict(_violations(history, findings), coverage, coverage.lacks(needs))


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

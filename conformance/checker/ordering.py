"""Checks that all logs fit into one order, and that each speaker's lines keep their own order.

Mostly two logs are enough to show that they do not: they have two events in opposite order. Under
churn it may take three or more logs, each with two of the events and none with all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from conformance.checker.events import Events, Log
from conformance.checker.findings import Finding, told
from conformance.checker.lines import Kind
from conformance.checker.order import Order


__all__ = ["check_order"]


def check_order(events: Events, order: Order) -> Iterator[Finding]:
    """Yield a finding for each log that disagrees with another, or else one for a larger circle."""
    if order.tangled:
        findings = [*_disagreements(events, order), *_outsiders(events, order)]
        yield from findings or _larger_circle(events, order)
    yield from _check_speakers(events, order)


def _disagreements(events: Events, order: Order) -> Iterator[Finding]:
    """Compare logs in pairs, the most tangled log first, until a log disagrees with others."""
    tangled = {log.stay: [e for e in log.ids if e in order.tangled] for log in events.logs}
    logs = sorted(events.logs, key=lambda log: -len(tangled[log.stay]))
    for number, one in enumerate(logs):
        place = {event: place for place, event in enumerate(tangled[one.stay])}
        found = False
        for other in logs[number + 1 :]:
            shared = [event for event in tangled[other.stay] if event in place]
            swapped = [(b, a) for a, b in pairwise(shared) if place[a] > place[b]]
            if swapped:
                found = True
                yield _disagreement(events, one, other, *swapped[0])
        if found:
            return


def _disagreement(events: Events, one: Log, other: Log, first: int, second: int) -> Finding:
    """Return the finding that two logs have two events in opposite order."""
    blamed = [(log.stay, events.line_in(log, e)) for log in (one, other) for e in (first, second)]
    a, b, d, c = (told(line, events.names) for _, line in blamed)
    one_label, other_label = events.label(one.stay), events.label(other.stay)
    return Finding(
        "order.total",
        other.stay,
        f"{one_label} and {other_label} disagree: "
        f"{one_label} got {a} before {b}, {other_label} got {c} before {d}",
        {one.stay, other.stay},
        events.lines([first, second]),
        blamed=blamed,
    )


def _outsiders(events: Events, order: Order) -> Iterator[Finding]:
    """Find logs with an event from before their own join or after their own departure."""
    for log in events.logs:
        if log.join in order.tangled and log.join not in log.members:
            yield from _outside(events, log, log.join, "membership.one-step")
        if log.end in order.tangled and log.end not in log.members:
            yield from _outside(events, log, log.end, "membership.no-ghost")


def _outside(events: Events, log: Log, border: int | None, rule_id: str) -> Iterator[Finding]:
    if border is None:
        return
    entered = rule_id == "membership.one-step"
    for witness in events.holders(border):
        at = witness.ids.index(border)
        outside = witness.ids[:at][::-1] if entered else witness.ids[at + 1 :]
        wrong = next((event for event in outside if event in log.members), None)
        if wrong is not None:
            line, border_line = events.line_in(log, wrong), events.line_in(witness, border)
            me = events.label(log.stay)
            yield Finding(
                rule_id,
                log.stay,
                f"{me} got {told(line, events.names)}, which {events.label(witness.stay)} got "
                f"{'before' if entered else 'after'} {told(border_line, events.names)}",
                {log.stay, witness.stay},
                events.lines([wrong, border]),
                blamed={(log.stay, line), (witness.stay, line), (witness.stay, border_line)},
            )
            return


def _larger_circle(events: Events, order: Order) -> Iterator[Finding]:
    """Yield the finding that the claims of more than two logs form a circle."""
    circle = order.circle()
    claims: list[tuple[Log, int, int]] = []
    for first, second in pairwise([*circle, *circle[:1]]):
        log = next(log for log in events.logs if (first, second) in pairwise(log.chain))
        if claims and claims[-1][0] is log:
            claims[-1] = (log, claims[-1][1], second)
        else:
            claims.append((log, first, second))
    if not claims:
        return
    words, blamed = [], []
    for log, first, second in claims:
        lines = [events.line_in(log, event) for event in (first, second)]
        a, b = (told(line, events.names) for line in lines)
        words.append(f"{events.label(log.stay)} got {a} before {b}")
        blamed += [(log.stay, line) for line in lines]
    yield Finding(
        "order.total",
        claims[-1][0].stay,
        f"no single order fits: {', '.join(words)}",
        {log.stay for log, _, _ in claims},
        events.lines(circle),
        blamed=blamed,
    )


def _check_speakers(events: Events, order: Order) -> Iterator[Finding]:
    """Check that each log has each speaker's lines in the order sent."""
    if not order.tangled and not any(_out_of_turn(events, order.events)):
        return  # every log agrees with this order, so no log has a speaker's lines out of order
    for log in events.logs:
        for earlier, later in _out_of_turn(events, log.ids):
            first, second = (events.line_in(log, event) for event in (earlier, later))
            yield Finding(
                "order.speaker",
                log.stay,
                f"{events.label(log.stay)} got {told(second, events.names)} before "
                f"{told(first, events.names)}, which "
                f"{events.label(events.subject(earlier))} sent earlier",
                {log.stay},
                events.lines([earlier, later]),
                blamed={(log.stay, first), (log.stay, second)},
            )
            break


def _out_of_turn(events: Events, ids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield each message that comes after a later one of the same speaker, and the later one."""
    latest: defaultdict[int, int] = defaultdict(lambda: -1)
    for event in ids:
        what = events.all[event]
        if what.kind is not Kind.CHAT or what.stay is None:
            continue
        previous = latest[what.stay]
        if previous >= 0 and events.all[previous].number > what.number:
            yield event, previous
        else:
            latest[what.stay] = event

"""Checks that each client in the room got everything exactly once.

A client gets a slice of the room's order: everything from its join to the last line that it got.
So a line is missing only if another log proves that it lies within the slice: the other log has it
between two events that both logs have. What a cut client would have got next is not asked for.
"""

from collections import defaultdict
from collections.abc import Iterator

from conformance.checker.events import Events, Log
from conformance.checker.findings import Finding, said, told
from conformance.checker.lines import Kind, said_text
from conformance.checker.order import Order


__all__ = ["check_delivery"]

_AT_JOIN = "membership.one-step"


def check_delivery(events: Events, order: Order) -> Iterator[Finding]:
    """Yield findings for lines that came twice, for gaps in a log, and for lost messages."""
    delivered: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for event, what in enumerate(events.all):
        if what.kind is Kind.CHAT and what.stay is not None:
            delivered[what.stay][what.number] = event
    for log in events.logs:
        yield from _check_doubles(events, log)
        yield from _check_holes(events, order, log)
        yield from _check_own(events, log, delivered[log.stay])


def _check_doubles(events: Events, log: Log) -> Iterator[Finding]:
    for event in log.twice:
        if events.all[event].kind in (Kind.CHAT, Kind.RENAMED):
            line = events.line_in(log, event)
            yield Finding(
                "delivery.exactly-once",
                log.stay,
                f"{events.label(log.stay)} got {told(line, events.names)} twice",
                {log.stay},
                events.lines([event]),
                blamed={(log.stay, line)},
            )


def _check_holes(events: Events, order: Order, log: Log) -> Iterator[Finding]:
    """Compare a log with the slice of the order that it covers."""
    got = log.slice
    if not got:
        return
    start = order.place[got[0]]
    if order.events[start : start + len(got)] == got:
        return
    sure = {event for event in got if event not in order.tangled}
    places = [order.place[event] for event in sure]
    arrived = min((order.place[event] for event in log.ids), default=0)
    found: set[str] = set()
    for place in range(min(places, default=0) + 1, max(places, default=0)):
        event = order.events[place]
        if event in log.members or event in sure:
            continue
        if _rule_of(events, event) in found or (place < arrived and _AT_JOIN in found):
            continue  # one finding is enough, and a proof takes time to find
        if finding := _hole(events, log, sure, event):
            found.add(finding.rule_id)
            yield finding


def _rule_of(events: Events, event: int) -> str:
    """Return the rule that is broken when a client lacks an event."""
    match events.all[event].kind:
        case Kind.JOINED:
            return "membership.joined"
        case Kind.ENDED:
            return "membership.left-once"
    return "delivery.exactly-once"


def _hole(events: Events, log: Log, sure: set[int], event: int) -> Finding | None:
    """Return a finding if another log proves that this log lacks the event."""
    for witness in events.holders(event):
        at = witness.chain.index(event)
        before = next((e for e in reversed(witness.chain[:at]) if e in sure), None)
        after = next((e for e in witness.chain[at + 1 :] if e in sure), None)
        if before is None or after is None:
            continue
        at_join = before == log.join and before not in log.members
        rule_id = _AT_JOIN if at_join else _rule_of(events, event)
        line = events.line_in(witness, event)
        me, other = events.label(log.stay), events.label(witness.stay)
        lines = [events.line_in(witness, e) for e in (before, after)]
        a, b = (told(around, events.names) for around in lines)
        since = f"after {me} joined" if at_join else f"between {a} and {b}"
        return Finding(
            rule_id,
            log.stay,
            f"{me} never got {told(line, events.names)}, which {other} got {since}",
            {log.stay, witness.stay},
            events.lines([before, event, after]),
            blamed={(witness.stay, line)},
            absent=[(log.stay, line)],
        )
    return None


def _check_own(events: Events, log: Log, delivered: dict[int, int]) -> Iterator[Finding]:
    """Check that a client's messages arrived, as far as the server must have accepted them.

    Of a complete session the server accepted all. Of a session that was cut, it accepted each
    message that the client said before another message, if the other one was delivered to a client
    that was there for both.

    Args:
        delivered: the session's messages that some client got, by their number.
    """
    session, me = log.session, events.label(log.stay)
    back = set(delivered.values()).intersection(log.ids)
    for number, line in enumerate(session.sent):
        text = said_text(line)
        if not text or len(events.speech.by_text[text]) > 1:
            continue  # a command, or words that were said more than once
        witness, around = log, list[int]()
        if number not in delivered:
            lost = "nobody got it"
            if not session.complete:
                proof = _skipped(events, log, delivered, number)
                if proof is None:
                    continue
                witness, around = proof
        elif session.complete and delivered[number] not in back:
            lost = f"{me} did not get it back"
        else:
            continue
        yield Finding(
            "delivery.exactly-once",
            log.stay,
            f"{me} said {said(text)} and {lost}",
            {log.stay, witness.stay},
            events.lines(around),
            unheard=[(log.stay, number)],
            absent=[(witness.stay, f"{events.names.first[log.stay]}: {text}")],
        )
        return


def _skipped(
    events: Events, log: Log, delivered: dict[int, int], number: int
) -> tuple[Log, list[int]] | None:
    """Return a log with an event before a lost message and one after it, and both events."""
    following = next((delivered[later] for later in sorted(delivered) if later > number), None)
    if following is None:
        return None
    heard = log.codes[: log.session.sent_after[number]]
    earlier = {log.join, *heard, *(e for said, e in delivered.items() if said < number)}
    for witness in events.holders(following):
        for event in witness.chain[: witness.chain.index(following)]:
            if event in earlier:
                return witness, [event, following]
    return None

"""Measures what a history exercised: a check of a quiet room proves nothing."""

from conformance.checker.events import Events, Log
from conformance.checker.lines import Kind
from conformance.checker.order import Order
from conformance.checker.record import Coverage


__all__ = ["measure"]


def measure(events: Events, order: Order) -> Coverage:
    """Return what happened in a history, as far as a client was told of it."""
    chat = {e for e, what in enumerate(events.all) if what.kind is Kind.CHAT and what.lines}
    talk = [place for place, event in enumerate(order.events) if event in chat]
    amid = order.events[talk[0] : talk[-1]] if talk else []
    kinds = [events.all[event].kind for event in amid]
    deliveries = [len(log.ids) - len(log.told) for log in events.logs]
    return Coverage(
        receivers=sum(map(bool, deliveries)),
        messages=len(chat),
        deliveries=sum(deliveries),
        overlaps=sum(
            _overlaps(events, events.logs[events.subject(event)], event)
            for event in chat
            if events.all[event].stay is not None
        ),
        joins=kinds.count(Kind.JOINED),
        departures=kinds.count(Kind.ENDED),
    )


def _overlaps(events: Events, log: Log, event: int) -> bool:
    """Return whether another client's message came between this one's sending and its return."""
    if event not in log.codes:
        return False
    on_its_way = log.codes[
        log.session.sent_after[events.all[event].number] : log.codes.index(event)
    ]
    others = (events.all[code] for code in on_its_way if code >= 0)
    return any(other.kind is Kind.CHAT and other.stay != log.stay for other in others)

"""Checks that all clients were told the same about which clients are in the room.

Reading each log as a ``Book`` finds what was announced twice or at the wrong time. Comparing the
logs finds clients that never heard of a join or a departure, and clients whose first roster names a
client that had left.
"""

from collections import defaultdict
from collections.abc import Iterator

from conformance.checker.book import Book
from conformance.checker.events import Events
from conformance.checker.findings import Finding, told


__all__ = ["check_membership"]


def check_membership(events: Events) -> Iterator[Finding]:
    """Yield findings for joins and departures told twice, never, or at the wrong time."""
    books = [Book(events, log) for log in events.logs]
    for book in books:
        yield from book.read()
    yield from _check_joins_told(events, books)
    yield from _check_departures_told(events, books)
    yield from _check_first_rosters(events, books)


def _check_joins_told(events: Events, books: list[Book]) -> Iterator[Finding]:
    """A client that also gets a newcomer's first line is in the room with it, and must know it."""
    newcomers: defaultdict[int, list[int]] = defaultdict(list)  # by what they got first
    for stay in events.joins:
        for first in events.logs[stay].ids[:1]:
            newcomers[first].append(stay)
    for book in books:
        log, roster = book.log, book.roster
        heard = [event for event in log.ids if event in newcomers] if roster else []
        for shared, newcomer in ((event, stay) for event in heard for stay in newcomers[event]):
            join = events.joins[newcomer]
            if newcomer == log.stay or join in log.told:
                continue
            # The newcomer may be in the roster, under any name that it may have had.
            if events.names.borne[newcomer].isdisjoint(book.first_roster):
                line = events.line_in(log, shared)
                yield Finding(
                    "membership.joined",
                    log.stay,
                    f"{events.label(log.stay)} was never told that {events.label(newcomer)} "
                    f"joined, and both got {told(line, events.names)}",
                    {log.stay, newcomer},
                    {*events.lines([shared]), *filter(None, [roster])},
                    blamed={(log.stay, line), (newcomer, line)},
                    absent=[(log.stay, events.all[join].lines[0])],
                )


def _check_departures_told(events: Events, books: list[Book]) -> Iterator[Finding]:
    """A client that knew another, and stayed to the end, must know that the other left."""
    gone = [log for log in events.logs if log.session.gone]
    for book in books:
        log = book.log
        if log.session.gone or not log.session.complete:
            continue
        listed = _listed(events, book)
        for leaver in gone:
            known = leaver.stay in listed or leaver.join in log.told
            if known and events.names.borne[leaver.stay].isdisjoint(book.departed):
                join = [] if leaver.join is None else events.lines([leaver.join])
                yield Finding(
                    "membership.left-once",
                    log.stay,
                    f"{events.label(log.stay)} was never told that {events.label(leaver.stay)} "
                    "left",
                    {log.stay, leaver.stay},
                    {*join, *([book.roster] if book.roster else [])},
                    absent=[(log.stay, f"* {events.names.first[leaver.stay]} left")],
                )


def _check_first_rosters(events: Events, books: list[Book]) -> Iterator[Finding]:
    """A client that left before another joined is not in the roster that greets the newcomer."""
    for book in books:
        join = book.log.join
        listed = _listed(events, book)
        ends = {events.ends[stay] for stay in listed if stay in events.ends}
        if join is None or not ends or book.roster is None:
            continue
        witness = next(
            (log for log in events.logs if log is not book.log and join in log.told), None
        )
        if witness is None:
            continue
        for end in sorted(ends.intersection(witness.ids[: witness.ids.index(join)])):
            line = events.line_in(witness, end)
            yield Finding(
                "membership.no-ghost",
                book.log.stay,
                f"{events.label(book.log.stay)} was greeted with a roster that names "
                f"{events.label(events.subject(end))}, and {events.label(witness.stay)} got "
                f"{told(line, events.names)} before {events.label(book.log.stay)} joined",
                {book.log.stay, witness.stay},
                {*events.lines([end, join]), book.roster},
                blamed={(book.log.stay, book.roster), (witness.stay, line)},
            )


def _listed(events: Events, book: Book) -> set[int]:
    """Return the sessions that a log's first roster certainly names."""
    bearers = map(events.names.bearer, book.first_roster)
    return {stay for stay in bearers if stay is not None}

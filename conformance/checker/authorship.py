"""Checks that each delivered message is what its author said, under its author's name.

Each different line is looked at once, not once per delivery. The rules are ``commands.forge`` and
``delivery.unaltered``.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace

from conformance.checker.events import Events
from conformance.checker.findings import Finding, said
from conformance.checker.lines import Kind, said_text


__all__ = ["check_authorship"]


def check_authorship(events: Events) -> Iterator[Finding]:
    """Yield a finding for each line that nobody said, that was altered, or has a wrong author."""
    for line, meaning in events.meanings.items():
        if meaning.kind is Kind.CHAT:
            yield from _check_message(events, line, meaning.name, meaning.rest)
        elif meaning.kind is Kind.STRAY and line in events.speech.by_text:
            yield _finding(events, "commands.forge", line, f"{said(line)} without its author")
    for event in events.all:
        if event.kind is Kind.CHAT and event.stay is not None and len(event.lines) > 1:
            yield from _check_one_author(events, event.stay, event.lines)


def _check_message(events: Events, line: str, name: str, text: str) -> Iterator[Finding]:
    sources = events.speech.sources(text)
    if not sources and (events.speech.claimed(text) is not None or events.names.is_known(name)):
        what = f"{said(text)} from {events.names.label(name)}, who never sent it"
        accused = {stay for stay, borne in enumerate(events.names.borne) if name in borne}
        claimed = events.speech.claimed(text)
        accused = accused if claimed is None else {claimed}
        yield _finding(events, "delivery.unaltered", line, what, accused)
    if len(sources) != 1:
        return
    stay, number = sources[0]
    if text not in events.speech.by_text:
        sent = said_text(events.history.sessions[stay].sent[number]) or ""
        what = f"{said(sent)} altered: {_excerpt(text, sent)}"
        yield _finding(events, "delivery.unaltered", line, what)
    # Without a welcome the name of a session is not known.
    if events.names.first[stay] is not None and name not in events.names.borne[stay]:
        what = f"{said(text)} as a line of {events.names.label(name)}; {events.label(stay)} said it"
        yield _finding(events, "commands.forge", line, what)


def _check_one_author(events: Events, stay: int, lines: list[str]) -> Iterator[Finding]:
    """Report each author that differs from the author in the speaker's own copy."""
    own = set(lines).intersection(events.history.sessions[stay].received)
    right = min(own) if own else lines[0]
    for line in lines:
        meaning = events.meanings[line]
        name, other = meaning.name, events.meanings[right].name
        if name != other and name in events.names.borne[stay]:
            what = f"{said(meaning.rest)} from {name} where others got it from {other}"
            witness = next(log.stay for log in events.logs if right in log.session.received)
            found = _finding(events, "commands.forge", line, what, {witness})
            yield replace(found, lines={line, right})


def _finding(
    events: Events, rule_id: str, line: str, what: str, others: Collection[int] = ()
) -> Finding:
    receiver = next(log.stay for log in events.logs if line in log.session.received)
    return Finding(
        rule_id,
        receiver,
        f"{events.label(receiver)} got {what}",
        {receiver, *others},
        {line},
        blamed={(receiver, line)},
    )


def _excerpt(got: str, sent: str) -> str:
    """Return, in words, where two texts begin to differ."""
    at = next(
        (at for at, (a, b) in enumerate(zip(got, sent, strict=False)) if a != b),
        min(len(got), len(sent)),
    )
    start = max(0, at - 6)
    return f"sent as {sent[start : at + 10]!r} it came as {got[start : at + 10]!r}"

"""Which promises a run broke: the rule's id, a sentence, and what shows it.

The history checker does most of this: it gets what each client said and got. Four faults it cannot
see, and a controlled run can:

- two clients have one name at the same time
- a client is cut off although it reads all the time
- the last roster names a client that has left
- a deadlock

Invariants:
  1. The same run gives the same problems in the same order.
  2. Each problem can be drawn: its violation needs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checker import History, Session, Violation, check
from conformance.checker.lines import Kind, parse
from conformance.checker.record import Coverage
from implementations.core.causes import Cause
from implementations.core.room import name_key
from schedules.memory_socket import MemorySocket
from schedules.script import OBSERVER, AllGone, Hear, Leaving
from schedules.stage import Stage


__all__ = ["history_of", "judge"]

NO_DEMANDS = Coverage()  # a single run need not exercise everything; many runs do


def history_of(stage: Stage) -> History:
    """Return what the clients of a run said and got.

    When a run has come to rest, each client that is still connected has got all that it ever will.
    """
    return History(
        tuple(
            Session.from_log(
                sock.part.name,
                sock.peer.log,
                complete=_heard_all(sock),
                gone=sock.is_closed and sock is not stage.observer,
                address=sock.part.address,
            )
            for sock in stage.sockets
        )
    )


def judge(stage: Stage) -> tuple[Violation, ...]:
    """Return all promises that a run broke, the worst first."""
    history = history_of(stage)
    found = [*_stuck(stage, history), *check(history, NO_DEMANDS).violations]
    for own in (
        _names(history),
        _evicted(stage, history),
        _last_roster(stage, history),
        _bugs(stage, history),
    ):
        known = {violation.rule_id for violation in found}
        found += [violation for violation in own if violation.rule_id not in known]
    return tuple(found)


def _heard_all(sock: MemorySocket) -> bool:
    """Return whether everything that a client said must have come back to it."""
    if not sock.part.reads or sock.part.leaving is Leaving.RESET:
        return False
    if not sock.is_closed:
        return sock.peer.waits_for is not None
    said = [line for kind, line in sock.peer.log if kind == "said" and not line.startswith("/")]
    last = f": {said[-1]}" if said else ""
    return any(kind == "got" and line.endswith(last) for kind, line in sock.peer.log)


def _names(history: History) -> Iterator[Violation]:
    """Yield where a client was told of a name that, by its own log, another client had."""
    for session in history.sessions:
        names: dict[str, str] = {}  # by key, with the line that told of it
        for line in session.received:
            meaning = parse(line)
            key = name_key(meaning.name)
            match meaning.kind:
                case Kind.ROSTER:
                    listed = meaning.rest.split(", ")
                    names = {name_key(name): line for name in listed}
                    if len(names) < len(listed):
                        sentence = f"{session.label} got a roster that has one name twice"
                        yield _shown("names.race", sentence, session, [line], line)
                        return
                case Kind.JOINED:
                    names[key] = line
                case Kind.ENDED:
                    names.pop(key, None)
                case Kind.RENAMED:
                    new = name_key(meaning.rest)
                    if new in names and new != key:
                        sentence = (
                            f"{session.label} was told that {meaning.name} is now {meaning.rest}, "
                            "but another client had that name"
                        )
                        yield _shown("names.race", sentence, session, [names[new], line], line)
                        return
                    names.pop(key, None)
                    names[new] = line


def _evicted(stage: Stage, history: History) -> Iterator[Violation]:
    """No client that reads is cut off for slowness, however much is said."""
    slow = {sock.part.address for sock in stage.sockets if not sock.part.reads}
    for session in history.sessions:
        for line in session.received:
            meaning = parse(line)
            if meaning.rest == Cause.TOO_SLOW.departure and meaning.name not in slow:
                sentence = f"{meaning.name} reads all the time, but was cut off for slowness"
                yield _shown("flood.everyone", sentence, session, [line], line)
                return


def _last_roster(stage: Stage, history: History) -> Iterator[Violation]:
    """The observer asks for the roster when all others have left: it is alone in it."""
    observer = history.sessions[0]
    if not stage.observer.peer.has_ended:
        return
    rosters = [line for line in observer.received if parse(line).kind is Kind.ROSTER]
    alone = f"* online (1): {stage.observer.part.address}"
    if len(rosters) < 2:
        sentence = f"{observer.label} asked for the roster and got no answer"
        witness = History((Session(observer.label, rosters, ["/who"], [len(rosters)]),))
        absent = ((observer.label, alone),)
        yield Violation("commands.who", sentence, witness, frozenset(), absent)
    elif rosters[-1] != alone:
        sentence = f"{observer.label} is alone in the room, but got a roster with other names"
        yield _shown("membership.no-ghost", sentence, observer, [rosters[-1]], rosters[-1])


def _bugs(stage: Stage, history: History) -> Iterator[Violation]:
    for bug in stage.bugs[:1]:
        yield Violation("logging.calm", bug, History(history.sessions[:1]))


def _stuck(stage: Stage, history: History) -> Iterator[Violation]:
    """The run came to rest before all threads or tasks had ended: a deadlock."""
    if not stage.waits:
        return
    readers = [sock for sock in stage.sockets if sock.part.reads]
    stallers = [sock for sock in stage.sockets if not sock.part.reads]
    hindered = next(filter(None, map(_hindered, [*readers, *stallers])), None)
    rule_id, name, words, line = hindered or ("shutdown.exit", OBSERVER, "the hub never stops", "")
    if stallers and name != stallers[0].part.name:
        rule_id = "slow.isolation"
        words += f", and {stallers[0].part.name} has stopped reading"
    witness = next(session for session in history.sessions if session.label == name)
    absent = ((name, line),) if line else ()
    sentence = f"deadlock: {words}"
    yield Violation(rule_id, sentence, History((witness,)), frozenset(), absent)


def _hindered(sock: MemorySocket) -> tuple[str, str, str, str] | None:
    """Return the rule, the client, its problem in words, and the line that it lacks; or None."""
    name, peer = sock.part.name, sock.peer
    got = [line for kind, line in peer.log if kind == "got"]
    if sock.is_closed:
        return None
    if not got:
        return "membership.welcome", name, f"{name} is never welcomed", ""
    if not sock.part.reads:
        return "slow.write-timeout", name, f"{name} has stopped reading but is never cut off", ""
    match peer.waits_for:
        case Hear(text):
            words = f"{name} said {text!r} but never hears it"
            return "delivery.exactly-once", name, words, f"{sock.part.address}: {text}"
        case AllGone():
            return None  # it waits for the others, so the fault is theirs
    if peer.has_words:
        return "flood.everyone", name, f"the server never reads what {name} says next", ""
    if sock.part.leaving is Leaving.QUIT:
        return "commands.quit", name, f"{name} said /quit but is never disconnected", ""
    words = f"{name} has ended its stream but is never disconnected"
    return "membership.half-close", name, words, ""


def _shown(
    rule_id: str, sentence: str, session: Session, lines: list[str], blamed: str
) -> Violation:
    witness = Session(session.label, [*session.received[:1], *lines])
    return Violation(rule_id, sentence, History((witness,)), frozenset({(session.label, blamed)}))

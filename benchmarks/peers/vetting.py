"""Which of the room's promises a peer keeps: judged before it is measured, by the same rules.

A server that loses messages is fast. So each peer has to keep, before its numbers stand beside
ours, the rules of PROTOCOL.md for whose breach a plain broadcaster has no excuse: that everyone
gets everything once, unaltered and in one order, and that frames are read and answered as
RFC 6455 has it. Our own servers can be judged here too: what their room says is put aside.

Left out, and why:
  - names, commands, membership, liveness, limits, http, shutdown, logging, start: a peer has
    none of them. ``http.upgrade-required`` too: libraries refuse in ways of their own.
  - ``framing.empty``, ``.control``, ``.limit``, ``.too-long-close``: a room's view of a line.
  - ``framing.not-utf8-close``, ``.binary-close``: some libraries leave both to their user.
  - ``slow.*``, ``flood.*``: what becomes of a slow client is what peers differ in; one of them
    (``websockets-naive``) is measured for just that.
  - ``websocket.origin``: who may connect is decided in front of a broadcaster, if at all.
  - Of ``websocket.close`` the part "after all that was said before", where something still is on
    its way: the read pump answers in some libraries, while the write pump has a queue.

What is said comes from the history checker, which the conformance suite judges with. So this
module needs what the suite needs (the ``conform`` extra).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Literal

from conformance.checker import History, Session, check, tag_of, tagged
from conformance.expectations import Mismatch
from conformance.frames import CONTINUATION, PING, TEXT, encode_frame
from conformance.websocket_client import WebSocketClient


__all__ = ["RULES", "Judgement", "judge"]

Address = tuple[str, int]

_WITHIN_S = 10.0  # for anything that must come; only reached where it does not
_CLIENTS = 10
_SPEAKERS = 5
_WAVES = 4
_LINES = 10  # a speaker and wave; all of a talk fit into 256, the shortest queue of a peer
_SCRIPTS = "héllo, 你好, Привет, 🎉!"
# Each length of a frame's head, but the longest: our own servers take 4,096 bytes.
_PADDINGS = ["", "x" * 125, _SCRIPTS, "y" * 300, "z" * 3000]
_EVIDENCE_CHARACTERS = 300

# A loss first: it is what most often breaks the others too.
_TALK = ("delivery.exactly-once", "delivery.unaltered", "order.total", "order.speaker")


@dataclass(frozen=True)
class Judgement:
    """What came of one rule of PROTOCOL.md, and one line that says what it rests on."""

    rule_id: str
    verdict: Literal["pass", "fail"]
    evidence: str


class _Listener(WebSocketClient):
    """Takes messages that came joined into one frame, by newlines, as what they are."""

    def _got(self, line: str) -> None:
        for part in line.split("\n"):
            super()._got(part)


def judge(address: Address) -> list[Judgement]:
    """Judge the server at ``address``, which has nobody else in it; give a judgement a rule.

    Takes a fraction of a second for a server that keeps them all, and some seconds for one that
    does not answer. Never raises for what the server does.
    """
    judgements = _judge_talk(address)
    for rule_id, examine in _EXAMINED.items():
        try:
            judgements.append(Judgement(rule_id, "pass", examine(address)))
        except (Mismatch, OSError) as error:
            judgements.append(_failed(rule_id, error))
    return judgements


def _failed(rule_id: str, error: Exception | str) -> Judgement:
    words = str(error).partition("\n")[0] or type(error).__name__
    return Judgement(rule_id, "fail", words[:_EVIDENCE_CHARACTERS])


# Many who talk at the same time.


def _judge_talk(address: Address) -> list[Judgement]:
    """Have several clients talk at once, and then two vanish; judge who got what."""
    try:
        with _guests(address, _CLIENTS) as clients:
            unheard = _talk(clients)
            history = History(tuple(map(_session, clients)))
            verdict = check(history)
            # Not all that is found: a peer greets nobody, and the checker misses the welcome.
            found = reversed(verdict.breaking(*_TALK))
            broken = {violation.rule_id: violation.sentence for violation in found}
            if unheard:
                broken.setdefault("delivery.exactly-once", unheard)
            if not broken:
                try:
                    _vanish(address)
                    _exchange(clients, ["one is left", "two are left", "three are left"])
                except (Mismatch, OSError) as error:
                    broken["delivery.exactly-once"] = f"after two had vanished: {error}"
    except (Mismatch, OSError) as error:
        return [_failed(rule_id, error) for rule_id in _TALK]
    if verdict.lacks and not broken:  # a server that invents what nobody said, and nothing else
        return [_failed(rule_id, "; ".join(verdict.lacks)) for rule_id in _TALK]
    had = verdict.coverage
    evidence = f"{had.messages} messages of {_CLIENTS} clients, {had.deliveries:,} deliveries"
    return [
        _failed(rule_id, broken[rule_id])
        if rule_id in broken
        else Judgement(rule_id, "pass", evidence)
        for rule_id in _TALK
    ]


def _talk(clients: Sequence[WebSocketClient]) -> str:
    """Have them talk, each wave at the same time; return what nobody can hear any more.

    A client that reads nothing while it speaks cannot have heard what others say meanwhile: so
    the messages do overlap, however fast the server is.
    """
    numbers = count(1)  # of all: a tag is told from each other by its label and its number
    for _wave in range(_WAVES):
        for client in clients:
            client.clog()
        for speaker in clients[:_SPEAKERS]:
            speaker.say(*(_line(speaker.label, next(numbers)) for _ in range(_LINES)))
        for client in clients:
            client.resume()
    fences = [tagged(client.label, next(numbers)) for client in clients]
    for client, fence in zip(clients, fences, strict=True):
        client.say(fence)
    deadline = time.monotonic() + _WITHIN_S
    unheard = ""
    for client in clients:
        for fence in fences:
            try:
                client.wait_heard(_saying(fence), max(0.0, deadline - time.monotonic()))
            except Mismatch:
                unheard = unheard or f"{client.label} never got {fence!r}, said last of all"
    return unheard


def _line(label: str, number: int) -> str:
    padding = _PADDINGS[number % len(_PADDINGS)]
    return f"{tagged(label, number)} {padding}".rstrip()


def _session(client: WebSocketClient) -> Session:
    """Return what a client said and got, in the words that the checker knows."""
    log = [
        (event.kind, event.text if event.kind == "said" else _attributed(_text(event.text)))
        for event in list(client.log)
        if event.kind == "said" or not event.text.startswith("* ")
    ]
    said = [line for kind, line in log if kind == "said"]
    back = ("got", _attributed(said[-1])) in log
    return Session.from_log(client.label, log, complete=back)


def _attributed(text: str) -> str:
    """Put before a text whose tag it carries: a peer tells nobody who the speaker is."""
    tag = tag_of(text)
    return f"{tag[0] if tag else 'nobody'}: {text}"


def _vanish(address: Address) -> None:
    """Have one client reset its connection, and one leave in the middle of a frame."""
    with _guests(address, 2, "guest") as (resetting, halfway):
        halfway.send_raw(encode_frame(TEXT, b"never finished")[:9])
        resetting.reset()
        halfway.abandon()


# One promise at a time.


def _chunks(address: Address) -> str:
    with _guests(address, 2) as (anna, ben):
        lines = ["one", "two " + "x" * 300, "three"]
        frames = b"".join(encode_frame(TEXT, line.encode()) for line in lines)
        for byte in frames:
            ben.send_raw(bytes([byte]))
        _expect(anna, ben, lines)
        ben.send_raw(frames)
        _expect(anna, ben, lines)
    return f"{len(frames)} bytes, one by one and all at once, are {len(lines)} messages"


def _fragments(address: Address) -> str:
    with _guests(address, 2) as (anna, ben):
        ben.send_frame(TEXT, b"one, ", fin=False)
        ben.send_frame(PING, b"between")
        pong = ben.next_pong(_WITHIN_S)
        ben.send_frame(CONTINUATION, b"", fin=False)
        ben.send_frame(CONTINUATION, b"two")
        _expect(anna, ben, ["one, two"])
        if pong != b"between":
            raise Mismatch(f"the ping between two parts was answered with {pong!r}")
    return "three parts and a ping between them are one message"


def _ping(address: Address) -> str:
    payload = bytes(range(125))  # the longest that there may be
    with _guests(address, 1) as (anna,):
        for sent in (payload, b""):
            anna.send_frame(PING, sent)
            if (pong := anna.next_pong(_WITHIN_S)) != sent:
                raise Mismatch(f"a ping of {len(sent)} bytes was answered with {pong!r}")
    return "two pings, the longest and an empty one, came back as they were"


def _close(address: Address) -> str:
    with _guests(address, 1) as (anna,):
        anna.send_close(1001)
        _lines, end = anna.lines_until_end(_WITHIN_S)
        if end.code != 1001:
            raise Mismatch(f"anna sent a close frame with 1001 and the connection {end}")
    return "a close frame with 1001 was answered with the same code"


def _unmasked(address: Address) -> str:
    with _guests(address, 1) as (anna,):
        anna.send_frame(TEXT, b"without a mask", masked=False)
        _lines, end = anna.lines_until_end(_WITHIN_S)
        if end.code != 1002:
            raise Mismatch(f"anna sent an unmasked frame and the connection {end}")
    return "an unmasked frame was closed with 1002"


def _no_compression(address: Address) -> str:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    guest = WebSocketClient(address, headers=offer, within=_WITHIN_S)
    guest.abandon()
    agreed = guest.response.headers.get("sec-websocket-extensions") if guest.response else None
    if agreed:
        raise Mismatch(f"offered permessage-deflate, it agreed to {agreed!r}")
    return "permessage-deflate was offered and not taken"


_EXAMINED: dict[str, Callable[[Address], str]] = {
    "framing.chunks": _chunks,
    "websocket.fragments": _fragments,
    "websocket.ping": _ping,
    "websocket.close": _close,
    "websocket.unmasked": _unmasked,
    "websocket.no-compression": _no_compression,
}

RULES = (*_TALK, *_EXAMINED)
"""The ids of the rules that a peer is judged by, in the order of the judgements."""


@contextmanager
def _guests(address: Address, number: int, kind: str = "client") -> Iterator[list[WebSocketClient]]:
    """Connect clients; each is known to be in once it has heard itself.

    That an upgrade was answered does not say that the server has put the client on its list.
    """
    clients: list[WebSocketClient] = []
    try:
        for place in range(number):
            newcomer = _Listener(address, label=f"{kind}{place}", within=_WITHIN_S)
            clients.append(newcomer)
            hello = tagged(newcomer.label, 0)
            newcomer.say(hello)
            _all_hear(clients, newcomer.label, hello)
        yield clients
    finally:
        for client in clients:
            client.abandon()


def _exchange(clients: Sequence[WebSocketClient], texts: Sequence[str]) -> None:
    """Have the first client say something; everyone must get it before it says the next thing."""
    for text in texts:
        clients[0].say(text)
        _all_hear(clients, clients[0].label, text)


def _all_hear(clients: Sequence[WebSocketClient], speaker: str, text: str) -> None:
    for client in clients:
        try:
            client.wait_for(_saying(text), _WITHIN_S)
        except Mismatch:
            raise Mismatch(f"{client.label} never got what {speaker} said: {text!r}") from None


def _expect(anna: WebSocketClient, ben: WebSocketClient, texts: Sequence[str]) -> None:
    """Have anna get what ben has sent, and nothing else."""
    fence = ben.send_fence()
    lines = anna.lines_until(fence, _WITHIN_S)
    heard = [_text(line) for line in lines if not line.startswith("* ")]
    if heard != list(texts):
        raise Mismatch(f"where {list(texts)!r} was sent, {heard!r} came")


def _text(line: str) -> str:
    """What was said, without the name that our own servers put before it."""
    return line.rpartition(": ")[2]


def _saying(text: str) -> Callable[[str], bool]:
    return lambda line: _text(line) == text

"""Which promises of the protocol a peer keeps. Each peer is judged before it is measured.

A server that loses messages is fast. So a peer has to bring each message to each client once and
unaltered (`REFUSED`), or it is not measured. It is judged by the other rules of PROTOCOL.md that
every plain broadcaster can keep too: one order, and frames that are read and answered as RFC 6455
demands. What it breaks of those is said beside its figures. Our own servers can be judged here too;
the lines of their room are ignored.

Rules that are left out, and why:
  - names, commands, membership, liveness, limits, http, shutdown, logging, start: a peer has none
    of these. ``http.upgrade-required``: libraries refuse a plain request in different ways.
  - ``framing.empty``, ``.control``, ``.limit``, ``.too-long-close``: how a room treats a line.
  - ``framing.not-utf8-close``, ``.binary-close``: some libraries leave both to their user.
  - ``slow.*``, ``flood.*``: peers differ in how they treat a slow client, and one of them
    (``websockets-naive``) is measured for exactly that.
  - ``websocket.origin``: a proxy before a broadcaster decides which origins may connect.
  - of ``websocket.close``, that every earlier message comes first, if some are still in flight:
    in some libraries the read pump answers a close frame while the write pump has a queue.

The verdicts come from the history checker of the conformance suite, so this module needs what the
suite needs (the ``conform`` extra).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

from benchmarks.peers.judging_clients import (
    Address,
    connected,
    exchange,
    expect,
    listener,
    saying,
    session,
)
from conformance.checker import History, check, tagged
from conformance.expectations import ConnectionEnded, Mismatch
from conformance.frames import CONTINUATION, PING, TEXT, encode_frame
from conformance.server import spell
from conformance.websocket_client import WebSocketClient


__all__ = ["REFUSED", "RULES", "Judgement", "judge"]

_WITHIN_S = 10.0  # for everything that must come; reached only if it does not come
_CLIENTS = 10
_SPEAKERS = 5
_WAVES = 4
_LINES = 10  # per speaker and wave; all lines fit into 256, the shortest queue of a peer
_SCRIPTS = "héllo, 你好, Привет, 🎉!"
# Every length of a frame's head except the longest: our own servers take at most 4,096 bytes.
_PADDINGS = ["", "x" * 125, _SCRIPTS, "y" * 300, "z" * 3000]
_EVIDENCE_CHARACTERS = 300

# Loss comes first: it is the most frequent cause of breaking the other rules.
_TALK = ("delivery.exactly-once", "delivery.unaltered", "order.total", "order.speaker")


@dataclass(frozen=True)
class Judgement:
    """The verdict on one rule of PROTOCOL.md, and one line of evidence."""

    rule_id: str
    verdict: Literal["pass", "fail"]
    evidence: str
    remark: str = ""  # what no rule is about, and a reader of the figures should know


def judge(address: Address) -> list[Judgement]:
    """Judge the server at ``address``, which must have no other clients; one judgement per rule.

    Takes less than a second if the server keeps every rule, and some seconds if it does not
    answer. Never raises because of what the server does.
    """
    longest = max(map(len, _PADDINGS))
    judgements = _judge_talk(address, longest)
    if any(found.verdict == "fail" for found in judgements):
        limit = _longest(address)
        if limit < longest:  # the talk was too long for it: it talks again, in shorter messages
            longest = limit
            judgements = _judge_talk(address, longest)
    remarks = [judgements[0].remark, *_on_length(longest), *_on_origin(address)]
    judgements[0] = replace(judgements[0], remark="; ".join(filter(None, remarks)))
    for rule_id, examine in _EXAMINED.items():
        try:
            judgements.append(Judgement(rule_id, "pass", examine(address)))
        except (Mismatch, OSError) as error:
            judgements.append(_failed(rule_id, error))
    return judgements


def _first_line(error: Exception | str) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


def _failed(rule_id: str, error: Exception | str) -> Judgement:
    return Judgement(rule_id, "fail", _first_line(error)[:_EVIDENCE_CHARACTERS])


# Several clients talk at the same time.


def _judge_talk(address: Address, longest: int) -> list[Judgement]:
    """Let several clients talk at once, then let two vanish; judge what each client got.

    What two vanished clients do to the others is a remark on the first judgement: it is no loss of
    a server that is measured with clients that stay, and `benchmarks.popular` is about it.
    """
    remark = ""
    try:
        with connected(address, _CLIENTS, _WITHIN_S) as clients:
            unheard = _talk(clients, longest)
            history = History(tuple(map(session, clients)))
            verdict = check(history)
            # Only these rules: the checker also misses the welcome, which a peer does not send.
            found = reversed(verdict.breaking(*_TALK))
            broken = {violation.rule_id: violation.sentence for violation in found}
            if unheard:
                broken.setdefault("delivery.exactly-once", unheard)
            if not broken:
                try:
                    _vanish(address)
                    exchange(clients, ["one is left", "two are left", "three are left"], _WITHIN_S)
                except (Mismatch, OSError) as error:
                    remark = f"after two clients had vanished, {_first_line(error)}"
    except (Mismatch, OSError) as error:
        return [_failed(rule_id, error) for rule_id in _TALK]
    if verdict.lacks and not broken:  # the server invents messages, and has no other fault
        return [_failed(rule_id, "; ".join(verdict.lacks)) for rule_id in _TALK]
    had = verdict.coverage
    evidence = f"{had.messages} messages of {_CLIENTS} clients, {had.deliveries:,} deliveries"
    judgements = [
        _failed(rule_id, broken[rule_id])
        if rule_id in broken
        else Judgement(rule_id, "pass", evidence)
        for rule_id in _TALK
    ]
    return [replace(judgements[0], remark=remark), *judgements[1:]]


def _longest(address: Address) -> int:
    """Return the longest padding that the server takes; all of them if it does not say no.

    Some libraries close the connection at a message over a limit, of 512 bytes for example.
    """
    lengths = sorted(map(len, _PADDINGS), reverse=True)
    for length in lengths:
        client = None
        try:
            client = listener(address, "scout0", _WITHIN_S)
            line = f"{tagged(client.label, 0)} {'z' * length}".rstrip()
            client.say(line)
            client.wait_heard(saying(line), _WITHIN_S)
            return length
        except ConnectionEnded:
            continue
        except (Mismatch, OSError):
            break  # it has another fault, which the talk will show
        finally:
            if client is not None:
                client.abandon()
    return lengths[0]


def _on_length(longest: int) -> list[str]:
    if longest == max(map(len, _PADDINGS)):
        return []
    return [f"it closes the connection at messages of 3,000 bytes, and takes {longest} bytes"]


def _on_origin(address: Address) -> list[str]:
    foreign = {"Origin": "http://evil.example"}
    try:
        guest = WebSocketClient(address, headers=foreign, within=_WITHIN_S)
    except (Mismatch, OSError):
        return []
    guest.abandon()
    return ["it does not check the Origin, so pages of other sites can connect"]


def _talk(clients: Sequence[WebSocketClient], longest: int) -> str:
    """Let the clients talk in waves; return the first fence that did not reach a client, in words.

    In each wave the speakers read nothing while they speak. So no speaker has heard the others'
    messages before it sends its own, and the messages overlap, however fast the server is.
    """
    numbers = count(1)  # for all clients: a tag is a client's label and a number
    paddings = [each for each in _PADDINGS if len(each) <= longest]
    for _wave in range(_WAVES):
        for client in clients:
            client.clog()
        for speaker in clients[:_SPEAKERS]:
            speaker.say(*(_line(speaker.label, next(numbers), paddings) for _ in range(_LINES)))
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
                client.wait_heard(saying(fence), max(0.0, deadline - time.monotonic()))
            except Mismatch:
                unheard = unheard or f"{client.label} never got {fence!r}, one of the last messages"
    return unheard


def _line(label: str, number: int, paddings: Sequence[str]) -> str:
    padding = paddings[number % len(paddings)]
    return f"{tagged(label, number)} {padding}".rstrip()


def _vanish(address: Address) -> None:
    """Let one client reset its connection, and another one leave in the middle of a frame."""
    with connected(address, 2, _WITHIN_S, kind="guest") as (resetting, halfway):
        halfway.send_raw(encode_frame(TEXT, b"never finished")[:9])
        resetting.reset()
        halfway.abandon()


# One promise at a time. Each function returns its evidence, or raises `Mismatch`.


def _chunks(address: Address) -> str:
    with connected(address, 2, _WITHIN_S) as (anna, ben):
        lines = ["one", "two " + "x" * 300, "three"]
        frames = b"".join(encode_frame(TEXT, line.encode()) for line in lines)
        for byte in frames:
            ben.send_raw(bytes([byte]))
        expect(anna, ben, lines, _WITHIN_S)
        ben.send_raw(frames)
        expect(anna, ben, lines, _WITHIN_S)
    return f"{len(frames)} bytes, one by one and all at once, are {len(lines)} messages"


def _fragments(address: Address) -> str:
    with connected(address, 2, _WITHIN_S) as (anna, ben):
        ben.send_frame(TEXT, b"one, ", fin=False)
        ben.send_frame(PING, b"between")
        pong = ben.next_pong(_WITHIN_S)
        ben.send_frame(CONTINUATION, b"", fin=False)
        ben.send_frame(CONTINUATION, b"two")
        expect(anna, ben, ["one, two"], _WITHIN_S)
        if pong != b"between":
            raise Mismatch(f"the ping between two fragments was answered with {pong!r}")
    return "three fragments with a ping between them are one message"


def _ping(address: Address) -> str:
    payload = bytes(range(125))  # the longest that is allowed
    with connected(address, 1, _WITHIN_S) as (anna,):
        for sent in (payload, b""):
            anna.send_frame(PING, sent)
            if (pong := anna.next_pong(_WITHIN_S)) != sent:
                raise Mismatch(f"a ping of {len(sent)} bytes was answered with {pong!r}")
    return "two pings, the longest and an empty one, came back unaltered"


def _close(address: Address) -> str:
    with connected(address, 1, _WITHIN_S) as (anna,):
        anna.send_close(1001)
        _lines, end = anna.lines_until_end(_WITHIN_S)
        if end.code != 1001:
            raise Mismatch(f"anna sent a close frame with 1001 and the connection {end}")
    return "a close frame with 1001 was answered with the same code"


def _unmasked(address: Address) -> str:
    with connected(address, 1, _WITHIN_S) as (anna,):
        anna.send_frame(TEXT, b"without a mask", masked=False)
        _lines, end = anna.lines_until_end(_WITHIN_S)
        if end.code != 1002:
            raise Mismatch(f"anna sent an unmasked frame and the connection {end}")
    return "after an unmasked frame the connection was closed with 1002"


def _no_compression(address: Address) -> str:
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    own = {"Origin": f"http://{spell(address)}"}
    guest = WebSocketClient(address, headers=offer | own, within=_WITHIN_S)
    guest.abandon()
    agreed = guest.response.headers.get("sec-websocket-extensions") if guest.response else None
    if agreed:
        raise Mismatch(f"permessage-deflate was offered, and the server agreed to {agreed!r}")
    return "permessage-deflate was offered and not accepted"


_EXAMINED: dict[str, Callable[[Address], str]] = {
    "framing.chunks": _chunks,
    "websocket.fragments": _fragments,
    "websocket.ping": _ping,
    "websocket.close": _close,
    "websocket.unmasked": _unmasked,
    "websocket.no-compression": _no_compression,
}

REFUSED = ("delivery.exactly-once", "delivery.unaltered")
"""A server that breaks one of these is not measured: one that loses or alters messages is fast."""

RULES = (*_TALK, *_EXAMINED)
"""The ids of the rules that a peer is judged by, in the order of the judgements."""

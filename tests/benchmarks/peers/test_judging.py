"""The judge of peers, against servers with planted faults: each fails the rule it breaks."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from contextlib import suppress
from itertools import count

import pytest

from benchmarks.peers import judging
from benchmarks.peers.judging import RULES, Judgement, judge
from conformance.checker import tag_of
from conformance.frames import TEXT, encode_frame
from conformance.timing import TICK
from tests.benchmarks.peers.faulty_server import faultless, serving


FAULTY = 13  # the message with the planted fault: an early one, not a speaker's first
TALK_MESSAGES = 5 * 4 * 10 + 10  # five speakers in four waves, and ten fences
ODD_ONE = 1  # the client with the planted fault, if only one client has it

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less long for messages that a broken server never sends."""
    monkeypatch.setattr(judging, "_WITHIN_S", 50 * TICK)


def number_of(text: str) -> int:
    """Return the number of a message of the talk; for first messages and fences it is 0."""
    tag = tag_of(text)
    return tag[1] if tag and tag[0].startswith("client") else 0


def failed(judgements: list[Judgement]) -> dict[str, str]:
    """Return the evidence for each broken rule."""
    assert [found.rule_id for found in judgements] == list(RULES)
    assert all(found.evidence and "\n" not in found.evidence for found in judgements)
    return {found.rule_id: found.evidence for found in judgements if found.verdict == "fail"}


def test_honest_server_passes() -> None:
    """A server without a fault keeps every rule."""
    with serving(faultless) as address:
        assert failed(judge(address)) == {}


def test_newlines_part_messages() -> None:
    """Messages that are joined into one frame by newlines count one by one."""
    waiting: dict[int, str] = {}

    def joined(client: int, text: str) -> list[str]:
        if number_of(text) == FAULTY:
            waiting[client] = text
            return []
        if number_of(text) and client in waiting:
            return [f"{waiting.pop(client)}\n{text}"]
        return [text]

    with serving(joined) as address:
        assert failed(judge(address)) == {}


def test_one_in_a_hundred_lost() -> None:
    """A server that loses one delivery in a hundred breaks delivery.exactly-once."""
    deliveries = count(1)

    def lossy(client: int, text: str) -> list[str]:
        return [text] if not number_of(text) or next(deliveries) % 100 else []

    with serving(lossy) as address:
        assert "never got" in failed(judge(address))["delivery.exactly-once"]


@pytest.mark.parametrize("clients", ["one", "all"])
def test_one_message_lost(clients: str) -> None:
    """A message that one client never gets, or no client, breaks delivery.exactly-once alone."""

    def lossy(client: int, text: str) -> list[str]:
        lost = number_of(text) == FAULTY and (clients == "all" or client == ODD_ONE)
        return [] if lost else [text]

    with serving(lossy) as address:
        assert set(failed(judge(address))) == {"delivery.exactly-once"}


def test_first_word_lost() -> None:
    """A loss before the talk begins is reported with the client and the speaker."""

    def lossy(client: int, text: str) -> list[str]:
        return [] if client == ODD_ONE and tag_of(text) == ("client3", 0) else [text]

    with serving(lossy) as address:
        broken = failed(judge(address))

    assert next(iter(broken)) == "delivery.exactly-once"
    assert broken["delivery.exactly-once"].startswith("client1 never got what client3 said: ")


def test_last_message_lost() -> None:
    """A client that loses the very last message is found, though no message follows it."""

    talk = count(1)

    def lossy(client: int, text: str) -> list[str]:
        is_last = client == ODD_ONE and number_of(text) and next(talk) == TALK_MESSAGES
        return [] if is_last else [text]

    with serving(lossy) as address:
        broken = failed(judge(address))

    assert set(broken) == {"delivery.exactly-once"}
    assert broken["delivery.exactly-once"].startswith("client1 never got ")
    assert broken["delivery.exactly-once"].endswith(", one of the last messages")


def test_message_twice() -> None:
    """A message that one client gets twice breaks delivery.exactly-once alone."""

    def doubling(client: int, text: str) -> list[str]:
        return [text, text] if number_of(text) == FAULTY and client == ODD_ONE else [text]

    with serving(doubling) as address:
        broken = failed(judge(address))

    assert set(broken) == {"delivery.exactly-once"}
    assert "twice" in broken["delivery.exactly-once"]


def test_message_altered() -> None:
    """A message that arrives with another ending breaks delivery.unaltered."""

    def altering(client: int, text: str) -> list[str]:
        return [f"{text}?"] if number_of(text) == FAULTY else [text]

    with serving(altering) as address:
        assert "delivery.unaltered" in failed(judge(address))


def test_speaker_reordered() -> None:
    """Two messages of a speaker, swapped for all clients alike, break order.speaker alone."""
    held: dict[int, str] = {}

    def swapping(client: int, text: str) -> list[str]:
        if number_of(text) == FAULTY:
            held[client] = text
            return []
        return [text, held.pop(client)] if number_of(text) == FAULTY + 1 else [text]

    with serving(swapping) as address:
        assert set(failed(judge(address))) == {"order.speaker"}


def test_clients_disagree() -> None:
    """One client that gets messages of two speakers in the other order breaks order.total."""
    held: list[str] = []

    def swapping(client: int, text: str) -> list[str]:
        if client != ODD_ONE or not number_of(text):
            return [text]
        if not held:  # the talk has an even number of messages, so none is held at the end
            held.append(text)
            return []
        earlier = held.pop()
        of_one_speaker = earlier.split("-")[0] == text.split("-")[0]
        return [earlier, text] if of_one_speaker else [text, earlier]

    with serving(swapping) as address:
        assert set(failed(judge(address))) == {"order.total"}


def test_fault_after_a_hang_up() -> None:
    """A server that is silent after a client has hung up breaks no rule; a remark says so."""

    def silent(client: int, text: str) -> list[str]:
        return [] if text.endswith(" left") else [text]

    with serving(silent) as address:
        judgements = judge(address)

    assert failed(judgements) == {}
    assert judgements[0].remark.startswith("after two clients had vanished, client0 never got ")


def test_compression_is_told() -> None:
    """A server that accepts compression breaks websocket.no-compression alone."""
    with serving(faultless, compression="deflate") as address:
        assert set(failed(judge(address))) == {"websocket.no-compression"}


class Rash:
    """Treats every read as one short text frame, and sends its text to every client."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []

    def serve(self, door: socket.socket) -> None:
        """Accept until the door is closed; then wait until every client has gone."""
        threads = []
        with suppress(OSError):
            while True:
                connection, _ = door.accept()
                threads.append(threading.Thread(target=self._run, args=[connection]))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _run(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, IndexError):
            request = connection.recv(4096).decode()
            key = request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
            accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest()).decode()
            answer = f"HTTP/1.1 101 Fine\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            connection.sendall(answer.encode())
            with self._lock:
                self._connections.append(connection)
            while frame := connection.recv(1 << 16):
                body = frame[6:]
                mask = (frame[2:6] * (len(body) // 4 + 1))[: len(body)]
                text = bytes(a ^ b for a, b in zip(body, mask, strict=True))
                echo = encode_frame(TEXT, text.decode("latin-1").encode(), masked=False)
                with self._lock:
                    for other in self._connections:
                        with suppress(OSError):
                            other.sendall(echo)
        with self._lock, suppress(ValueError):
            self._connections.remove(connection)


def test_frames_taken_for_granted() -> None:
    """A server that never parses frames breaks all rules except the one about compression."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        thread = threading.Thread(target=Rash().serve, args=[door])
        thread.start()
        try:
            judgements = judge(door.getsockname()[:2])
        finally:
            door.shutdown(socket.SHUT_RDWR)
            thread.join()

    assert {
        "framing.chunks",
        "websocket.fragments",
        "websocket.ping",
        "websocket.close",
        "websocket.unmasked",
        "delivery.exactly-once",
    } <= set(failed(judgements))
    assert "websocket.no-compression" not in failed(judgements)


def test_nobody_there() -> None:
    """If no server listens, every rule is broken, and the evidence says why."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = door.getsockname()[:2]

    broken = failed(judge(address))

    assert set(broken) == set(RULES)
    assert "refused" in broken["order.total"]


def test_limit_of_a_library_is_a_remark() -> None:
    """A server that closes at long messages talks in shorter ones, and the limit is said."""
    with serving(faultless, max_size=512) as address:
        judgements = judge(address)

    assert failed(judgements) == {}
    assert "messages of 3,000 bytes" in judgements[0].remark
    assert "does not check the Origin" in judgements[0].remark

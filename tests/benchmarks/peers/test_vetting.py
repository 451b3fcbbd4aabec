"""The judge, against servers with planted faults: each fails the rule that it breaks."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from benchmarks.peers import vetting
from benchmarks.peers.vetting import RULES, Judgement, judge
from conformance.checker import tag_of
from conformance.frames import TEXT, encode_frame
from conformance.timing import TICK


FAULTY = 13  # the message that a fault is planted in: an early one, not a speaker's first
TALK_MESSAGES = 5 * 4 * 10 + 10  # five who talk in four waves, ten fences
ODD_ONE = 1  # the client that a fault of one client's is planted at

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3

# (client, text as due) -> the texts that this client gets instead, in order
Fault = Callable[[int, str], list[str]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less long for what a broken server will never send."""
    monkeypatch.setattr(vetting, "_WITHIN_S", 50 * TICK)


class Relay:
    """Sends what it gets to everyone in one order, with the fault that it is told to have."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._connections: dict[ServerConnection, int] = {}
        self._numbers = count()
        self._lock = threading.Lock()

    def __call__(self, connection: ServerConnection) -> None:
        with self._lock:
            self._connections[connection] = next(self._numbers)
        with suppress(ConnectionClosed):
            for text in connection:
                assert isinstance(text, str)
                with self._lock:
                    self._relay(text)
        with self._lock:
            del self._connections[connection]

    def _relay(self, text: str) -> None:
        for other, client in self._connections.items():
            for instead in self._fault(client, text):
                with suppress(ConnectionClosed):  # it has gone, and its own thread will see
                    other.send(instead)


@contextmanager
def serving(fault: Fault, compression: str | None = None) -> Iterator[tuple[str, int]]:
    """Run such a server in a thread; give its address."""
    # To send to a client that is just going waits for its end, as long as that may take.
    server: Server = serve(
        Relay(fault), "127.0.0.1", 0, compression=compression, close_timeout=TICK
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.socket.getsockname()[:2]
    finally:
        server.shutdown()
        thread.join()


def number_of(text: str) -> int:
    """The number of a message of the talk; 0 for a client's first word and for all else.

    A fence has a number too, as high as the process has sent fences: it is all else.
    """
    tag = tag_of(text)
    return tag[1] if tag and tag[0].startswith("client") else 0


def failed(judgements: list[Judgement]) -> dict[str, str]:
    """The rules that were broken, each with what the judge says of it."""
    assert [found.rule_id for found in judgements] == list(RULES)
    assert all(found.evidence and "\n" not in found.evidence for found in judgements)
    return {found.rule_id: found.evidence for found in judgements if found.verdict == "fail"}


def test_honest_server_passes() -> None:
    """A server without a fault keeps every rule."""
    with serving(lambda client, text: [text]) as address:
        assert failed(judge(address)) == {}


def test_newlines_part_messages() -> None:
    """Messages that come joined into one frame are the messages that they are."""
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
    """One message that one client never gets, or nobody, breaks delivery.exactly-once alone."""

    def lossy(client: int, text: str) -> list[str]:
        lost = number_of(text) == FAULTY and (clients == "all" or client == ODD_ONE)
        return [] if lost else [text]

    with serving(lossy) as address:
        assert set(failed(judge(address))) == {"delivery.exactly-once"}


def test_first_word_lost() -> None:
    """A loss before the talk begins is told as what it is: who never got whose words."""

    def lossy(client: int, text: str) -> list[str]:
        return [] if client == ODD_ONE and tag_of(text) == ("client3", 0) else [text]

    with serving(lossy) as address:
        broken = failed(judge(address))

    assert next(iter(broken)) == "delivery.exactly-once"
    assert broken["delivery.exactly-once"].startswith("client1 never got what client3 said: ")


def test_last_message_lost() -> None:
    """A client that loses the very last message, behind which nothing comes, is found too."""

    talk = count(1)

    def lossy(client: int, text: str) -> list[str]:
        is_last = client == ODD_ONE and number_of(text) and next(talk) == TALK_MESSAGES
        return [] if is_last else [text]

    with serving(lossy) as address:
        broken = failed(judge(address))

    assert set(broken) == {"delivery.exactly-once"}
    assert broken["delivery.exactly-once"].startswith("client1 never got ")
    assert broken["delivery.exactly-once"].endswith(", said last of all")


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
    """One client that gets messages of two speakers the other way round breaks order.total."""
    held: list[str] = []

    def swapping(client: int, text: str) -> list[str]:
        if client != ODD_ONE or not number_of(text):
            return [text]
        if not held:  # the talk is an even number of messages, so none is held in the end
            held.append(text)
            return []
        earlier = held.pop()
        of_one_speaker = earlier.split("-")[0] == text.split("-")[0]
        return [earlier, text] if of_one_speaker else [text, earlier]

    with serving(swapping) as address:
        assert set(failed(judge(address))) == {"order.total"}


def test_fault_after_a_hang_up() -> None:
    """A server that is silent once a client has hung up breaks delivery.exactly-once alone."""

    def silent(client: int, text: str) -> list[str]:
        return [] if text.endswith(" left") else [text]

    with serving(silent) as address:
        broken = failed(judge(address))

    assert set(broken) == {"delivery.exactly-once"}
    assert broken["delivery.exactly-once"].startswith("after two had vanished: ")


def test_compression_is_told() -> None:
    """A server that takes up compression breaks websocket.no-compression alone."""
    with serving(lambda client, text: [text], compression="deflate") as address:
        assert set(failed(judge(address))) == {"websocket.no-compression"}


class Rash:
    """Takes each read for one short text frame, whatever it is, and sends its text to everyone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections: list[socket.socket] = []

    def serve(self, door: socket.socket) -> None:
        """Accept until the door is shut; then wait for all who came in to be gone."""
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
    """A server that reads frames by guessing breaks all rules but the one about compression."""
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
    """Where nobody listens every rule is broken, and that is said."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = door.getsockname()[:2]

    broken = failed(judge(address))

    assert set(broken) == set(RULES)
    assert "refused" in broken["order.total"]

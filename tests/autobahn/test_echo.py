"""The echo behind each runtime's WebSocket door gives back what came, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from conformance.server import spell
from conformance.timing import TICK
from hubbub.autobahn import runtimes
from tests.autobahn.run import launch


WITHIN = 50 * TICK

Newcomer = Callable[[], ClientConnection]


@pytest.fixture(scope="module", params=runtimes())
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the echo of each runtime in turn is."""
    server = launch(request.param)
    yield f"ws://{spell(server.ws)}/ws"
    server.stop()


@pytest.fixture
def newcomer(url: str) -> Iterator[Newcomer]:
    """Let one more client in, until the end of the test."""
    with ExitStack() as clients:

        def arrive() -> ClientConnection:
            return clients.enter_context(
                connect(url, compression=None, max_size=None, open_timeout=WITHIN)
            )

        yield arrive


@pytest.mark.parametrize(
    "message",
    ["héllo", "", "tab\tbell\x07line\n/quit", b"", b"\xff\x00", "x" * 2**17, b"x" * 2**21],
)
def test_message_comes_back_as_it_is(newcomer: Newcomer, message: str | bytes) -> None:
    """Text and binary come back unchanged: empty, with controls, longer than an outbox holds."""
    client = newcomer()

    client.send(message)

    assert client.recv(WITHIN) == message


@pytest.mark.parametrize("parts", [["héllo ", "", "wörld"], [b"\xff", b"\x00"]])
def test_fragments_come_back_as_one(newcomer: Newcomer, parts: list[str] | list[bytes]) -> None:
    """A message in parts comes back whole, of the kind that its first part was."""
    client = newcomer()

    client.send(parts)

    assert client.recv(WITHIN) == type(parts[0])().join(parts)  # type: ignore[arg-type]


def test_ping_is_answered(newcomer: Newcomer) -> None:
    """A ping gets its pong: the control frames are the real codec's."""
    assert newcomer().ping("there?").wait(WITHIN)


def test_text_that_is_not_utf8_ends_with_the_real_codecs_code(newcomer: Newcomer) -> None:
    """What the real codec refuses in a text, the echo refuses too."""
    client = newcomer()

    client.socket.sendall(Frame(Opcode.TEXT, b"\xff").serialize(mask=True))

    with pytest.raises(ConnectionClosedError) as closed:
        client.recv(WITHIN)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


def test_burst_comes_back_whole(newcomer: Newcomer) -> None:
    """Who sends more than an outbox holds before it reads gets it all, in order."""
    client = newcomer()
    sent = [str(number) for number in range(1000)]

    for message in sent:
        client.send(message)

    assert [client.recv(WITHIN) for _ in sent] == sent


def test_nobody_hears_of_others(newcomer: Newcomer) -> None:
    """A newcomer is not greeted, and hears nothing of who comes, talks and goes."""
    quiet, other = newcomer(), newcomer()
    other.send("hello")
    assert other.recv(WITHIN) == "hello"
    other.close()

    quiet.send("fence")

    assert quiet.recv(WITHIN) == "fence"

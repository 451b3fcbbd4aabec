"""The echo of each runtime sends back every message as it came, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from conformance.timing import TICK
from hubbub.autobahn import echo_url, runtimes


WITHIN = 50 * TICK

Newcomer = Callable[[], ClientConnection]


@pytest.fixture(scope="module", params=runtimes())
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of the echo of each runtime in turn."""
    with echo_url(request.param) as url:
        yield url


@pytest.fixture
def newcomer(url: str) -> Iterator[Newcomer]:
    """Connect one more client, until the end of the test."""
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
    """Text and binary come back unchanged: empty, with control characters, or very long."""
    client = newcomer()

    client.send(message)

    assert client.recv(WITHIN) == message


@pytest.mark.parametrize("parts", [["héllo ", "", "wörld"], [b"\xff", b"\x00"]])
def test_fragments_come_back_as_one(newcomer: Newcomer, parts: list[str] | list[bytes]) -> None:
    """A message in fragments comes back whole, as text or binary like its first fragment."""
    client = newcomer()

    client.send(parts)

    assert client.recv(WITHIN) == type(parts[0])().join(parts)  # type: ignore[arg-type]


def test_ping_is_answered(newcomer: Newcomer) -> None:
    """A ping gets its pong: the real codec answers control frames."""
    assert newcomer().ping("there?").wait(WITHIN)


def test_text_that_is_not_utf8_ends_with_the_real_codecs_code(newcomer: Newcomer) -> None:
    """The echo refuses a text that is not UTF-8, as the real codec does."""
    client = newcomer()

    client.socket.sendall(Frame(Opcode.TEXT, b"\xff").serialize(mask=True))

    with pytest.raises(ConnectionClosedError) as closed:
        client.recv(WITHIN)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1007


def test_burst_comes_back_whole(newcomer: Newcomer) -> None:
    """A client that sends more than an outbox holds before it reads gets everything, in order."""
    client = newcomer()
    sent = [str(number) for number in range(1000)]

    for message in sent:
        client.send(message)

    assert [client.recv(WITHIN) for _ in sent] == sent


def test_client_hears_nothing_of_others(newcomer: Newcomer) -> None:
    """A client gets no greeting, and hears nothing when others come, talk and leave."""
    quiet, other = newcomer(), newcomer()
    other.send("hello")
    assert other.recv(WITHIN) == "hello"
    other.close()

    quiet.send("fence")

    assert quiet.recv(WITHIN) == "fence"

"""Rules of the area ``liveness``: a client that sends no line."""

import contextlib
import threading
from collections.abc import Iterator

from conformance import (
    Client,
    ClientFactory,
    Connect,
    Mismatch,
    TcpClient,
    Unknown,
    rule,
    settings,
)
from conformance.rules.silence import SILENCE_S, beat_until, fall_silent, outlive


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_listener_times_out(clients: ClientFactory) -> None:
    """A client that says nothing times out, however much it hears."""
    anna, ben = clients("anna", "ben")

    beat_until("* ben timed out", anna, lambda: anna.say("still here"))

    lines, _end = ben.lines_until_end()
    if "anna: still here" not in lines:
        raise Unknown("ben heard nothing")


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_newcomer_that_never_speaks_times_out(clients: ClientFactory, connect: Connect) -> None:
    """The idle time starts at the arrival, not at the first line."""
    (anna,) = clients("anna")
    silent: Client = connect()

    beat_until(f"* {silent.name} timed out", anna, lambda: anna.say("still here"))

    silent.lines_until_end()


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_silent_client_hears_why_it_is_disconnected(connect: Connect) -> None:
    """A client that times out is told so, and then gets the end."""
    ben: TcpClient = connect("ben")

    lines, end = ben.lines_until_end()

    assert [line[:11] for line in lines] == ["! timed out"]
    assert end.how == "eof"


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_timed_out_client_is_announced_once(clients: ClientFactory) -> None:
    """A client's time-out is announced once, and no departure is announced after it."""
    anna, ben = clients("anna", "ben")

    beat_until("* ben timed out", anna, lambda: anna.say("still here"))
    ben.lines_until_end()
    ben.abandon()
    fence = anna.send_fence()

    assert [line for line in anna.lines_until(fence) if "ben" in line] == []


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_bytes_without_a_line_are_no_life(clients: ClientFactory) -> None:
    """A client that sends bytes but never ends a line times out."""
    anna, ben = clients("anna", "ben")

    beat_until(
        "* ben timed out",
        anna,
        lambda: anna.say("still here"),
        lambda: ben.send_raw(b"x"),
    )


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_empty_lines_are_no_life(clients: ClientFactory) -> None:
    """A client that sends only empty lines times out."""
    anna, ben = clients("anna", "ben")

    beat_until(
        "* ben timed out",
        anna,
        lambda: anna.say("still here"),
        lambda: ben.send_raw(b"\n\r\n"),
    )


@contextlib.contextmanager
def flooding(client: Client, block: bytes) -> Iterator[None]:
    """Send a block of bytes again and again, without a pause, while the body runs."""
    done = threading.Event()

    def flood() -> None:
        with contextlib.suppress(Mismatch):  # the server may stop reading
            while not done.is_set():
                client.send_raw(block)

    thread = threading.Thread(target=flood, name=f"floods from {client.label}")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


@rule("liveness.idle")
@settings(idle_timeout=SILENCE_S)
def test_flood_of_empty_lines_is_no_life(clients: ClientFactory) -> None:
    """A client that sends empty lines without a pause times out."""
    anna, ben = clients("anna", "ben")

    with flooding(ben, b"\n" * (1 << 16)):
        beat_until("* ben timed out", anna, lambda: anna.say("still here"))


@rule("liveness.line-resets")
@settings(idle_timeout=SILENCE_S)
def test_talker_outlives_the_idle_timeout(clients: ClientFactory, connect: Connect) -> None:
    """A client that says something now and then stays."""
    (ben,) = clients("ben")

    for _ in range(2):
        outlive(fall_silent(connect, ben), ben, lambda: ben.say("still here"))

    ben.wait_for(ben.send_fence())


@rule("liveness.line-resets")
@settings(idle_timeout=SILENCE_S)
def test_commands_start_the_idle_time_anew(clients: ClientFactory, connect: Connect) -> None:
    """Every command starts the idle time anew, even an unknown one."""
    lines = {"anna": "/who", "ben": "/dance", "cara": "/rename cara", "dora": "/say hello"}
    everyone = clients(*lines)

    def beat() -> None:
        for client in everyone:
            client.say(lines[client.label])

    for _ in range(2):
        outlive(fall_silent(connect, everyone[0]), everyone[0], beat)

    for client in everyone:
        client.wait_for(client.send_fence())

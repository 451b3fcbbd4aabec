"""Rules of the area ``shutdown``: what the clients of a stopping server get."""

import contextlib
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance import (
    TICK,
    Client,
    ClientFactory,
    Connect,
    Launch,
    Mismatch,
    Server,
    Unknown,
    rule,
    settings,
)
from conformance.clogging import Talk, connect_clogged, is_chat


FAREWELL = "* server is shutting down"
NEVER_S = 600 * TICK  # a deadline of the server's that no test waits for


@rule("shutdown.announce")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
def test_everyone_is_told_and_disconnected(
    number: signal.Signals, clients: ClientFactory, server: Server
) -> None:
    """On either signal everyone gets the farewell, and then the end; at ``ws`` with 1001."""
    room = clients("anna", "ben", "cara")

    server.signal(number)

    for client in room:
        client.expect(FAREWELL)
        end = client.expect_end()
        assert end.how == "eof"
        assert end.code == (1001 if client.door == "ws" else None)


@rule("shutdown.hangup")
def test_closed_terminal_stops_it_in_good_order(clients: ClientFactory, server: Server) -> None:
    """On SIGHUP everyone gets the farewell, and then the end; the exit code is 0."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        raise Unknown("SIGHUP is ignored here, so the server ignores it too")
    room = clients("anna", "ben")

    server.signal(signal.SIGHUP)

    for client in room:
        client.expect(FAREWELL)
        client.expect_end()
    assert server.wait_exit(100 * TICK) == 0


@contextlib.contextmanager
def inherited(*ignored: signal.Signals, blocked: tuple[signal.Signals, ...] = ()) -> Iterator[None]:
    """Let the servers that the body starts inherit signals that are ignored or blocked."""
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers.items():
            signal.signal(number, handler)


@rule("shutdown.hangup")
def test_hangup_that_was_ignored_stays_ignored(connect: Connect, launch: Launch) -> None:
    """Under ``nohup`` the server goes on when the terminal is closed."""
    with inherited(signal.SIGHUP):
        server = launch().wait_ready()
    anna: Client = connect(server=server)

    server.signal(signal.SIGHUP)

    for _ in range(3):
        anna.wait_for(anna.send_fence())
    server.signal(signal.SIGTERM)
    anna.wait_for(FAREWELL)


@rule("shutdown.hangup")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize("way", ["ignored", "blocked"])
def test_stop_signal_that_was_inherited_off_stops_it(
    number: signal.Signals, way: str, connect: Connect, launch: Launch
) -> None:
    """SIGINT and SIGTERM stop a server that was started with them ignored or blocked."""
    with inherited(number) if way == "ignored" else inherited(blocked=(number,)):
        server = launch().wait_ready()
    anna: Client = connect(server=server)

    server.signal(number)

    anna.wait_for(FAREWELL)
    assert server.wait_exit(100 * TICK) == 0


@rule("shutdown.announce")
def test_departures_are_not_announced_one_by_one(clients: ClientFactory, server: Server) -> None:
    """When the server stops, no client is announced as having left."""
    room = clients("anna", "ben", "cara", "dora", "emil")

    server.signal(signal.SIGTERM)

    for client in room:
        assert client.lines_until_end()[0] == [FAREWELL]


@rule("shutdown.delivers")
def test_what_was_heard_once_is_heard_by_all(clients: ClientFactory, server: Server) -> None:
    """A line that its speaker has heard reaches everyone before the farewell."""
    anna, ben, cara = clients("anna", "ben", "cara")
    lines = [str(number) for number in range(100)]

    anna.say(*lines)
    anna.wait_heard("anna: 99")
    server.signal(signal.SIGTERM)

    for client in (anna, ben, cara):
        heard, _ = client.lines_until_end()
        assert heard == [*(f"anna: {line}" for line in lines), FAREWELL]


@rule("shutdown.delivers")
def test_flood_that_is_cut_short_ends_at_one_line_for_all(
    clients: ClientFactory, server: Server
) -> None:
    """A flood that the shutdown cuts short ends with the same line for everyone."""
    room = clients("anna", "ben", "cara", "dora", "emil", "fred")
    flood = [str(number) for number in range(200_000)]  # far more than there is time for

    def talk(talker: Client) -> None:
        with contextlib.suppress(Mismatch):  # the server stops reading
            for first in range(0, len(flood), 1000):
                talker.say(*flood[first : first + 1000], within=30 * TICK)

    with ThreadPoolExecutor(2) as pool:
        talking = [pool.submit(talk, talker) for talker in room[:2]]
        room[2].wait_heard("ben: 100")
        server.signal(signal.SIGTERM)
        heard = [client.lines_until_end(within=NEVER_S)[0] for client in room]
        for talked in talking:
            talked.result()

    *chat, farewell = heard[0]
    assert farewell == FAREWELL
    for client, lines in zip(room, heard, strict=True):
        assert lines == heard[0], f"{client.name} got other lines than {room[0].name}"
    for talker in room[:2]:
        said = [f"{talker.name}: {line}" for line in flood]
        own = [line for line in chat if line.startswith(f"{talker.name}: ")]
        assert own == said[: len(own)]
    if len(chat) == 2 * len(flood):
        raise Unknown("the flood was over before the server heard the signal")


@rule("shutdown.delivers")
@settings(drain_timeout=NEVER_S, write_timeout=NEVER_S)
def test_who_is_behind_gets_all_of_it(
    clients: ClientFactory, connect: Connect, server: Server
) -> None:
    """A client that is behind gets everything that waits for it, and then the farewell."""
    (anna,) = clients("anna")
    slow = connect_clogged(connect)
    talk = Talk(anna)
    talk.until_clogged(slow, server)

    server.signal(signal.SIGTERM)
    anna.wait_for(FAREWELL)
    slow.resume()
    heard, end = slow.lines_until_end()

    assert [line for line in heard if is_chat(line)] == talk.said
    assert heard[-1] == FAREWELL
    assert end.how == "eof"
    assert end.code == (1001 if slow.door == "ws" else None)

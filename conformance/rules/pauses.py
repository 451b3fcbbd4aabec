"""Giving the server time without a sleep: another client's question is answered meanwhile."""

import contextlib

from conformance import TICK, Client, Mismatch


__all__ = ["let_the_server_read", "wait_until_quiet"]


def let_the_server_read(other: Client, *, turns: int = 1) -> None:
    """Return when the server has had time to read what was sent before.

    Another client asks a question and gets its answer. A server that reads its clients in another
    order only makes the test weaker.

    Args:
        turns: how many questions: to accept a connection may take some turns of an event loop.
    """
    __tracebackhide__ = True
    for _ in range(turns):
        if other.speaks_dialect:
            other.knock()
            continue
        other.say("/who")
        other.wait_for(lambda line: line.startswith("* online ("))


def wait_until_quiet(client: Client) -> None:
    """Return when a client has got nothing for a while. Proves nothing, and takes nothing."""
    seen = -1
    while seen < len(client.log):
        seen = len(client.log)
        with contextlib.suppress(Mismatch):
            client.wait_heard(lambda line: False, within=10 * TICK)

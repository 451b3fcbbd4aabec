"""The ways in which a client can leave, and waiting until many have left."""

from collections import Counter
from collections.abc import Callable, Iterable

from conformance import Client, WebSocketClient


__all__ = ["WAYS_TO_LEAVE", "end_own_stream", "wait_for_all"]


def end_own_stream(client: Client) -> None:
    """Say as the door's protocol asks that nothing more will come, and wait for nothing."""
    if isinstance(client, WebSocketClient):
        client.send_close()
    else:
        client.half_close()


def _quit(client: Client) -> None:
    if client.speaks_dialect:  # no dialect has a command for it
        client.close()
        return
    client.say("/quit")
    client.lines_until_end()


def _close_and_reset(client: Client) -> None:
    end_own_stream(client)
    client.reset()


def _quit_and_end_the_stream(client: Client) -> None:
    if not client.speaks_dialect:
        client.say("/quit")
    client.half_close()


WAYS_TO_LEAVE: dict[str, Callable[[Client], object]] = {
    "close": lambda client: client.close(),
    "reset": lambda client: client.reset(),
    "drop": lambda client: client.abandon(),
    "quit": _quit,
    "end of stream": lambda client: client.half_close(),
    "close and reset": _close_and_reset,
    "quit and end of stream": _quit_and_end_the_stream,
}


def wait_for_all(client: Client, wanted: Iterable[str]) -> list[str]:
    """Take lines until all wanted ones have come, in any order; return all that came."""
    missing = Counter(wanted)
    last = ""

    def complete(line: str) -> bool:
        nonlocal last
        last = line
        missing[line] -= 1
        return not +missing

    return [*client.lines_until(complete), last]

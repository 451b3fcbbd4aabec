"""The terminal client, ``hubbub chat``: a prompt on a terminal, a good netcat in a pipe.

Invariants:
  1. Nothing that a server sends is printed before `printable` has seen it.
  2. Input and connection are read at the same time, and the end of the connection ends both: a
     dead server is noticed at once, not at the next line typed.
  3. The end of the input ends only what this side says. Everything the room still has for us is
     printed, until the room ends its side too.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from socket import socket
from typing import TYPE_CHECKING

from websockets.exceptions import ConnectionClosed

from hubbub.conversation import Address, Door, Lost, connect, open_door


if TYPE_CHECKING:
    from hubbub.screen import Screen

__all__ = ["add_arguments", "run"]

CHUNK_BYTES = 64 * 1024
STDIN, STDOUT = 0, 1

EXIT_LOST = 1
EXIT_INTERRUPTED = 128 + 2  # as a shell reports SIGINT
EXIT_UNREAD = 128 + 13  # as a shell reports SIGPIPE

EPILOG = """\
examples:
  hubbub chat                          talk at the TCP door on this machine
  hubbub chat ws://127.0.0.1:8080/ws   talk at the WebSocket door
  printf 'hi\\n' | hubbub chat          say hi, print what comes back, leave
  hubbub chat < said.txt > heard.txt   say a file, keep what is heard

On a terminal Enter sends, Up recalls, Ctrl-D leaves, and /help lists what the
room understands. In a pipe it sends standard input line by line, then ends its
side (a half-close at the TCP door, /quit at the WebSocket door) and prints
until the room ends too.

exit status:
  0 we left   1 no connection, or the server ended it   2 bad usage
  130 interrupted   141 whoever read the output has gone
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` the one of ``hubbub chat``."""
    parser.description = "Join a room from the terminal, or from a pipe."
    parser.epilog = EPILOG
    parser.add_argument(
        "address",
        nargs="?",
        type=Address.parse,
        default="127.0.0.1:8000",
        metavar="ADDRESS",
        help="a TCP door, H:P, or a WebSocket door, ws://H:P/ws (default %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Chat until one side ends it; return the exit status, as the help text lists them."""
    try:
        # Connecting comes before the event loop: there Ctrl-C ends a slow attempt at once.
        asyncio.run(_chat(connect(args.address), args.address))
    except Lost as lost:
        print(f"hubbub chat: {lost}", file=sys.stderr)
        return EXIT_LOST
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # What is still buffered would fail again when the interpreter flushes it on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
        return EXIT_UNREAD
    return 0


def printable(line: str) -> str:
    """Replace by a space what could steer a terminal, end a line or not be encoded.

    A server of ours has done so already, but this client is pointed at any server.
    """
    if line.isprintable():
        return line
    unsafe = ("Cc", "Zl", "Zp", "Cs")
    return "".join(" " if unicodedata.category(each) in unsafe else each for each in line)


async def _chat(connected: socket, address: Address) -> None:
    door = await open_door(connected, address)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a real file here
    async with aclosing(door):
        if screen := _screen():
            try:
                await _talk(door, screen.typed_lines(), screen.show)
            finally:
                await screen.shown()
        else:
            await _talk(door, _piped_lines(), lambda line: print(line, flush=True))


def _screen() -> Screen | None:
    """Return the prompt, if there is a terminal for it and the extra it needs is installed."""
    if not (os.isatty(STDIN) and os.isatty(STDOUT)):
        return None
    try:
        from hubbub.screen import Screen
    except ModuleNotFoundError:
        return None
    return Screen()


async def _talk(door: Door, said: AsyncGenerator[str, None], show: Callable[[str], None]) -> None:
    """Send what is said and show what is heard, until the server ends the connection.

    Raises:
        Lost: it ended before we had asked for it.
    """
    leaving = False

    async def speak() -> None:
        nonlocal leaving
        # A connection that fails here has also ended for the listener, who tells why when it has
        # shown everything that came before.
        with suppress(OSError, ConnectionClosed):
            async with aclosing(said):
                async for line in said:
                    leaving = line.split(maxsplit=1)[:1] == ["/quit"]
                    await door.send(line)
                    if leaving:
                        return
            leaving = True
            await door.finish()

    speaking = asyncio.create_task(speak())
    try:
        async with aclosing(door.lines()) as heard:
            async for line in heard:
                show(printable(line))
    finally:
        speaking.cancel()
        await asyncio.wait({speaking})
    if not speaking.cancelled():
        speaking.result()  # what nobody foresaw is raised here
    if not leaving:
        raise Lost("the server closed the connection")


async def _piped_lines() -> AsyncGenerator[str, None]:
    """Yield the lines of standard input, be it a pipe, a file or a terminal.

    No event loop can wait for a file, and no thread that waits for a pipe can be told to stop: so
    daemon threads read, one at a time and only when more is wanted. They read the descriptor, for
    ``sys.stdin`` has a lock that the interpreter would miss on its way out.
    """
    loop = asyncio.get_running_loop()

    def resolve(chunk: asyncio.Future[bytes], data: bytes) -> None:
        if not chunk.done():
            chunk.set_result(data)

    def read(chunk: asyncio.Future[bytes]) -> None:
        try:
            data = os.read(STDIN, CHUNK_BYTES)
        except OSError:  # closed, or a folder: there is nothing to say
            data = b""
        with suppress(RuntimeError):  # the loop has ended, and nobody asks any more
            loop.call_soon_threadsafe(resolve, chunk, data)

    rest = b""
    while True:
        chunk: asyncio.Future[bytes] = loop.create_future()
        threading.Thread(target=read, args=(chunk,), daemon=True).start()
        data = await chunk
        *lines, rest = (rest + data).split(b"\n")
        if not data and rest:  # a last line counts without its end
            lines.append(rest)
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="surrogateescape")
        if not data:
            return

"""``hubbub chat``: a chat client with a prompt on a terminal, and like netcat in a pipe.

Invariants:
  1. Every line from the server passes through `printable` before it is printed.
  2. Input and connection are read at the same time. When the connection ends, reading the input
     ends too, so the user learns at once that the server has died, and not at the next line typed.
  3. The end of the input ends only our sending side. Every line that the room still sends is
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
  hubbub chat                          the TCP door on this machine
  hubbub chat ws://127.0.0.1:8080/ws   the WebSocket door
  hubbub chat https://chat.example/    the WebSocket door beside that page
  printf 'hi\\n' | hubbub chat          send one line, print all replies
  hubbub chat < said.txt > heard.txt   send a file, save all replies

On a terminal, Enter sends a line and Ctrl-D leaves; /help lists the commands
of the room. With pip install 'hubbub[chat]' Up recalls earlier lines, and lines
that arrive do not disturb the line that you type.

In a pipe, it sends standard input line by line. Then it ends its side, with a
half-close at the TCP door and with /quit at the WebSocket door, and prints
until the room ends its side too.

exit code: 0 if you left, 1 if the connection failed or the server ended it, 2
after misuse, 130 if it was interrupted, 141 if the reader of its output ended
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument(
        "address",
        nargs="?",
        type=Address.parse,
        default="127.0.0.1:8000",
        metavar="ADDRESS",
        help="a TCP door, H:P, or a WebSocket door, ws://H:P/ws or wss://H/ws, or the address of "
        "its page, http://H:P/ (default %(default)s)",
    )


def run(args: argparse.Namespace) -> int:
    """Chat until one side ends it; return the exit code, one of those in the help."""
    try:
        # Connect before the event loop starts, so that Ctrl-C ends a slow attempt at once.
        asyncio.run(_chat(connect(args.address), args.address))
    except Lost as lost:
        print(f"hubbub chat: {lost}", file=sys.stderr)
        return EXIT_LOST
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The interpreter flushes the rest of the buffer when it ends; that must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)
        return EXIT_UNREAD
    return 0


def printable(line: str) -> str:
    """Return ``line`` with a space for each character that a terminal must not get.

    Such a character controls the terminal, ends a line or cannot be encoded. The servers of this
    project never send one, but this client also talks to other servers.
    """
    if line.isprintable():
        return line
    unsafe = ("Cc", "Zl", "Zp", "Cs")
    return "".join(" " if unicodedata.category(each) in unsafe else each for each in line)


async def _chat(connected: socket, address: Address) -> None:
    door = await open_door(connected, address)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # stdout is a file here
    async with aclosing(door):
        if screen := _screen():
            try:
                await _talk(door, screen.typed_lines(), screen.show)
            finally:
                await screen.shown()
        else:
            await _talk(door, _piped_lines(), lambda line: print(line, flush=True))


def _screen() -> Screen | None:
    """Return the prompt; None without a terminal or without the extra that it needs."""
    if not (os.isatty(STDIN) and os.isatty(STDOUT)):
        return None
    try:
        from hubbub.screen import Screen
    except ModuleNotFoundError:
        return None
    return Screen()


async def _talk(door: Door, said: AsyncGenerator[str, None], show: Callable[[str], None]) -> None:
    """Send all lines of ``said`` and show all lines that arrive, until the server ends.

    Raises:
        Lost: the server ended the connection before we left.
    """
    leaving = False

    async def speak() -> None:
        nonlocal leaving
        # A connection that fails here has failed for the reading side too. That side says why,
        # after it has shown every line that came before.
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
        speaking.result()  # raises any other error of speak()
    if not leaving:
        raise Lost("the server closed the connection")


async def _piped_lines() -> AsyncGenerator[str, None]:
    """Yield the lines of standard input, which may be a pipe, a file or a terminal.

    An event loop cannot wait for a file, and a thread that waits for a pipe cannot be stopped. So
    daemon threads read: one at a time, each for one chunk. They read the file descriptor, because
    ``sys.stdin`` has a lock, and a daemon thread that holds it at exit would crash the interpreter.
    """
    loop = asyncio.get_running_loop()

    def resolve(chunk: asyncio.Future[bytes], data: bytes) -> None:
        if not chunk.done():
            chunk.set_result(data)

    def read(chunk: asyncio.Future[bytes]) -> None:
        try:
            data = os.read(STDIN, CHUNK_BYTES)
        except OSError:  # standard input is closed, or a folder: there is nothing to send
            data = b""
        with suppress(RuntimeError):  # the loop has ended, so the chunk is not needed
            loop.call_soon_threadsafe(resolve, chunk, data)

    rest = b""
    while True:
        chunk: asyncio.Future[bytes] = loop.create_future()
        threading.Thread(target=read, args=(chunk,), daemon=True).start()
        data = await chunk
        *lines, rest = (rest + data).split(b"\n")
        if not data and rest:  # the last line may lack its line end
            lines.append(rest)
        for line in lines:
            yield line.removesuffix(b"\r").decode(errors="surrogateescape")
        if not data:
            return

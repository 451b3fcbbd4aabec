"""Say what is empty.

A line without anything in it is passed on like any other: a name, a colon and nothing.

Imitates: the chat room with an online map (S4-17), where a line feed every few seconds keeps a
program from being timed out, and shows everyone an empty line.

Looks right: a line is a line.

Breaks: framing.empty

Shown by: someone who leans on the return key.

Instead: implementations/core/line_codec.py ignores it.
"""

from __future__ import annotations

from implementations.core.commands import Command, Nothing, Say, parse


BASE = "asyncio-mutex"


def parse_all(line: str) -> Command:
    """Return what ``line`` asks for; nothing is something."""
    command = parse(line)
    return Say("") if isinstance(command, Nothing) and not line else command


REPLACES = {"implementations.on_asyncio.connection.parse": parse_all}

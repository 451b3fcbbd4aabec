"""Say whatever does not look like a command that is known.

Only what is known is a command, and all else is talk. So a command mistyped, or one that should
have stayed between the client and the server, is read by everyone.

Imitates: the chat room with an online map (S4-11, S4-15): what it does not know it broadcasts.

Looks right: nothing that a client says is lost.

Breaks: commands.unknown, commands.help, commands.say

May break: framing.chunks, framing.crlf, framing.last-line

Shown by: a command with one letter too many.

Instead: implementations/core/commands.py: a slash begins a command, known or not.
"""

from __future__ import annotations

from implementations.core.commands import Command, Quit, Rename, Say, Who, parse


BASE = "asyncio-mutex"


def parse_few(line: str) -> Command:
    """Return what ``line`` asks for, of the few things that there are."""
    command = parse(line)
    return command if isinstance(command, Who | Rename | Quit) else Say(line)


REPLACES = {"implementations.on_asyncio.connection.parse": parse_few}

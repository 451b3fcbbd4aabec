"""Broadcast every command that is not known.

The server treats only known commands as commands, and broadcasts everything else. So everybody
reads a command with a typing error in it, and a command that should have stayed between the client
and the server.

Imitates: a Go chat room with an online map (docs/provenance.md#text-5), which broadcasts every
line that it does not understand.

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
    """Return what ``line`` asks for; only three commands are known."""
    command = parse(line)
    return command if isinstance(command, Who | Rename | Quit) else Say(line)


REPLACES = {"implementations.on_asyncio.connection.parse": parse_few}

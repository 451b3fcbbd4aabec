"""What a line can mean.

`parse` is total: every line is a command, and none raises. It knows nothing of
rooms or names; whether a name may be had is `room.Room`'s to decide.
"""

from __future__ import annotations

from dataclasses import dataclass


__all__ = [
    "COMMANDS",
    "Command",
    "Complain",
    "Help",
    "Nothing",
    "Quit",
    "Rename",
    "Say",
    "Who",
    "parse",
]

COMMANDS = "/who, /rename NEW, /say TEXT, /quit, /help"


@dataclass(frozen=True, slots=True)
class Say:
    """Say ``text`` to everyone."""

    text: str


@dataclass(frozen=True, slots=True)
class Who:
    """Ask who is online."""


@dataclass(frozen=True, slots=True)
class Rename:
    """Ask for the name ``new``, which may be a bad one."""

    new: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave, once everything already said has been delivered."""


@dataclass(frozen=True, slots=True)
class Help:
    """Ask for the commands."""


@dataclass(frozen=True, slots=True)
class Complain:
    """Tell the sender, and nobody else, what was wrong with its line.

    It travels as a command so that it keeps its place among the sender's other
    lines and their answers.
    """

    problem: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A line that means nothing, such as ``/say`` without a text."""


Command = Say | Who | Rename | Quit | Help | Complain | Nothing


def parse(line: str) -> Command:
    """Return what ``line``, already free of control characters, asks for."""
    if line == "who":
        return Who()
    if line.startswith("rename|"):
        return Rename(line.removeprefix("rename|").strip())
    if not line.startswith("/"):
        return Say(line) if line else Nothing()
    verb = line.split(maxsplit=1)[0]
    rest = line[len(verb) + 1 :]  # behind the one white space that ended the verb
    match verb:
        case "/who":
            return Who()
        case "/rename":
            return Rename(rest.strip())
        case "/quit":
            return Quit()
        case "/help":
            return Help()
        case "/say":
            return Say(rest) if rest else Nothing()
    return Complain(f"unknown command: {verb} (try /help)")

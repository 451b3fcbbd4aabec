"""What a line of a client can mean.

`parse` turns every line into a command and never raises. It knows nothing about rooms and
names: `room.Room` decides whether a client may have a name.
"""

from __future__ import annotations

from dataclasses import dataclass

from implementations.core.characters import without_surplus_marks


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
    """Ask for the name ``new``. The room may refuse it."""

    new: str


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave, after everything that was said before has been delivered."""


@dataclass(frozen=True, slots=True)
class Help:
    """Ask for the commands."""


@dataclass(frozen=True, slots=True)
class Complain:
    """Tell the sender, and nobody else, what was wrong with its line.

    The complaint is a command, so that it keeps its place between the answers to the
    sender's other lines.
    """

    problem: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Do nothing: the line has no meaning, such as ``/say`` without a text."""


Command = Say | Who | Rename | Quit | Help | Complain | Nothing


def parse(line: str) -> Command:
    """Return what a line asks for.

    What it says has lost its surplus marks. A new name keeps them, so that the room can refuse it.

    Args:
        line: without control characters; the codecs replace them.
    """
    if line == "who":
        return Who()
    if line.startswith("rename|"):
        return Rename(line.removeprefix("rename|").strip())
    if not line.startswith("/"):
        return Say(without_surplus_marks(line)) if line else Nothing()
    verb = line.split(maxsplit=1)[0]
    rest = line[len(verb) + 1 :]  # after the one space that ended the verb
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
            return Say(without_surplus_marks(rest)) if rest else Nothing()
    return Complain(f"unknown command: {without_surplus_marks(verb)} (try /help)")

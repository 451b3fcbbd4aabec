"""What a line of the protocol means by itself, without a history.

Also the suite's convention for messages that tell their speaker and their number:
``LABEL-NUMBER``, then perhaps a space and padding.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto


__all__ = ["Kind", "Meaning", "asked_name", "parse", "said_text", "tag_of", "tagged"]

_WELCOME = re.compile(r"\* you are (\S+)")
_ROSTER = re.compile(r"\* online \(\d+\): (.*)")
_JOINED = re.compile(r"\* (\S+) joined")
_RENAMED = re.compile(r"\* (\S+) is now (\S+)")
_ENDED = re.compile(r"\* (\S+) (left|timed out|was too slow)")
_CHAT = re.compile(r"([^*!/\s]\S*?): (.*)", re.DOTALL)
_TAG = re.compile(r"(\S+)-(\d+)(?!\d)")


class Kind(Enum):
    """The kinds of line that a client gets."""

    WELCOME = auto()
    ROSTER = auto()
    PRIVATE = auto()  # an error, the help, the server's farewell: for this client, or no event
    JOINED = auto()
    RENAMED = auto()
    ENDED = auto()
    CHAT = auto()
    STRAY = auto()  # not a line of the protocol


@dataclass(frozen=True, slots=True)
class Meaning:
    """A line in parts: the name that it is about, and the rest.

    Attributes:
        rest: a message's text, a new name, the names of a roster, or the cause of a departure.
    """

    kind: Kind
    name: str = ""
    rest: str = ""


def parse(line: str) -> Meaning:
    """Return what a received line means."""
    if line.startswith("! "):
        return Meaning(Kind.PRIVATE)
    if line.startswith("* "):
        if found := _JOINED.fullmatch(line):
            return Meaning(Kind.JOINED, found[1])
        if found := _ENDED.fullmatch(line):
            return Meaning(Kind.ENDED, found[1], found[2])
        if found := _RENAMED.fullmatch(line):
            return Meaning(Kind.RENAMED, found[1], found[2])
        if found := _ROSTER.fullmatch(line):
            return Meaning(Kind.ROSTER, rest=found[1])
        if found := _WELCOME.fullmatch(line):
            return Meaning(Kind.WELCOME, found[1])
        return Meaning(Kind.PRIVATE)
    if found := _CHAT.fullmatch(line):
        return Meaning(Kind.CHAT, found[1], found[2])
    return Meaning(Kind.STRAY)


def said_text(line: str) -> str | None:
    """Return the text that a sent line says to all, or None for a command or an empty line."""
    if line.startswith("/"):
        verb, _, rest = line[1:].partition(" ")
        return rest if verb.lower() == "say" else None
    return None if line in ("", "who") or line.startswith("rename|") else line


def asked_name(line: str) -> str | None:
    """Return the name that a sent line asks for, or None."""
    if line.startswith("rename|"):
        return line.removeprefix("rename|").strip()
    verb, *rest = line.split(maxsplit=1)[:2] or [""]
    return rest[0].strip() if verb.lower() == "/rename" and rest else None


def tagged(label: str, number: int, padding_bytes: int = 0) -> str:
    """Return the text of a session's message, followed by that many bytes of padding."""
    tag = f"{label}-{number}"
    return f"{tag} {'x' * padding_bytes}" if padding_bytes else tag


def tag_of(text: str) -> tuple[str, int] | None:
    """Return the label and the number that a text begins with, or None."""
    found = _TAG.match(text)
    return (found[1], int(found[2])) if found else None

"""The dialect of a server: how its lines look, where PROTOCOL.md has them otherwise.

A dialect is read from a TOML file; README.md in this folder has a table of its keys, and the folder
``dialects`` has examples. ``raw`` is the dialect of a server that only passes on what it gets.

    echo = false                      # a speaker does not get its own lines back
    say = '{"text": {json}}'          # what a client sends to say a text
    [lines]
    joined = '(?P<name>\\S+) has arrived'
    chat = '(?P<name>\\S+): (?P<text>.*)'
    [close]
    1008 = 1013                       # this server's 1008 means what 1013 means in PROTOCOL.md
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


__all__ = ["RAW", "SHIPPED", "Dialect", "read_dialect", "shipped"]

SHIPPED = Path(__file__).parent / "dialects"

_NAMED = ("welcome", "joined", "left", "too-slow", "timed-out")  # lines that are about one client
_LINES = (*_NAMED, "chat", "error", "ignore")
_KEYS: dict[str, Any] = {
    "max-line": int,
    "joined-frames": bool,
    "echo": bool,
    "say": str,
    "path": str,
    "lines": dict,
    "close": dict,
}
_SPOKEN = {int: "a number over 0", bool: "true or false", str: "a text", dict: "a table"}


@dataclass(frozen=True)
class Dialect:
    """How a server words what PROTOCOL.md words in its own way; the default is ``raw``.

    Attributes:
        lines: by kind, the pattern that a whole line of that kind matches.
        max_line: the longest line that the server takes, in bytes; None: not known.
        joined_frames: one WebSocket message can be several lines, with line feeds between them.
        echo: whether a speaker gets its own lines back.
        say: what is sent to say a text; ``{text}`` stands for the text, ``{json}`` for the text as
            a JSON string with its quotes.
        path: of the WebSocket handshake.
        close: by a close code of this server, the code that PROTOCOL.md has for that meaning.
    """

    name: str = "raw"
    lines: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    max_line: int | None = None
    joined_frames: bool = False
    echo: bool = True
    say: str = "{text}"
    path: str = "/ws"
    close: Mapping[int, int] = field(default_factory=dict)


RAW = Dialect()


def shipped() -> list[str]:
    """Return the names of the dialects that come with the suite."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def read_dialect(named: str) -> Dialect:
    """Return the dialect ``raw``, one that comes with the suite, or that of a file.

    Raises:
        ValueError: there is no such dialect, or its file is wrong. The text is one line: the key,
            and what it may be.
    """
    if named == "raw":
        return RAW
    path = SHIPPED / f"{named}.toml" if named in shipped() else Path(named)
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except OSError as error:
        names = ", ".join(["raw", *shipped()])
        raise ValueError(
            f"--dialect {named}: {error.strerror}; give a file or one of {names}"
        ) from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise ValueError(f"--dialect {named}: {' '.join(str(error).split())}") from None
    try:
        return _dialect(path.stem, table)
    except ValueError as error:
        raise ValueError(f"--dialect {named}: {error}") from None


def _dialect(name: str, table: dict[str, Any]) -> Dialect:
    _check_keys("", table, tuple(_KEYS))
    for key, value in table.items():
        kind = _KEYS[key]
        if type(value) is not kind or (key == "max-line" and not value > 0):
            raise ValueError(f"{key} is {_SPOKEN[kind]}, not {value!r}")
    say = table.get("say", "{text}")
    if "{text}" not in say and "{json}" not in say:
        raise ValueError("say has a place for what is said: {text}, or {json} for a JSON string")
    path = table.get("path", "/ws")
    if not path.startswith("/") or not path.isascii() or " " in path:
        raise ValueError(f"path begins with / and has no space, not {path!r}")
    return Dialect(
        name,
        _lines(table.get("lines", {})),
        table.get("max-line"),
        table.get("joined-frames", False),
        table.get("echo", True),
        say,
        path,
        _codes(table.get("close", {})),
    )


def _lines(table: Mapping[str, Any]) -> dict[str, re.Pattern[str]]:
    _check_keys("lines.", table, _LINES)
    lines = {}
    for key, text in table.items():
        if not isinstance(text, str):
            raise ValueError(f"lines.{key} is a regular expression in quotes, not {text!r}")
        try:
            lines[key] = re.compile(text, re.DOTALL)
        except re.error as error:
            raise ValueError(f"lines.{key} is no regular expression: {error}") from None
        groups = lines[key].groupindex
        if key in _NAMED and "name" not in groups:
            raise ValueError(f"lines.{key} has to say where the name is: (?P<name>…)")
        if key == "chat" and not groups.keys() & {"text", "json"}:
            raise ValueError("lines.chat has to say where the text is: (?P<text>…) or (?P<json>…)")
    return lines


def _codes(table: Mapping[str, Any]) -> dict[int, int]:
    for theirs, ours in table.items():
        if not theirs.isdecimal() or type(ours) is not int:
            raise ValueError(
                f"close.{theirs} is a close code and stands for another, as in 1008 = 1013"
            )
    return {int(theirs): ours for theirs, ours in table.items()}


def _check_keys(where: str, table: Mapping[str, Any], allowed: tuple[str, ...]) -> None:
    for key in table:
        if key not in allowed:
            raise ValueError(f"there is no key {where}{key}; allowed are {', '.join(allowed)}")

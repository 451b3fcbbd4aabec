"""Recordings of the lab: lines of ``[seconds, message]``, as JSON, compressed if the name says so.

A recording is written while a scene runs, played without any server, or put into one page that
works offline.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from hubbub.output import CannotWrite


__all__ = ["NoTape", "Player", "Tape", "write_page"]

Message = dict[str, Any]

_IMPORT = re.compile(r'^import \{ (.+) \} from "\./(\w+)\.js";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:async )?(?:function|const) (\w+)", re.MULTILINE)


class NoTape(Exception):
    """The file is no recording, or cannot be read. The text is one line for the user."""


class Tape:
    """Writes a recording. A context manager.

    Raises:
        CannotWrite: the file cannot be opened, or the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            opener: Callable[..., IO[str]] = gzip.open if path.suffix == ".gz" else open
            self._file = opener(path, "wt", encoding="utf-8")
        except OSError as error:
            raise self._cannot(error) from None
        self._began_s = time.monotonic()

    def write(self, message: Message) -> None:
        """Add a message."""
        passed = round(time.monotonic() - self._began_s, 3)
        try:
            self._file.write(json.dumps([passed, message], separators=(",", ":")) + "\n")
        except OSError as error:
            raise self._cannot(error) from None

    def __enter__(self) -> Tape:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        except OSError as failed:
            if error is None:
                raise self._cannot(failed) from None

    def _cannot(self, error: OSError) -> CannotWrite:
        return CannotWrite(f"cannot write {self._path}: {error.strerror}")


class Player:
    """Plays a recording, again and again. It takes no wishes.

    Raises:
        NoTape: the file is no recording.
    """

    def __init__(self, path: Path) -> None:
        self._lines = [json.loads(line) for line in _lines(path)]

    def hello(self) -> list[Message]:
        """Return the first hello of the recording, marked as recorded."""
        return [_marked(message) for _, message in self._lines[:1]]

    def do(self, wish: Mapping[str, Any]) -> None:
        """Do nothing: a recording cannot be changed."""

    async def run(self, tell: Callable[[Message], None]) -> None:
        """Play until cancelled."""
        while True:
            began_s = time.monotonic()
            for seconds, message in self._lines:
                await asyncio.sleep(max(0.0, began_s + seconds - time.monotonic()))
                tell(_marked(message))
            await asyncio.sleep(1.0)


def write_page(recording: Path, page: Path) -> None:
    """Write the lab's page with a recording in it: one file, which loads nothing else.

    Raises:
        NoTape: the file is no recording.
        CannotWrite: the page cannot be written.
    """
    folder = files("hubbub.lab") / "page"
    html = (folder / "index.html").read_text("utf-8")
    style = (folder / "page.css").read_text("utf-8")
    lines = "\n".join(_lines(recording)).replace("<", "\\u003c")
    html = html.replace('<link rel="stylesheet" href="page.css">', f"<style>\n{style}</style>")
    html = html.replace(
        '<script type="module" src="main.js"></script>',
        f'<script type="application/json" id="recording">\n{lines}\n</script>\n'
        f'<script type="module">\n{_one_module("main", set())}\n</script>',
    )
    try:
        page.write_text(html, "utf-8")
    except OSError as error:
        raise CannotWrite(f"cannot write {page}: {error.strerror}") from None


def _one_module(name: str, done: set[str]) -> str:
    """Return a module with all that it imports before it, each in a scope of its own."""
    if name in done:
        return ""
    done.add(name)
    source = (files("hubbub.lab") / "page" / f"{name}.js").read_text("utf-8")
    before = "".join(_one_module(other, done) for _, other in _IMPORT.findall(source))
    body = re.sub(
        r"^export ", "", _IMPORT.sub(r"const { \1 } = module_\2;", source), flags=re.MULTILINE
    )
    given = ", ".join(_EXPORT.findall(source))
    return f"{before}const module_{name} = (() => {{\n{body}\nreturn {{ {given} }};\n}})();\n"


def _lines(path: Path) -> list[str]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode()
        lines = [line for line in text.splitlines() if line]
        first = json.loads(lines[0])
        if first[1]["is"] != "hello":
            raise ValueError
        for line in lines:
            json.loads(line)
    except OSError as error:
        raise NoTape(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, LookupError, TypeError, EOFError):
        raise NoTape(f"{path} is no recording of hubbub lab") from None
    return lines


def _marked(message: Message) -> Message:
    return message | {"recorded": True} if message["is"] == "hello" else message

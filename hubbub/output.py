"""What every command writes: files, whole or not at all, and text on any terminal.

A standard stream may be closed, may take ASCII only, or may be a pipe whose reader has ended.
"""

from __future__ import annotations

import codecs
import os
import sys
from pathlib import Path
from typing import IO, Any


__all__ = ["CannotWrite", "lasting", "open_streams", "write"]

# What stands for a character that the stream's encoding lacks; all others become an escape.
_PLAIN = {
    **{"✓": "+", "✗": "x", "●": "*", "○": "o", "·": ".", "…": "...", "→": "->", "←": "<-"},
    **{
        "\u2013": "-",
        "\u2014": "-",
        "\u00d7": "x",
        "µ": "u",
        "≤": "<=",
        "≥": ">=",
        "±": "+-",
        "•": "*",
    },
    **{"│": "|", "─": "-", "━": "-", "┌": "+", "┐": "+", "└": "+", "┘": "+", "├": "+", "┤": "+"},
    **{"┬": "+", "┴": "+", "┼": "+", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "╺": "-", "╸": "-"},
    **{"\u2018": "'", "\u2019": "'", "“": '"', "”": '"', "▲": "^", "▼": "v", "▶": ">", "◀": "<"},
    **{"▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "█": "#"},
}
_ERRORS = "hubbub-plain"  # the name of the error handler


class CannotWrite(Exception):
    """A file cannot be written; the text is one line that says which and why."""


def write(path: Path, text: str) -> None:
    """Write ``text`` to ``path``. If that fails, the file keeps what it held before.

    Raises:
        CannotWrite: the file cannot be written.
    """
    from benchmarks.files import replace_file

    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror}") from error


def open_streams() -> None:
    """Make the standard streams usable, whatever the caller made of them.

    A closed stream becomes the null device: otherwise the next file or socket that is opened would
    get its number, and with it all that is printed. A character that a stream cannot encode is
    spelled otherwise. Messages are lost when nobody reads them any more, as in ``2>&1 | true``:
    they end no work. Call it once, before anything is opened.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
            if null != number:  # a lower one is open, or this one would have been given
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115
    codecs.register_error(_ERRORS, _spelled_otherwise)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure") and not _takes_all(stream):
            stream.reconfigure(errors=_ERRORS)
    sys.stderr = lasting(sys.stderr)


def lasting(stream: IO[str]) -> IO[str]:
    """Return a stream that takes text even after the reader of its pipe has ended.

    For a command that also writes a file: it goes on, and the file is written.
    """
    return _Lasting(stream)  # type: ignore[return-value]  # it passes everything else on


class _Lasting:
    """Passes everything on to a stream, and loses what nobody reads."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        try:
            self._stream.write(text)
        except BrokenPipeError:
            self._lose()
        return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._lose()

    def _lose(self) -> None:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, self._stream.fileno())
        os.close(null)


def _takes_all(stream: Any) -> bool:
    return codecs.lookup(stream.encoding).name.startswith("utf")


def _spelled_otherwise(error: UnicodeError) -> tuple[str | bytes, int]:
    """Spell what cannot be encoded: by a plain character if there is one, else by its number."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plain = []
    for character in error.object[error.start : error.end]:
        plain.append(
            _PLAIN.get(character) or character.encode("ascii", "backslashreplace").decode()
        )
    return "".join(plain), error.end

"""Writing what a command was asked to leave behind: whole, or with one line that says why not."""

from __future__ import annotations

from pathlib import Path


__all__ = ["CannotWrite", "write"]


class CannotWrite(Exception):
    """A file that was asked for cannot be written; the text is for people."""


def write(path: Path, text: str) -> None:
    """Write ``text`` to ``path``, which then holds all of it or what it held before.

    Raises:
        CannotWrite: it cannot be written there.
    """
    from benchmarks.files import replace_file

    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror}") from error

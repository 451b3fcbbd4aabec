"""Writing the files that a command was asked for: whole, or not at all and with the reason."""

from __future__ import annotations

from pathlib import Path


__all__ = ["CannotWrite", "write"]


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

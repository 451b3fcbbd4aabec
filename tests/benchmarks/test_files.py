"""Files are written whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from benchmarks.files import replace_file


def test_file_is_replaced(tmp_path: Path) -> None:
    """The new content replaces the old one, and no other file is left."""
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    replace_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    """A file that cannot be written is an error, and leaves nothing behind."""
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "nowhere" / "report.html", b"new")

    assert list(tmp_path.iterdir()) == []


def test_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """A pipe is written to, and not replaced by a file; the same holds for a device."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(path.read_bytes()))
    reader.start()

    replace_file(path, b"new")

    reader.join()
    assert heard == [b"new"]
    assert path.is_fifo()

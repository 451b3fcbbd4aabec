"""Files that are whole or not there."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from benchmarks.files import replace_file


def test_file_is_replaced(tmp_path: Path) -> None:
    """The new content takes the place of the old, and nothing else is left."""
    path = tmp_path / "report.html"
    path.write_bytes(b"old")

    replace_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    """What cannot be written is an error, and leaves nothing behind."""
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "nowhere" / "report.html", b"new")

    assert list(tmp_path.iterdir()) == []


def test_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """A pipe, and so a device, is written to, and no file takes its place."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(path.read_bytes()))
    reader.start()

    replace_file(path, b"new")

    reader.join()
    assert heard == [b"new"]
    assert path.is_fifo()

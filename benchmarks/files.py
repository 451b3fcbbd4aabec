"""Writing a file so that it is whole or is not there."""

from __future__ import annotations

import os
from pathlib import Path


__all__ = ["replace_file"]


def replace_file(path: Path, octets: bytes) -> None:
    """Write ``octets`` to ``path``, which then holds the old content or all of the new.

    What is no file, such as a device or a pipe, is written to and stays what it is.

    Raises:
        OSError: it cannot be written there; nothing is left of the attempt.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(octets)
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(octets)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

"""Write a file whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


__all__ = ["replace_file"]


def replace_file(path: Path, octets: bytes) -> None:
    """Write ``octets`` to ``path``, which then holds either the old content or all of the new.

    A device or a pipe is written to, and stays a device or a pipe.

    Raises:
        OSError: the file cannot be written; no part of it is left behind.
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

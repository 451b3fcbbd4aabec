"""Where tasks wait: the innermost line of the servers' own code.

For asyncio and trio alike: a task of either is a coroutine that is suspended in another one, and so
on to the innermost coroutine.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


__all__ = ["whereabouts"]

_SERVERS = str(Path(__file__).resolve().parents[1] / "implementations")


def whereabouts(tasks: Iterable[tuple[str, Any]]) -> list[str]:
    """Return ``ben's write pump waits in take, at outbox.py:67`` for each task that has not ended.

    Args:
        tasks: the name and the coroutine of each.
    """
    return [f"{name} waits{_at(coroutine)}" for name, coroutine in tasks if _frame(coroutine)]


def _at(coroutine: Any) -> str:
    place = ""
    while coroutine is not None:
        frame = _frame(coroutine)
        if frame is not None and frame.f_code.co_filename.startswith(_SERVERS):
            code = frame.f_code
            place = f" in {code.co_name}, at {Path(code.co_filename).name}:{frame.f_lineno}"
        coroutine = _inner(coroutine)
    return place


def _frame(coroutine: Any) -> Any:
    """Return the frame of a coroutine, or of another awaitable; None if it has ended."""
    return getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)


def _inner(coroutine: Any) -> Any:
    return getattr(coroutine, "cr_await", None) or getattr(coroutine, "gi_yieldfrom", None)

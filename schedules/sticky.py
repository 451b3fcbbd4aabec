"""How interleave-test picks the next thread here: it mostly stays with the running thread.

If any thread could run after each line, long stretches of one thread would be very rare, and so
would the races that need one. Also, a change of threads costs a hundred times what staying costs.
So each seed first draws how restless its schedule is.
"""

from __future__ import annotations

from random import Random
from typing import Any

from interleave_test import Strategy


__all__ = ["Sticky"]

RESTLESSNESS = (0.01, 0.03, 0.1, 0.3)  # how likely a change is at each point where one may be


class Sticky(Strategy):
    """Stay with the current thread, or now and then pick any."""

    def begin(self, iteration: int, seed: int) -> None:
        """Draw all of a schedule from ``seed``."""
        self._random = Random(seed)
        self._restlessness = self._random.choice(RESTLESSNESS)

    def pick(self, runnable: list[Any], current: Any, index: int) -> Any:
        """Return the thread that runs next."""
        if current is not None and self._random.random() >= self._restlessness:
            return current
        return self._random.choice(runnable)

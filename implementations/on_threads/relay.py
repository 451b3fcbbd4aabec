"""Write pumps are woken one after the other, each by the one before it.

All at once they would only meet at the interpreter's lock: one runs, and the
others wait there in a crowd that the kernel wakes again and again to look. Woken
in a row there is one that runs and one that is coming.
"""

from __future__ import annotations

import threading
from collections import deque


__all__ = ["Relay"]


class Relay:
    """The write pumps that are to be woken, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards what follows
        self._waking = False  # one is on its way to running
        self._sleepers: deque[threading.Lock] = deque()  # what each of the others waits for

    def wake(self, sleeper: threading.Lock) -> None:
        """Release ``sleeper`` when its turn comes. Callable by any thread, never waits."""
        with self._lock:
            if self._waking:
                self._sleepers.append(sleeper)
            else:
                self._waking = True
                sleeper.release()

    def woken(self) -> None:
        """Wake the next one. For the pump that was woken, as soon as it runs."""
        with self._lock:
            if self._sleepers:
                self._sleepers.popleft().release()
            else:
                self._waking = False

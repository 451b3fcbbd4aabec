"""Write pumps are woken one after the other, each by the pump before it.

If all were woken at once, they would only meet at the interpreter's lock: one pump would run,
and the kernel would wake all others again and again to ask for the lock. Woken one after the
other, only one pump runs and only one asks.
"""

from __future__ import annotations

import threading
from collections import deque


__all__ = ["Relay"]


class Relay:
    """The write pumps that must be woken, in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards the two attributes below
        self._waking = False  # whether a pump was woken and does not run yet
        self._sleepers: deque[threading.Lock] = deque()  # the locks at which the next pumps wait

    def wake(self, sleeper: threading.Lock) -> None:
        """Release ``sleeper`` when its turn comes. Callable from any thread; never waits."""
        with self._lock:
            if self._waking:
                self._sleepers.append(sleeper)
            else:
                self._waking = True
                sleeper.release()

    def woken(self) -> None:
        """Wake the next pump. A pump that was woken calls this as soon as it runs."""
        with self._lock:
            if self._sleepers:
                self._sleepers.popleft().release()
            else:
                self._waking = False

"""What has come for one client: its lines, and how its connection ended.

The client's reading thread puts lines in; the test waits for them and takes them out.

Invariants:
  1. The inbox forgets nothing: a line that was taken is still in ``lines``.
  2. Nothing waits without a deadline, and an error begins with a sentence that says what was
     expected and what came instead.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from conformance.expectations import ConnectionEnded, Mismatch, listed


__all__ = ["End", "Inbox"]


@dataclass(frozen=True)
class End:
    """How a connection ended.

    Attributes:
        how: ``eof``, ``reset``, or ``violation`` when the server sent something that no server
            may send; ``reason`` then says what.
        code: of the close frame, at the WebSocket door; 1005 stands for a frame without a code.
        reason: of the close frame.
    """

    how: Literal["eof", "reset", "violation"]
    code: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.how == "violation":
            return f"was broken off, because the server sent {self.reason}"
        if self.code is not None:
            return f"was closed with {self.code}" + (f" ({self.reason})" if self.reason else "")
        return "ended" if self.how == "eof" else "was reset"


class Inbox:
    """The lines of one client, in the order in which they came.

    Args:
        label: what error messages call the client.
        state: returns what error messages add about a connection that is still open.

    Attributes:
        changed: guards all that is here; notified on each change.
        end: how the connection ended, or None while it is open.
    """

    def __init__(self, label: str, state: Callable[[], str]) -> None:
        self.changed = threading.Condition()
        self.lines: list[str] = []
        self.end: End | None = None
        self._taken = 0  # lines that the test has taken
        self._label = label
        self._state = state

    # For the reading thread.

    def put(self, line: str) -> None:
        """Add a line."""
        with self.changed:
            self.lines.append(line)
            self.changed.notify_all()

    def put_end(self, end: End) -> None:
        """Note that the connection has ended: no line comes after this."""
        with self.changed:
            self.end = end
            self.changed.notify_all()

    # For the test.

    def unread(self) -> list[str]:
        """Return the lines that no call has taken yet."""
        return self.lines[self._taken :]

    def take_unread(self) -> list[str]:
        """Take and return the lines that no call has taken yet."""
        lines = self.unread()
        self._taken += len(lines)
        return lines

    def take_until(self, fits: Callable[[str], bool], wanted: str, within: float) -> list[str]:
        """Wait for the next line that fits; take and return everything up to it."""
        __tracebackhide__ = True
        lines = self.find(fits, wanted, within, start=self._taken)
        self._taken += len(lines)
        return lines

    def find(
        self, fits: Callable[[str], bool], wanted: str, within: float, *, start: int = 0
    ) -> list[str]:
        """Wait for a line that fits; return the lines from ``start`` up to it, and take nothing.

        Raises:
            ConnectionEnded: the connection ended first.
            Mismatch: it did not come within that time.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + within
        looked_at = start
        with self.changed:
            while True:
                while looked_at < len(self.lines):
                    looked_at += 1
                    if fits(self.lines[looked_at - 1]):
                        return self.lines[start:looked_at]
                if self.end is not None:
                    raise ConnectionEnded(
                        f"{self._label} waited for {wanted}, but the connection {self.end}; "
                        f"it got {listed(self.lines[start:])}"
                    )
                if not self.changed.wait(deadline - time.monotonic()):
                    raise Mismatch(
                        f"{self._label} waited {within:g} s for {wanted} "
                        f"and got {listed(self.lines[start:])}{self._state()}"
                    )

    def wait_end(self, did: str, within: float) -> End:
        """Wait until the connection has ended.

        Args:
            did: what the client did before, for the message: ``"sent a close frame"``.

        Raises:
            Mismatch: the connection is still open after that time.
        """
        __tracebackhide__ = True
        with self.changed:
            self.changed.wait_for(lambda: self.end is not None, within)
            if self.end is None:
                raise Mismatch(
                    f"{self._label} {did} and waited {within:g} s for the end of the connection, "
                    f"which is still open{self._state()}; meanwhile it got {listed(self.unread())}"
                )
            return self.end

"""When the messages of the live load generator in Python are due.

Pure: it is told what time it is. An open loop: a message is due by the clock, whatever the server
does. live.c has the same.
"""

from __future__ import annotations

import sys


__all__ = ["NEVER", "LiveSchedule"]

NEVER = sys.maxsize
_NS = 1_000_000_000
_MAX_RATE_HZ = 1e6
_BEHIND_NS = _NS  # messages that are due for longer are left out


class LiveSchedule:
    """A rate that can change, and bursts beside it."""

    def __init__(self, now_ns: int, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._paused = False
        self._began_ns = now_ns
        self._step = 0  # messages since then
        self._last_ns: int | None = None  # when the last message was due
        self._burst_left = self._burst_ns = 0

    def set_rate(self, rate_hz: float, now_ns: int) -> None:
        """Change the rate: the next message is due one new step after the last one, or now."""
        self._rate_hz = min(rate_hz, _MAX_RATE_HZ) if rate_hz > 0 else 0.0
        self._began_ns, self._step = now_ns, 0
        if self._last_ns is not None and self._rate_hz > 0:
            self._began_ns = max(now_ns, self._last_ns + int(_NS / self._rate_hz))

    def pause(self) -> None:
        """Let no message be due."""
        self._paused = True

    def go_on(self, now_ns: int) -> None:
        """Begin anew: what was due meanwhile is not said, and a message is due now."""
        self._paused = False
        self._last_ns = None
        self.set_rate(self._rate_hz, now_ns)

    def burst(self, messages: int, now_ns: int) -> None:
        """Let so many messages be due now."""
        self._burst_left, self._burst_ns = messages, now_ns

    def nobody_can_speak(self, now_ns: int) -> None:
        """Let what is due fall away: no speaker is in the room and reads."""
        self._burst_left = 0
        self._last_ns = None
        self.set_rate(self._rate_hz, now_ns)

    def next_ns(self) -> int:
        """Return when the next message is due; NEVER if none is."""
        if self._paused:
            return NEVER
        if self._burst_left:
            return self._burst_ns
        if self._rate_hz <= 0:
            return NEVER
        return self._began_ns + int(self._step * _NS / self._rate_hz)

    def take(self, now_ns: int) -> tuple[int, int]:
        """Take the message that is due: return its time, and how many before it are left out.

        Messages are left out if this program was stopped, or is too slow for the rate.
        """
        due_ns, left_out = self.next_ns(), 0
        if self._burst_left:
            self._burst_left -= 1
            return due_ns, 0
        if now_ns - due_ns > _BEHIND_NS:
            left_out = int((now_ns - due_ns) * self._rate_hz / _NS)
            self._step += left_out
            due_ns = self.next_ns()
        self._step += 1
        self._last_ns = due_ns
        return due_ns, left_out

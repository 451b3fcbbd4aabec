"""An event loop that is frozen, and runs only during a call.

pytest-benchmark measures plain functions, but a hub runs in an event loop. Starting a loop for each
round would cost more than a small fan-out, and a loop in another thread would add two thread
switches. So the loop runs in a greenlet. A call switches into the greenlet, in the middle of a step
of one task, and that task switches back when it has done its work. The loop does not end in
between, and cannot notice that it was frozen. A measured call adds one switch there and one back.

While the loop is frozen, none of its tasks runs and none of its timers is checked. It must be ended
with `Frozen.close`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]


__all__ = ["Frozen", "Job"]

Job = Callable[[], Awaitable[None]]
Life = Callable[[Job], Awaitable[None]]


class Frozen:
    """A loop with one task that runs the jobs it is given.

    Args:
        run: runs an async function in a new loop until it returns, for example `trio.run`.
        life: the async function. It gets a function to await when it is ready for jobs; that one
            returns when the loop has to end.
    """

    def __init__(self, run: Callable[[Job], None], life: Life) -> None:
        self._outside = getcurrent()
        self._inside = greenlet(run)
        self._inside.switch(lambda: life(self._serve))  # up to the first line of `_serve`

    def call(self, job: Job) -> None:
        """Let the loop run until ``job`` is done.

        An exception of ``job`` ends the loop and is raised here. Call it only from the thread and
        the greenlet that made this object.
        """
        self._inside.switch(job)

    def close(self) -> None:
        """End the loop. Idempotent; allowed after a job that raised."""
        if not self._inside.dead:
            self._inside.switch(None)

    async def _serve(self) -> None:
        while (job := self._outside.switch()) is not None:
            await job()

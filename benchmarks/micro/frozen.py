"""An event loop that stands still, and runs on only while it is called.

pytest-benchmark measures a function that does not wait; a hub runs in a loop. To
start a loop for each round would add more than a small fan-out costs, and another
thread with the loop in it would add two thread switches. So the loop runs in a
greenlet: a call switches into it, in the middle of the step of one task, and that
task switches back when it has done its work. The loop never ends in between, and
does not notice. One switch there and one back are all that a measured call adds.

While it stands still no task of it runs, no clock of it is looked at. It must not
be left for good without `Frozen.close`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]


__all__ = ["Frozen", "Job"]

Job = Callable[[], Awaitable[None]]
Life = Callable[[Job], Awaitable[None]]


class Frozen:
    """A loop with one task that does what it is called for.

    Args:
        run: runs an async function to its end in a loop of its own: `trio.run`, for one.
        life: that function, given what it has to await once it is ready for jobs; that
            returns when the loop is to end.
    """

    def __init__(self, run: Callable[[Job], None], life: Life) -> None:
        self._outside = getcurrent()
        self._inside = greenlet(run)
        self._inside.switch(lambda: life(self._serve))  # up to the first line of `_serve`

    def call(self, job: Job) -> None:
        """Have the loop run until ``job`` is done. What that raises ends the loop and comes here.

        For the thread and the greenlet that made it.
        """
        self._inside.switch(job)

    def close(self) -> None:
        """Have the loop come to its end. Idempotent; also after a job that raised."""
        if not self._inside.dead:
            self._inside.switch(None)

    async def _serve(self) -> None:
        while (job := self._outside.switch()) is not None:
            await job()

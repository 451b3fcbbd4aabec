"""Lesson 09: who needs a lock?

One thread runs all tasks, and switches to another task only at an `await`. This hub
awaits inside its loop, so its clients disagree on which line came first.

An outbox has

    put_nowait(line)    queues a line, or raises queue.Full; never waits
    await send(line)    returns when the client has taken the line, which may be never

Judge it with `hubbub check 09`; `hubbub check 09 --hint` helps.
"""

from __future__ import annotations

import asyncio  # noqa: F401  you may want asyncio
import queue  # noqa: F401  you may want queue.Full


class Hub:
    """A chat room that any task may enter."""

    def __init__(self) -> None:
        self._outboxes = {}  # name -> outbox

    async def join(self, name, outbox):
        """Let a newcomer in: its welcome comes first, and all others are told."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    async def say(self, name, text):
        """Tell everyone, the speaker too."""
        # TODO: while this waits for one client, another talker can begin its own loop.
        for outbox in list(self._outboxes.values()):
            await outbox.send(f"{name}: {text}")

    async def leave(self, name):
        """Let a member go, and tell the others. Ignore a name that is not in the room."""
        if self._outboxes.pop(name, None) is not None:
            for other in self._outboxes.values():
                other.put_nowait(f"* {name} left")

"""Lesson 09: who needs a lock?

One thread runs all tasks, and changes from one to another only at an `await`. This hub
awaits inside its loop, and its clients disagree on who spoke first.

An outbox has

    put_nowait(line)    queues a line, or raises queue.Full; never waits
    await send(line)    comes back when the client has taken the line, if it ever does

Judge it with `hubbub check 09`; `hubbub check 09 --hint` helps.
"""

from __future__ import annotations

import asyncio  # noqa: F401  you may want it
import queue  # noqa: F401  you may want queue.Full


class Hub:
    """A chat room that any task may enter."""

    def __init__(self) -> None:
        self._outboxes = {}  # by name

    async def join(self, name, outbox):
        """Let a newcomer in: it is welcomed first, and all others are told."""
        for other in self._outboxes.values():
            other.put_nowait(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    async def say(self, name, text):
        """Tell everyone, the speaker too."""
        # TODO: while this waits for one client, another talker begins a loop of its own.
        for outbox in list(self._outboxes.values()):
            await outbox.send(f"{name}: {text}")

    async def leave(self, name):
        """Let a member go, and tell the others. Whoever is not in cannot leave."""
        if self._outboxes.pop(name, None) is not None:
            for other in self._outboxes.values():
                other.put_nowait(f"* {name} left")

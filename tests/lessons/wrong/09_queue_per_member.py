"""Passes: each member has a bounded queue and a pump of its own"""

from __future__ import annotations

import asyncio


PLACES = 16


class Hub:
    def __init__(self):
        self._room = {}  # name -> queue, pump

    async def join(self, name, outbox):
        self._tell(f"* {name} joined")
        queue = asyncio.Queue(PLACES)
        self._room[name] = queue, asyncio.create_task(self._pump(queue, outbox))
        queue.put_nowait(f"* you are {name}")

    async def say(self, name, text):
        self._tell(f"{name}: {text}")

    async def leave(self, name):
        if name in self._room:
            self._room.pop(name)[1].cancel()
            self._tell(f"* {name} left")

    async def _pump(self, queue, outbox):
        while True:
            await outbox.send(await queue.get())

    def _tell(self, line):
        full = []
        for name, (queue, _) in self._room.items():
            try:
                queue.put_nowait(line)
            except asyncio.QueueFull:
                full.append(name)
        for name in full:
            self._room.pop(name)[1].cancel()
        for name in full:
            self._tell(f"* {name} was too slow")

"""Passes: a loop of asyncio in a thread of its own owns the room."""

import asyncio
import queue
import threading


class Hub:
    def __init__(self):
        self._outboxes = {}
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def _do(self, f, *a):
        async def go():
            f(*a)

        asyncio.run_coroutine_threadsafe(go(), self._loop).result()

    def join(self, name, outbox):
        self._do(self._join, name, outbox)

    def say(self, name, text):
        self._do(self._say, name, text)

    def leave(self, name):
        self._do(self._leave, name)

    def _join(self, name, outbox):
        self._tell(f"* {name} joined")
        self._outboxes[name] = outbox
        outbox.put_nowait(f"* you are {name}")

    def _say(self, name, text):
        if name in self._outboxes:
            self._tell(f"{name}: {text}")

    def _leave(self, name):
        if self._outboxes.pop(name, None) is not None:
            self._tell(f"* {name} left")

    def _tell(self, line):
        full = []
        for name, outbox in self._outboxes.items():
            try:
                outbox.put_nowait(line)
            except queue.Full:
                full.append(name)
        for name in full:
            self._outboxes.pop(name, None)
        for name in full:
            self._tell(f"* {name} was too slow")

"""Four hubs: with and without an await in the loop, with and without a lock around it."""

from __future__ import annotations

import asyncio


class NoAwaitNoLock:
    """1: the loop over the clients is one step."""

    def __init__(self, listeners):
        self.listeners = listeners

    async def say(self, text):
        for heard in self.listeners:
            heard.append(text)


class NoAwaitAndALock(NoAwaitNoLock):
    """2: the same, inside a lock."""

    def __init__(self, listeners):
        super().__init__(listeners)
        self.lock = asyncio.Lock()

    async def say(self, text):
        async with self.lock:
            for heard in self.listeners:
                heard.append(text)


class AwaitAndNoLock(NoAwaitNoLock):
    """3: it awaits each client's send."""

    async def say(self, text):
        for heard in self.listeners:
            await asyncio.sleep(0)  # a send that does not even have to wait
            heard.append(text)


class AwaitAndALock(NoAwaitAndALock):
    """4: it awaits each client's send, and no other task may speak meanwhile."""

    async def say(self, text):
        async with self.lock:
            for heard in self.listeners:
                await asyncio.sleep(0)
                heard.append(text)


HUBS = (NoAwaitNoLock, NoAwaitAndALock, AwaitAndNoLock, AwaitAndALock)


async def two_talk(hub_class):
    """Let two tasks say three lines each; return what each of two listeners heard."""
    listeners = [], []
    hub = hub_class(listeners)

    async def talk(name):
        for number in range(3):
            await hub.say(f"{name}-{number}")

    await asyncio.gather(talk("anna"), talk("ben"))
    return [tuple(heard) for heard in listeners]

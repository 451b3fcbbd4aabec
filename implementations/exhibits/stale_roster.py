"""Answer who is online from a list that is up to one second old.

Asking for every member's name at each question seems expensive, so the server keeps its answer and
makes a new one once per second at most. Until then the answer names clients that have left, and
misses clients that have joined.

Imitates: a cache with a time to live, in front of shared state.

Looks right: one second seems short enough. But two clients that compare their answers see a
contradiction.

Breaks: commands.who

May break: membership.no-ghost, names.freed, membership.churn, membership.welcome, names.rename,
membership.one-step, limits.freed, names.race

Shown by: a client that asks, and asks again after another client has joined.

Instead: implementations/core/room.py makes the answer at the moment of the question.
"""

from __future__ import annotations

import time
from typing import Any

from implementations.core.commands import Command, Who
from implementations.core.room import ClientId, Delivery, Room, ToOne


BASE = "asyncio-mutex"
KEPT_S = 1.0


class Cached(Room):
    """A room that keeps its answer for a second."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._answer = ""
        self._made_at = -KEPT_S

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks; answer ``/who`` from the cache."""
        deliveries = super().submit(client_id, command)
        if deliveries and isinstance(command, Who):
            if time.monotonic() >= self._made_at + KEPT_S:
                self._answer, self._made_at = self._roster(), time.monotonic()
            return [ToOne(client_id, (self._answer,))]
        return deliveries


REPLACES = {"implementations.core.counted_room.Room": Cached}

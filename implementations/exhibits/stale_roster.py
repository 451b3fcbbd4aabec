"""Answer who is online from a list that is brought up to date now and then.

To ask everybody's name for each question would be dear, so the answer is kept and made anew once
a second. Until then it names who has gone, and not who has come.

Imitates: a cache in front of shared state, with a time to live.

Looks right: a second is nothing. To two clients who compare what they see it is a contradiction.

Breaks: commands.who

May break: membership.no-ghost, names.freed, membership.churn, membership.welcome, names.rename,
membership.one-step, limits.freed, names.race

Shown by: someone who asks, joins, and asks again.

Instead: implementations/core/room.py makes the answer when it is asked for.
"""

from __future__ import annotations

import time
from typing import Any

from implementations.core.commands import Command, Who
from implementations.core.room import ClientId, Delivery, Room, ToOne


BASE = "asyncio-mutex"
KEPT_S = 1.0


class Cached(Room):
    """A room that remembers its answer."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._answer = ""
        self._made_at = -KEPT_S

    def submit(self, client_id: ClientId, command: Command) -> list[Delivery]:
        """Do what a member asks."""
        deliveries = super().submit(client_id, command)
        if deliveries and isinstance(command, Who):
            if time.monotonic() >= self._made_at + KEPT_S:
                self._answer, self._made_at = self._roster(), time.monotonic()
            return [ToOne(client_id, (self._answer,))]
        return deliveries


REPLACES = {"implementations.core.counted_room.Room": Cached}

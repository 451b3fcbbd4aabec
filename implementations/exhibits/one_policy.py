"""Have one policy for all who are slow.

Whatever was asked for, a client whose outbox is full is cut off. The setting is read, shown and
forgotten.

Imitates: a setting that came later than the code that it should change.

Looks right: it is what the default says, and nearly nobody sets anything else.

Breaks: slow.drop-oldest, slow.drop-newest, slow.block

Shown by: any other policy, and a client that stops reading.

Instead: implementations/core/backlog.py, where a full outbox means what the setting says.
"""

from __future__ import annotations

from dataclasses import replace

from implementations.core.backlog import SlowConsumer
from implementations.core.message import Door
from implementations.core.settings import Settings
from implementations.on_asyncio.outbox import Outbox
from implementations.on_asyncio.pace import Pace


BASE = "asyncio-mutex"


class Relentless(Outbox):
    """An outbox that knows one policy."""

    def __init__(self, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, replace(settings, slow_consumer=SlowConsumer.DISCONNECT), pace)


REPLACES = {"implementations.on_asyncio.hub_mutex.Outbox": Relentless}

"""Apply one policy to every slow client.

Whatever policy the user asked for, the server cuts off a client whose outbox is full. It reads the
setting, shows it and never uses it.

Imitates: a setting that was added later than the code that it should change.

Looks right: it is the default policy, and hardly anybody sets another.

Breaks: slow.drop-oldest, slow.drop-newest, slow.block

Shown by: any other policy, and a client that stops reading.

Instead: implementations/core/backlog.py does with a full outbox what the setting says.
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
    """An outbox that knows only one policy."""

    def __init__(self, door: Door, settings: Settings, pace: Pace) -> None:
        super().__init__(door, replace(settings, slow_consumer=SlowConsumer.DISCONNECT), pace)


REPLACES = {"implementations.on_asyncio.hub_mutex.Outbox": Relentless}

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

from implementations.core.backlog import Backlog, SlowConsumer


BASE = "asyncio-mutex"


class Relentless(Backlog):
    """A backlog that knows one policy."""

    __slots__ = ()

    def __init__(self, capacity: int, policy: SlowConsumer) -> None:
        super().__init__(capacity, SlowConsumer.DISCONNECT)


REPLACES = {"implementations.on_asyncio.outbox.Backlog": Relentless}

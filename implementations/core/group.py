"""A group: several messages that go out in one write.

A group commit pushes groups, and the outboxes of the direct hub take them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from implementations.core.message import Message


__all__ = ["Group", "Item"]


class Item(NamedTuple):
    """A message of a group. A full outbox must take it all the same if it is ``exempt``."""

    message: Message
    exempt: bool = False


class Group:
    """Messages that go out in one write.

    Attributes:
        items: the messages one by one, for an outbox that has to queue them.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = items

    @cached_property
    def joined(self) -> Message:
        """The bytes of all messages in a row, for each door.

        They are joined when first asked for: an outbox that queues the items never asks.
        """
        if len(self.items) == 1:
            return self.items[0].message
        return Message(
            tcp=b"".join([item.message.tcp for item in self.items]),
            ws=b"".join([item.message.ws for item in self.items]),
        )

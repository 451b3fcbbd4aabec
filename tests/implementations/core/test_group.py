"""A group: messages that go out in one write."""

from __future__ import annotations

import pytest

from implementations.core.group import Group, Item
from implementations.core.message import TCP, WS, encode


@pytest.mark.parametrize("door", [TCP, WS])
def test_group_joins_its_messages_at_each_door(door: int) -> None:
    """A group's bytes are the bytes of its messages in a row, for one message or more."""
    one, two = encode("one"), encode("two")

    assert Group([Item(one)]).joined[door] == one[door]
    assert Group([Item(one), Item(two)]).joined[door] == one[door] + two[door]


def test_joined_bytes_are_made_once() -> None:
    """A group joins its bytes only once, for all members that get it."""
    group = Group([Item(encode("one")), Item(encode("two"))])

    assert group.joined is group.joined

"""A group: messages that go out in one write."""

from __future__ import annotations

import pytest

from implementations.core.group import Group, Item
from implementations.core.message import TCP, WS, encode


@pytest.mark.parametrize("door", [TCP, WS])
def test_group_joins_its_messages_at_each_door(door: int) -> None:
    """A group's bytes are its messages' bytes in a row, whether it holds one or more."""
    one, two = encode("one"), encode("two")

    assert Group([Item(one)]).joined[door] == one[door]
    assert Group([Item(one), Item(two)]).joined[door] == one[door] + two[door]


def test_joined_bytes_are_made_once() -> None:
    """All members that are pushed the same group share the same bytes."""
    group = Group([Item(encode("one")), Item(encode("two"))])

    assert group.joined is group.joined

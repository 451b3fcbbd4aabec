"""Entries keep what they say when they become bytes, and other bytes are refused."""

from __future__ import annotations

import pytest

from implementations.core.causes import Cause
from implementations.core.commands import Complain, Help, Nothing, Quit, Rename, Say, Who
from implementations.core.entries import (
    Ask,
    BadEntry,
    Beat,
    End,
    Entry,
    Hello,
    Join,
    Leave,
    Life,
    decode,
    encode,
)


LIFE = Life("n1", 3, "5f0c")
COMMANDS = (Say("hé\u2028llo"), Who(), Rename("anna"), Quit(), Help(), Complain("no"), Nothing())


@pytest.mark.parametrize(
    "step",
    [
        Hello(1, "15.0.0", 10_000),
        Beat(812, "9f2e"),
        Join(4, "[::1]:51234"),
        *(Leave(4, cause) for cause in Cause),
        *(Ask(4, command) for command in COMMANDS),
        End(),
    ],
)
def test_every_step_comes_back_as_it_was(step: object) -> None:
    """Bytes that are decoded give the entry that was encoded."""
    entry = Entry(LIFE, 17, (step, Ask(1, Who())))  # type: ignore[arg-type]

    assert decode(encode(entry)) == entry


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        b"\xff",
        b"[]",
        b"{}",
        b'[["n1",3,"5f0c"],17]',
        b'[["n1",3],17,[]]',
        b'[["n1",3,"5f0c"],17,[["sing",4]]]',
        b'[["n1",3,"5f0c"],17,[["ask",4,"sing"]]]',
        b'[["n1",3,"5f0c"],17,[["ask",4,"say"]]]',
        b'[["n1",3,"5f0c"],17,[["leave",4,"BORED"]]]',
        b'[["n1",3,"5f0c"],17,[["join","4","x"]]]',
        b'[["n1",3,"5f0c"],17,[3]]',
        b'[["n1","3","5f0c"],17,[]]',
        b'[["n1",3,"5f0c"],"17",[]]',
        b"[[1,3,4],17,[]]",
    ],
)
def test_other_bytes_are_no_entry(data: bytes) -> None:
    """What another program wrote is refused, and the error shows how it begins."""
    with pytest.raises(BadEntry, match="no entry"):
        decode(data)

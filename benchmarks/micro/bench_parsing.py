"""From a line to a command: `parse`, with one line of each kind.

One group, with one row per kind. Expected: Talk costs the same at every length, because its first
characters decide. The other kinds differ in what they split off.
"""

from __future__ import annotations

import pytest

from benchmarks.micro.fixture import Benchmark
from implementations.core.commands import Command, Complain, Help, Rename, Say, Who, parse


LINES: dict[str, tuple[str, Command]] = {
    "talk": ("hello, all of you", Say("hello, all of you")),
    "talk-4096": ("x" * 4096, Say("x" * 4096)),
    "say": ("/say /who is a command", Say("/who is a command")),
    "who": ("/who", Who()),
    "rename": ("/rename anna", Rename("anna")),
    "rename-old": ("rename|anna", Rename("anna")),
    "help": ("/help", Help()),
    "unknown": ("/dance now", Complain("unknown command: /dance (try /help)")),
}


@pytest.mark.parametrize("kind", LINES)
def bench_parse(benchmark: Benchmark, kind: str) -> None:
    """Parse one line."""
    benchmark.group = "parse one line"
    line, expected = LINES[kind]

    assert benchmark(parse, line) == expected

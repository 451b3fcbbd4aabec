"""Lines of JSON on a pipe: whole, timed, and never waited for."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator

import pytest

from benchmarks.generator.live_output import Output


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def test_message_is_a_line(pipe: tuple[int, int]) -> None:
    """A message is one line of JSON, with the time that it was given."""
    output = Output(pipe[1])

    output.put({"is": "gone", "client": 3}, 1_500_000_000)

    assert output.flush()
    line = os.read(pipe[0], 100)
    assert json.loads(line) == {"is": "gone", "client": 3, "t": 1.5}
    assert line.endswith(b"\n")


def test_full_pipe_is_not_waited_for(pipe: tuple[int, int]) -> None:
    """What the pipe does not take stays, is much at some point, and comes whole."""
    output = Output(pipe[1])
    for number in range(100):
        output.put({"is": "heard", "line": "x" * 10_000, "number": number})

    assert output.flush()
    assert output.much
    received = b""
    while received.count(b"\n") < 100:
        received += os.read(pipe[0], 1 << 16)
        assert output.flush()
    assert not output.much
    assert [json.loads(line)["number"] for line in received.splitlines()] == list(range(100))


def test_missing_reader_is_noticed() -> None:
    """If nothing reads the pipe any more, that is said."""
    reading, writing = os.pipe()
    output = Output(writing)
    os.close(reading)
    output.put({"is": "column"})

    assert not output.flush()
    os.close(writing)


def test_long_lines_do_not_wait_for_the_next_column(pipe: tuple[int, int]) -> None:
    """Many lines of pinned clients are written between two flushes, so none is left out."""
    output = Output(pipe[1])
    os.set_blocking(pipe[0], False)
    received = b""

    for _ in range(1000):  # 2 MB: much more than the buffer may hold
        output.put({"is": "heard", "line": "x" * 2000})
        assert not output.much
        with contextlib.suppress(BlockingIOError):
            received += os.read(pipe[0], 1 << 16)

    assert output.flush()
    received += os.read(pipe[0], 1 << 16)
    assert received.count(b"\n") == 1000

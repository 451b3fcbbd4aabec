"""Logging: in order, to standard error, and without ever blocking a server."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from implementations.logs import LOG_CAPACITY, start_logging
from tests.implementations.running import ENDS_WITHIN, ROOT, run_python


class Stream:
    """A standard error that can refuse a write, or block the thread that writes."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tried = 0  # lines whose write has begun
        self._takes = True
        self._broken = False
        self._change = threading.Condition()  # guards all of the above
        self._line = ""

    def write(self, text: str) -> int:
        with self._change:
            if text == "\n":
                self.lines.append(self._line)
            else:
                self.tried += 1
                self._line = text
            self._change.notify_all()
            if self._broken:
                raise BrokenPipeError
            assert self._change.wait_for(lambda: self._takes, ENDS_WITHIN)
        return len(text)

    def flush(self) -> None:
        """Do nothing: ``write`` keeps no buffer."""

    def turn(self, *, takes: bool = True, broken: bool = False) -> None:
        """Begin to take lines, to block the thread that writes, or to fail."""
        with self._change:
            self._takes, self._broken = takes, broken
            self._change.notify_all()

    def wait_until(self, happened: Callable[[], bool]) -> None:
        """Wait until a call of ``write`` has made this true."""
        with self._change:
            assert self._change.wait_for(happened, ENDS_WITHIN)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    """The servers' logger; afterwards it is as it was."""
    logger = logging.getLogger("hubbub")
    handlers, level, propagate = list(logger.handlers), logger.level, logger.propagate
    yield logger
    for handler in [handler for handler in logger.handlers if handler not in handlers]:
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(level)
    logger.propagate = propagate


def start(monkeypatch: pytest.MonkeyPatch, level: str) -> Stream:
    """Start logging, with a `Stream` in the place of standard error.

    Call this in the body of a test, not in a fixture: pytest replaces standard error between
    the two.
    """
    stream = Stream()
    monkeypatch.setattr(sys, "stderr", stream)
    start_logging(level)
    return stream


def wait_until_written(log: logging.Logger, stream: Stream) -> None:
    """Wait until all that was logged so far is written, by logging one line more."""
    log.critical("fence")
    stream.wait_until(lambda: stream.lines[-1:] != [] and stream.lines[-1].endswith(" fence"))
    del stream.lines[-1]


def test_records_reach_standard_error_in_order(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record is a line with its time, its level and its text, in the order logged."""
    stream = start(monkeypatch, "INFO")

    log.info("%s joined", "zoe")
    log.warning("careful")
    wait_until_written(log, stream)

    texts = [line.split(" ", 2)[2] for line in stream.lines]
    assert texts == ["INFO zoe joined", "WARNING careful"]


def test_level_is_a_threshold(log: logging.Logger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records below the level are not logged."""
    stream = start(monkeypatch, "WARNING")

    log.info("unheard")
    log.error("heard")
    wait_until_written(log, stream)

    [line] = stream.lines
    assert line.endswith(" ERROR heard")


def test_nothing_reaches_the_root_logger(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A program that embeds a server does not log the server's records a second time."""
    stream = start(monkeypatch, "INFO")

    log.info("once")
    wait_until_written(log, stream)

    assert len(stream.lines) == 1
    assert caplog.records == []


def test_slow_standard_error_costs_lines_not_time(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record never waits for the reader; the log counts the records that it had to drop."""
    stream = start(monkeypatch, "INFO")
    stream.turn(takes=False)
    log.info("the line at which it stops")
    stream.wait_until(lambda: stream.tried == 1)

    for number in range(LOG_CAPACITY + 7):
        log.info("line %d", number)
    stream.turn(takes=True)
    stream.wait_until(lambda: len(stream.lines) > LOG_CAPACITY)  # or the fence were dropped too
    wait_until_written(log, stream)

    first, second, *rest = stream.lines
    assert first.endswith("the line at which it stops")
    assert second.endswith("line 0 (7 earlier lines were dropped)")
    assert len(rest) == LOG_CAPACITY - 1


def test_broken_standard_error_is_survived(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that cannot be written is lost; the next line is written again."""
    stream = start(monkeypatch, "INFO")

    stream.turn(broken=True)
    log.info("lost")
    stream.wait_until(lambda: stream.tried == 1)
    stream.turn(broken=False)
    log.info("written")
    wait_until_written(log, stream)

    [line] = stream.lines
    assert line.endswith("written")


def test_full_pipe_blocks_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process whose standard error is a pipe that nobody reads goes on, and exits with 0."""
    program = (
        "import logging\n"
        "from implementations.logs import start_logging\n"
        "start_logging('INFO')\n"
        "for number in range(10_000):\n"
        "    logging.getLogger('hubbub').info('line %d %s', number, 'x' * 100)\n"
        "print('still here', flush=True)\n"
    )
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # without a buffer no lock would be held
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )

    try:
        code = process.wait(ENDS_WITHIN)
    finally:
        process.kill()
        output, _ = process.communicate()

    assert (code, output) == (0, b"still here\n")


def test_exit_starts_no_thread() -> None:
    """An exit writes the lines that still wait, where the interpreter starts no thread any more.

    Python 3.12 and newer may refuse a new thread from the moment the interpreter begins to exit.
    Here every Python refuses from then on.
    """
    program = (
        "import atexit, logging, threading\n"
        "from implementations import logs\n"
        "def refuse(thread):\n"
        '    raise RuntimeError("can\'t create new thread at interpreter shutdown")\n'
        "logs.FLUSH_S = 60  # so that a busy machine loses no line\n"
        "logs.start_logging('INFO')\n"
        "atexit.register(setattr, threading.Thread, 'start', refuse)  # runs before logging's own\n"
        "for number in range(100):\n"
        "    logging.getLogger('hubbub').info('line %d', number)\n"
    )

    ended = run_python("-c", program)

    lines = [line.partition(" INFO ")[2] for line in ended.stderr.splitlines()]
    assert lines == [f"line {number}" for number in range(100)], ended.stderr
    assert ended.returncode == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux what a thread blocks")
def test_signals_are_left_to_the_others(
    log: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writing thread blocks every signal; its starter blocks the same ones as before."""
    others = set(threading.enumerate())

    ours = signal.pthread_sigmask(signal.SIG_SETMASK, [signal.SIGUSR1])
    start(monkeypatch, "INFO")
    after = signal.pthread_sigmask(signal.SIG_SETMASK, ours)

    [writer] = set(threading.enumerate()) - others
    status = Path(f"/proc/self/task/{writer.native_id}/status").read_text()
    blocked = int(status.partition("SigBlk:")[2].split()[0], 16)
    blockable = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
    assert [number for number in blockable if not blocked >> (number - 1) & 1] == []
    assert after == {signal.SIGUSR1}

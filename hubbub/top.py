"""``hubbub top``: show what a running server reports at ``/healthz``, sample by sample.

The first half is pure: it turns two samples into figures, and figures into text. The second half
asks the server, waits, and shows. Every text from a server passes through `printable` first.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http.client import HTTPException
from importlib.util import find_spec
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from hubbub.chat import printable
from hubbub.conversation import Address, Lost
from implementations.core.settings import Endpoint


__all__ = ["add_arguments", "run"]

TIMEOUT_S = 2.0  # for the connection, and for each part of the answer
ANSWER_LIMIT_BYTES = 64 * 1024  # our servers answer with less than 200
HISTORY = 60  # samples
BLOCKS = "▁▂▃▄▅▆▇█"

EPILOG = """\
examples:
  hubbub top                          the server on this machine, until Ctrl-C
  hubbub top 127.0.0.1:9000 --once    one sample of another server
  hubbub top | head -5                five samples, one per line

In a pipe it prints one line per sample, and "gone" when the server is gone.

exit code: 0 after --once, 1 if no server answers or the answer is no report, 2
after misuse, 130 if it was interrupted
"""


class NoReport(Exception):
    """A server answers, but not with a report of a room. Without any answer it is `Lost`."""


class Sample(NamedTuple):
    """One report of a server, and when it came on our monotonic clock. Only ``clients`` falls."""

    id: str
    policy: str
    clients: int
    messages: int
    deliveries: int
    evictions: int
    at_s: float

    def __str__(self) -> str:
        return " ".join(f"{name}={value}" for name, value in zip(REPORTED, self, strict=False))


REPORTED = Sample._fields[:-1]


class Figures(NamedTuple):
    """The last sample, and the rates since the sample before; None if there is none before."""

    sample: Sample
    messages_hz: float | None = None
    deliveries_hz: float | None = None
    gone: bool = False


def parse_report(body: bytes, at_s: float) -> Sample:
    """Read the answer to ``GET /healthz``. Raises NoReport."""
    try:
        said = json.loads(body)
        words, counts = [said[name] for name in REPORTED[:2]], [said[name] for name in REPORTED[2:]]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise NoReport from None
    if [*map(type, words + counts)] != [str] * 2 + [int] * 4:
        raise NoReport
    if not 0 <= min(counts) <= max(counts) < 2**63:
        raise NoReport
    return Sample._make([*map(printable, words), *counts, at_s])


def compare(before: Sample, now: Sample) -> Figures:
    """Return the figures of two samples; without rates if the server was started again."""
    elapsed_s = now.at_s - before.at_s
    messages, deliveries = now.messages - before.messages, now.deliveries - before.deliveries
    restarted = min(messages, deliveries, now.evictions - before.evictions) < 0
    if restarted or now.id != before.id or elapsed_s <= 0:
        return Figures(now)
    return Figures(now, messages / elapsed_s, deliveries / elapsed_s)


def short(number: float) -> str:
    """Return a number that is not negative in at most five characters: 0.5, 999, 12.5M."""
    number = round(number, 1)
    for suffix in ("", "k", "M", "G", "T", "P"):
        if number < 999.5:
            return f"{number:.3g}{suffix}"
        number /= 1000
    return f"{number:.3g}E"


def sparkline(values: Sequence[float | None]) -> str:
    """Return one block per value, a full one for the highest; an unknown value is a gap."""
    top = max(filter(None, values), default=1.0)
    return "".join(" " if each is None else BLOCKS[math.ceil(each / top * 7)] for each in values)


def plain_line(figures: Figures) -> str:
    """Return the figures as one line for a pipe, in full; an unknown rate is ``-``."""
    messages, deliveries = ("-" if hz is None else f"{hz:.1f}" for hz in figures[1:3])
    return f"{figures.sample} messages/s={messages} deliveries/s={deliveries}"


def frame(
    figures: Figures, where: str, history: Sequence[float | None], interval_s: float
) -> list[tuple[str, str]]:
    """Return the figures as a frame for a terminal: pieces of text with their styles.

    ``history`` has the deliveries per second of each sample, one sample every ``interval_s``.
    """
    sample, messages_hz, deliveries_hz, gone = figures
    text = f" at {where}\npolicy {sample.policy}\n"
    rates_hz = (None, messages_hz, deliveries_hz, None)
    for name, count, hz in zip(REPORTED[2:], sample[2:6], rates_hz, strict=True):
        rate = "" if hz is None else f"{short(hz)}/s"
        text += f"\n{name:11}{short(count):>6}{rate:>9}".rstrip()
    peak = short(max(filter(None, history), default=0))
    return [
        (sample.id, "bold"),
        (text, "dim" if gone else ""),
        (f"\n\n{sparkline(history)}", "cyan"),
        (f"\ndeliveries/s every {interval_s:g} s, peak {peak}", "dim"),
        ("\n\nserver gone, trying again" if gone else "", "bold red"),
    ]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    where = "a WebSocket door: HOST:PORT (default %(default)s)"
    every = "seconds between two samples (default %(default)s)"
    default = "127.0.0.1:8080"
    parser.epilog = EPILOG
    parser.add_argument(
        "address", nargs="?", type=_endpoint, default=default, metavar="ADDRESS", help=where
    )
    parser.add_argument("--interval", type=_interval_s, default=1.0, metavar="S", help=every)
    parser.add_argument("--once", action="store_true", help="print one sample and exit")


def run(arguments: argparse.Namespace) -> int:
    """Show the reports of a server until interrupted; return the exit code."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # stdout is a file here
    where, interval_s = arguments.address, arguments.interval
    try:
        first = _ask(where)
        if arguments.once:
            print(first)
        elif sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and find_spec("rich"):
            _draw(_watch(where, interval_s, first), str(where), interval_s)
        else:
            _print(_watch(where, interval_s, first))
    except Lost as lost:
        why = f"no server at {where}: {lost}; to start one: hubbub serve asyncio-broadcaster"
        why += f" --ws {where}"
    except NoReport:
        why = f"{where} gives no report at /healthz; give the WebSocket door of a server"
    else:
        return 0
    print(f"hubbub top: {why}", file=sys.stderr)
    return 1


def _endpoint(text: str) -> Endpoint:
    with suppress(argparse.ArgumentTypeError):
        return Address.parse(text.replace("http://", "ws://", 1)).endpoint
    raise argparse.ArgumentTypeError(f"expected H:P, http://H:P or ws://H:P, got {text!r}")


def _interval_s(text: str) -> float:
    with suppress(ValueError):
        if 0 < (value := float(text)) <= 86_400:
            return value
    raise argparse.ArgumentTypeError(f"expected seconds over 0, at most a day, got {text!r}")


def _ask(where: Endpoint) -> Sample:
    opener = build_opener(ProxyHandler({}))  # straight to the server, as `hubbub chat`
    try:
        with opener.open(f"http://{where}/healthz", timeout=TIMEOUT_S) as answer:
            body = answer.read(ANSWER_LIMIT_BYTES)
            if answer.length and len(body) < ANSWER_LIMIT_BYTES:
                raise Lost("the answer is incomplete")
    except HTTPError as error:
        error.close()
        # 5xx: the room is full, or the server is stopping
        raise Lost(f"HTTP {error.code}") if error.code >= 500 else NoReport from None
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "reason", error)
        raise Lost(getattr(reason, "strerror", None) or reason) from None
    except HTTPException:
        raise NoReport from None
    return parse_report(body, time.monotonic())


def _watch(where: Endpoint, interval_s: float, first: Sample) -> Iterator[Figures]:
    """Yield figures every ``interval_s``; without an answer the last ones, marked as gone."""
    figures = Figures(first)
    while True:
        yield figures
        time.sleep(interval_s)
        try:
            now = _ask(where)
            figures = Figures(now) if figures.gone else compare(figures.sample, now)
        except Lost:
            figures = Figures(figures.sample, gone=True)


def _print(watched: Iterator[Figures]) -> None:
    was_gone = False
    for figures in watched:
        if not (figures.gone and was_gone):
            print("gone" if figures.gone else plain_line(figures), flush=True)
        was_gone = figures.gone


def _draw(watched: Iterator[Figures], where: str, interval_s: float) -> None:
    """Redraw on the terminal's alternate screen; leave the last frame on the normal one."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    # Without this, SIGTERM would leave the terminal on the alternate screen, without a cursor.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console()
    history: deque[float | None] = deque(maxlen=HISTORY)
    drawn = Text()
    try:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            for figures in watched:
                history.append(figures.deliveries_hz)
                pieces = frame(figures, where, list(history)[-console.width :], interval_s)
                drawn = Text.assemble(*pieces, no_wrap=True, overflow="ellipsis")
                live.update(drawn, refresh=True)
    finally:
        console.print(drawn)

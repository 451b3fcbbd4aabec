"""The load generator in Python, for a machine on which generator.c cannot be built.

    python -m benchmarks.generator --ws HOST:PORT --clients N --speakers S --plan FILE …

Flags, phases and files are those of generator.c, whose header explains them. Per delivery this
program needs as much processor time as the fastest servers, or more, so a report names the
generator that was used.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.generator.ledger import Failed, Ledger
from benchmarks.generator.player import Player
from benchmarks.samples import COUNTED, LAST, WARM_UP, write_samples
from benchmarks.workload import parse_address


__all__ = ["main"]

_NS = 1_000_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one plan; return 0, or 1 with one line on standard error if the run failed."""
    options = _parser().parse_args(arguments)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.disable()  # a collection would look like a slow server; a run makes no reference cycles
    try:
        done = _run(Player(options, Ledger(options.payload_bytes)), options)
    except (Failed, OSError) as error:
        print(f"generator: {error}", file=sys.stderr)
        return 1
    print(f"done {done}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator", allow_abbrev=False)
    parser.add_argument("--ws", type=parse_address, required=True)
    for name in ("--plan", "--samples"):
        parser.add_argument(name, type=Path, required=True)
    for name, count in (
        ("--clients", 1),
        ("--speakers", 1),
        ("--payload-bytes", 64),
        ("--stalled", 0),
        ("--poll", 0),
    ):
        parser.add_argument(name, type=int, default=count)
    for name, value in (
        ("--stall-after", 0.0),
        ("--churn-hz", 0.0),
        ("--patience", 2.0),
        ("--drain", 10.0),
        ("--deadline", 120.0),
    ):
        parser.add_argument(name, type=float, default=value)
    return parser


def _run(player: Player, options: argparse.Namespace) -> str:
    """Play every phase; return what the last line says after ``done``.

    That is: seconds counted, seconds busy, share of the sockets that queued, bytes received, and
    ``behind`` or ``whole``.
    """
    ledger = player.ledger
    player.connect_all()
    at = ledger.message_count
    ledger.read_plan(options.plan, options.speakers)
    _end_phase("connected")
    player.start_clock()
    ledger.recording = True
    at = player.play(at, WARM_UP)
    _end_phase("warm")
    began_s = time.monotonic()
    player.reset_counts()
    player.play(at, COUNTED)
    counted_s = time.monotonic() - began_s
    busy_s = counted_s - player.waited_ns / _NS
    received_bytes = ledger.received_bytes
    queued_share = player.queued / max(player.found, 1)
    _end_phase("counted")
    last = ledger.add_message(LAST, 0, -1)  # a delivery that comes twice or late comes before it
    if not player.behind:
        player.say(last, time.monotonic_ns())
        player.complete(last, int(options.patience * _NS))
    write_samples(ledger.samples(), options.samples)
    how = "behind" if player.behind else "whole"
    return f"{counted_s:.6f} {busy_s:.6f} {queued_share:.4f} {received_bytes} {how}"


def _end_phase(word: str) -> None:
    """Say that a phase has ended, and wait for the line that begins the next one."""
    print(word, flush=True)
    if not sys.stdin.readline():
        raise Failed("the program that started the generator has ended")


if __name__ == "__main__":
    sys.exit(main())

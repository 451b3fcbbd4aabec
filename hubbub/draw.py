"""``hubbub draw``: draw the part of a recording that breaks a rule, or else its beginning."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubbub.output import write


if TYPE_CHECKING:
    from conformance.checker import History, Violation
    from conformance.tape import Tape

__all__ = ["add_arguments", "run"]

EPILOG = """\
examples:
  hubbub record exhibit-await-in-fanout-asyncio | hubbub draw
  hubbub draw talk.jsonl --rule order.total --svg talk.svg
  hubbub draw talk.jsonl --trace talk.trace.json        open this in Perfetto

hubbub record makes recordings. Any other program can make them too: a
recording has one JSON object per line, as conformance/tape.py describes.
The drawing shows the smallest part of a recording that breaks a rule.

exit code: 0 if no rule is broken, 1 if one is broken, 2 if the file is no
recording, or if a file cannot be written
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` the one of ``hubbub draw``."""
    parser.description = "Judge a recording, and draw the smallest part that breaks a rule."
    parser.epilog = EPILOG
    parser.add_argument(
        "file",
        nargs="?",
        default="-",
        metavar="FILE",
        help="the recording (default: standard input)",
    )
    parser.add_argument("--rule", metavar="RULE", help="draw where this rule is broken")
    parser.add_argument("--svg", type=Path, metavar="FILE", help="also write the drawing there")
    parser.add_argument(
        "--trace", type=Path, metavar="FILE", help="also write all of it as Chrome trace events"
    )
    parser.add_argument(
        "--steps",
        type=int,
        default=24,
        metavar="N",
        help="if no rule is broken, draw the first N events (default %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Draw, and return the exit code."""
    from conformance.diagram import as_svg, as_text
    from conformance.tape import NotATape
    from conformance.trace_events import trace_events

    try:
        tape = _read(arguments.file)
        broken, part, shown = _judged(tape, arguments.rule, arguments.steps)
    except (NotATape, ValueError, OSError) as error:
        print(f"hubbub: {arguments.file}: {error}", file=sys.stderr)
        return 2
    if arguments.svg is not None:
        write(arguments.svg, as_svg(part, shown))
    if arguments.trace is not None:
        write(arguments.trace, json.dumps(trace_events(tape)))
    print(as_text(part, shown), end="")  # after the files: the reader may have ended
    return 1 if broken else 0


def _read(file: str) -> Tape:
    from conformance.tape import Tape

    if file == "-":
        return Tape.read(sys.stdin)
    with open(file, encoding="utf-8") as lines:
        return Tape.read(lines)


def _judged(tape: Tape, rule_id: str | None, steps: int) -> tuple[bool, History, Violation]:
    """Return whether a rule is broken, what to draw, and what to point at in the drawing.

    Raises:
        ValueError: the rule ``rule_id`` is not broken.
    """
    from conformance.checker import Violation, check
    from conformance.checker.smallest import smallest_violation

    history = tape.history()
    verdict = check(history)
    if rule_id is not None and not verdict.breaking(rule_id):
        others = ", ".join(dict.fromkeys(found.rule_id for found in verdict.violations))
        raise ValueError(f"{rule_id} is not broken (broken: {others or 'nothing'})")
    if verdict.violations:
        found = smallest_violation(history, rule_id or verdict.violations[0].rule_id)
        return True, found.witness, found
    seen = verdict.coverage
    sentence = (
        f"nothing is wrong: {len(tape.tracks)} stays, {seen.messages} messages, "
        f"{seen.deliveries} deliveries; {seen.overlaps} messages overlapped"
    )
    start = tape.first(steps).history()
    return False, start, Violation(tape.source, sentence, start)

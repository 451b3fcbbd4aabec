"""``hubbub replay``: replay one schedule of a server or an exhibit, step by step.

A seed decides what the clients do and which thread or task runs next. So the same id and the same
seed give the same steps, on the same Python. Without ``--seed`` it searches for the first seed that
breaks a rule.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from conformance.checker import Violation, check
from conformance.checker.smallest import smallest_violation
from conformance.diagram import as_svg, as_text
from hubbub.output import write
from implementations.core.errors import SettingsError
from schedules.explore import MissingTool, Run, first_failure, play
from schedules.stage import Step


__all__ = ["add_arguments", "run", "told"]

DEFAULT_SEEDS = 200
COLUMNS = 80
INDENT = " " * 7
LOOK_HERE = "●"  # the same mark as in the drawing

CLEAN, BROKEN, USAGE = 0, 1, 2  # exit codes

EPILOG = """\
examples:
  hubbub replay exhibit-await-in-fanout-trio            search for a seed
  hubbub replay exhibit-await-in-fanout-trio --seed 0   replay one seed
  hubbub replay trio-mutex --seeds 1000                 search 1000 seeds

exit code: 0 if no rule is broken, 1 if one is broken, 2 after misuse, or if a
package or a newer Python is missing
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("id", metavar="ID", help="a server or an exhibit (hubbub list)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seed", metavar="N", type=_whole, help="replay this seed")
    which.add_argument(
        "--seeds",
        metavar="N",
        type=_whole,
        default=DEFAULT_SEEDS,
        help=f"search the seeds below N for one that breaks a rule (default {DEFAULT_SEEDS})",
    )
    parser.add_argument("--svg", metavar="FILE", type=Path, help="also write the drawing there")


def run(arguments: argparse.Namespace) -> int:
    """Replay, print what happened, and return the exit code."""
    try:
        found = _find(arguments)
    except MissingTool as error:
        print(error, file=sys.stderr)
        return USAGE
    except SettingsError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return USAGE
    if found is None:
        print(f"{arguments.id}: none of {arguments.seeds} seeds breaks a rule")
        return CLEAN
    if found.violations and arguments.svg is not None:
        violation = _smallest(found)
        write(arguments.svg, as_svg(violation.witness, violation))
    if arguments.seed is None:
        print(f"To see this again:  hubbub replay {found.server_id} --seed {found.seed}\n")
    print("\n".join(told(found)))
    return BROKEN if found.violations else CLEAN


def told(found: Run) -> Iterator[str]:
    """Yield the lines that tell a run, at most 80 columns wide: its steps, and what it broke."""
    violation = _smallest(found) if found.violations else None
    blamed = {line for _, line in violation.blamed} if violation else set()
    actor = ""
    for number, step in enumerate(_together(found.steps), 1):
        if step.actor != actor:
            actor = step.actor
            yield f"-- {actor}"
        mark = LOOK_HERE if any(repr(line) in step.deed for line in blamed) else " "
        yield from _wrapped(f"{step.deed} {step.to}".strip(), f"{number:4} {mark} ")
    yield ""
    if violation is None:
        yield f"{found.server_id}, seed {found.seed}: no rule is broken"
        return
    for wait in found.waits:
        yield from _wrapped(wait, "")
    if found.waits:
        yield ""
    yield from as_text(violation.witness, violation).splitlines()


def _find(arguments: argparse.Namespace) -> Run | None:
    if arguments.seed is not None:
        return play(arguments.id, arguments.seed)
    return first_failure(arguments.id, range(arguments.seeds))


def _together(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Yield the steps; join steps in a row that do the same for different clients."""
    for (actor, deed), same in groupby(steps, lambda step: (step.actor, step.deed)):
        clients = [step.to for step in same if step.to]
        if clients:
            yield Step(actor, deed, ", ".join(clients))
        else:
            yield Step(actor, deed)


def _wrapped(words: str, before: str) -> list[str]:
    return textwrap.wrap(
        words, COLUMNS, initial_indent=before, subsequent_indent=INDENT, break_on_hyphens=False
    )


def _smallest(found: Run) -> Violation:
    """Return the first rule that a run broke, with the smallest history that shows it."""
    violation = found.violations[0]
    if any(each.sentence == violation.sentence for each in check(found.history).violations):
        return smallest_violation(found.history, violation.rule_id)
    return violation  # found by something else than the history checker


def _whole(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value

"""``hubbub gallery``: judge the servers that are wrong on purpose, and show what is found."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.suite import Progress, SuiteError
from hubbub.conform import judge, shown_progress
from hubbub.output import write
from hubbub.pages import templates
from implementations.core.errors import SettingsError
from implementations.exhibits.catalogue import PREFIX, Exhibit, exhibits, find_exhibit


if TYPE_CHECKING:
    from markupsafe import Markup

    from conformance.results import Results, Run

__all__ = ["Finding", "add_arguments", "find_all", "render", "run"]

WORKERS = 16  # tests at the same time: most of them only wait for a line that never comes

EPILOG = """\
examples:
  hubbub gallery                            all, each by the rules it breaks
  hubbub gallery off-by-one two-locks       only these two
  hubbub gallery --whole --html page.html   by all rules; also write a page

An exhibit that exists in several runtimes ends with its runtime. A name without
the runtime means the asyncio one: await-in-fanout is await-in-fanout-asyncio.

An exhibit's header names the rules that it breaks. A line marked ✓ says that
the suite found exactly these rules broken.

exit code: 0 if every header is right, 1 if a header is wrong, 2 after misuse
"""


@dataclass(frozen=True)
class Finding:
    """What the suite found in one exhibit.

    Attributes:
        broken: the run that shows it best, for each rule that the exhibit was found to break.
        missed: rules in the header's ``Breaks`` that were not found to be broken.
        unnamed: rules that were found to be broken and that the header does not name.
    """

    exhibit: Exhibit
    broken: dict[str, Run]
    missed: tuple[str, ...]
    unnamed: tuple[str, ...]

    @property
    def as_said(self) -> bool:
        """Whether the header is right."""
        return not self.missed and not self.unnamed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's arguments."""
    parser.epilog = EPILOG
    parser.add_argument("names", nargs="*", metavar="NAME", help="which exhibits (default: all)")
    parser.add_argument("--whole", action="store_true", help="judge each by all rules")
    parser.add_argument("--html", type=Path, metavar="FILE", help="also write a page with pictures")


def run(arguments: argparse.Namespace) -> int:
    """Judge, print one line per exhibit, and return the exit code."""
    try:
        ids = [PREFIX + name.removeprefix(PREFIX) for name in arguments.names]
        chosen = [find_exhibit(server_id) for server_id in ids] or exhibits()
    except SettingsError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    for exhibit in chosen:
        if exhibit.missing:
            print(f"- {exhibit.name}: cannot run here: {exhibit.missing}", file=sys.stderr)
    chosen = [exhibit for exhibit in chosen if not exhibit.missing]
    if not chosen:
        return 0
    from rich.console import Console

    try:
        with shown_progress(Console(stderr=True)) as progress:
            found = find_all(chosen, whole=arguments.whole, progress=progress)
    except SuiteError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    if arguments.html is not None:  # before anything is printed: the reader may have ended
        write(arguments.html, render(found))
    for finding in found:
        print(_line(finding))
    return 0 if all(finding.as_said for finding in found) else 1


def find_all(
    chosen: Sequence[Exhibit], *, whole: bool = False, progress: Progress | None = None
) -> list[Finding]:
    """Judge exhibits by the rules that their headers name, or by all rules.

    The quick test of a rule is enough if it fails. If it does not, all tests of that rule run.
    ``progress`` is passed on to `judge`.

    Raises:
        SuiteError: the suite could not run.
    """
    named = {exhibit.id: exhibit.header.breaks for exhibit in chosen}
    rules = None if whole else named
    results = judge(
        list(named), quick=True, rules=rules, workers=_workers(rules), progress=progress
    )
    broken = {server_id: _broken(results, server_id) for server_id in named}
    missed = {
        server_id: more
        for server_id, breaks in named.items()
        if (more := [rule for rule in breaks if rule not in broken[server_id]])
    }
    if missed:
        results = judge(list(missed), rules=missed, workers=_workers(missed), progress=progress)
        for server_id in missed:
            broken[server_id] |= _broken(results, server_id)
    return [_finding(exhibit, broken[exhibit.id]) for exhibit in chosen]


def _workers(rules: Mapping[str, Sequence[str]] | None) -> int:
    """Return how many tests run at the same time: a few rules do not need them all."""
    runs = WORKERS if rules is None else 2 * sum(map(len, rules.values()))  # one per door
    return min(WORKERS, runs)


def _finding(exhibit: Exhibit, broken: dict[str, Run]) -> Finding:
    header = exhibit.header
    return Finding(
        exhibit,
        broken,
        tuple(rule for rule in header.breaks if rule not in broken),
        tuple(rule for rule in broken if not header.names(rule)),
    )


def _broken(results: Results, server_id: str) -> dict[str, Run]:
    """Return a run for each rule that a server broke: a run with a picture, if there is one."""
    return {
        rule.id: max(cell.blamed, key=lambda run: bool(run.history_svg))
        for rule, server, cell in results.with_verdict("fail")
        if server == server_id
    }


def render(found: Sequence[Finding]) -> str:
    """Return a self-contained HTML page with one section per exhibit."""
    environment = templates()
    environment.filters["marked_up"] = _marked_up
    shown = [(finding, _pictured(finding)) for finding in found]
    return environment.get_template("gallery.html.j2").render(shown=shown)


def _marked_up(text: str) -> Markup:
    """Return a header's text as HTML: text between backticks is code."""
    from markupsafe import Markup, escape

    return Markup(re.sub("(`+)(.+?)\\1", r"<code>\2</code>", str(escape(text))))


def _pictured(finding: Finding) -> Run | None:
    """Return the run to show, with a picture if there is one; None if nothing was found."""
    runs = [
        finding.broken[rule] for rule in finding.exhibit.header.breaks if rule in finding.broken
    ]
    return max(runs, key=lambda run: bool(run.history_svg), default=None)


def _line(finding: Finding) -> str:
    mark = "✓" if finding.as_said else "✗"
    said = f"{mark} {finding.exhibit.name}: {', '.join(finding.broken) or 'nothing'}"
    if finding.missed:
        said += f"; NOT FOUND: {', '.join(finding.missed)}"
    if finding.unnamed:
        said += f"; NOT NAMED: {', '.join(finding.unnamed)}"
    return said

"""``hubbub gallery``: judge the servers that are wrong on purpose, and show what was found."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
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

WORKERS = 8  # tests at a time: what is wrong is mostly found out by waiting for what never comes

EPILOG = """\
examples:
  hubbub gallery                                    all of them, each by the rules it breaks
  hubbub gallery await-in-fanout-asyncio two-locks  these two
  hubbub gallery --whole --html gallery.html        by every rule; and a page with pictures

An exhibit that exists in several runtimes ends with its runtime. A name without
the runtime means the asyncio one: await-in-fanout is await-in-fanout-asyncio.

exit code: 0 the suite found in each what its header says, and nothing else;
1 it did not; 2 there is no such exhibit
"""


@dataclass(frozen=True)
class Finding:
    """What the suite found in one exhibit.

    Attributes:
        broken: for each rule that it breaks the run that shows it best.
        missed: rules of the header's ``Breaks`` that it was not found to break.
        unnamed: rules that it breaks and that its header does not name.
    """

    exhibit: Exhibit
    broken: dict[str, Run]
    missed: tuple[str, ...]
    unnamed: tuple[str, ...]

    @property
    def as_said(self) -> bool:
        """Whether the header tells the truth."""
        return not self.missed and not self.unnamed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Make ``parser`` the one of ``hubbub gallery``."""
    parser.description = "Judge the servers that are wrong on purpose: each breaks what it says."
    parser.epilog = EPILOG
    parser.add_argument("names", nargs="*", metavar="NAME", help="exhibits (default: all)")
    parser.add_argument("--whole", action="store_true", help="judge each by every rule")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page, too")


def run(arguments: argparse.Namespace) -> int:
    """Judge, print a line an exhibit, and return the exit code."""
    if not all(map(find_spec, ("pytest", "xdist", "jinja2"))):
        print("hubbub: gallery needs the suite: pip install 'hubbub[conform]'", file=sys.stderr)
        return 2
    try:
        ids = [PREFIX + name.removeprefix(PREFIX) for name in arguments.names]
        chosen = [find_exhibit(server_id) for server_id in ids] or exhibits()
    except SettingsError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    from rich.console import Console

    try:
        with shown_progress(Console(stderr=True)) as progress:
            found = find_all(chosen, whole=arguments.whole, progress=progress)
    except SuiteError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    for finding in found:
        print(_line(finding))
    if arguments.html is not None:
        write(arguments.html, render(found))
    return 0 if all(finding.as_said for finding in found) else 1


def find_all(
    chosen: Sequence[Exhibit], *, whole: bool = False, progress: Progress | None = None
) -> list[Finding]:
    """Judge exhibits by the rules that their headers name, or by all.

    One test a rule is enough where it finds what the header says; where it does not, all tests of
    that rule are run. ``progress`` is as `judge` has it.

    Raises:
        SuiteError: the suite could not run.
    """
    named = {exhibit.id: exhibit.header.breaks for exhibit in chosen}
    rules = None if whole else named
    results = judge(list(named), quick=True, rules=rules, workers=WORKERS, progress=progress)
    broken = {server_id: _broken(results, server_id) for server_id in named}
    missed = {
        server_id: more
        for server_id, breaks in named.items()
        if (more := [rule for rule in breaks if rule not in broken[server_id]])
    }
    if missed:
        results = judge(list(missed), rules=missed, workers=WORKERS, progress=progress)
        for server_id in missed:
            broken[server_id] |= _broken(results, server_id)
    return [_finding(exhibit, broken[exhibit.id]) for exhibit in chosen]


def _finding(exhibit: Exhibit, broken: dict[str, Run]) -> Finding:
    header = exhibit.header
    return Finding(
        exhibit,
        broken,
        tuple(rule for rule in header.breaks if rule not in broken),
        tuple(rule for rule in broken if not header.names(rule)),
    )


def _broken(results: Results, server_id: str) -> dict[str, Run]:
    """Return for each rule that a server broke a run: one with a picture, where there is one."""
    return {
        rule.id: max(cell.blamed, key=lambda run: bool(run.history_svg))
        for rule, server, cell in results.with_verdict("fail")
        if server == server_id
    }


def render(found: Sequence[Finding]) -> str:
    """Return a page that needs nothing beside itself: a section an exhibit."""
    environment = templates()
    environment.filters["marked_up"] = _marked_up
    shown = [(finding, _pictured(finding)) for finding in found]
    return environment.get_template("gallery.html.j2").render(shown=shown)


def _marked_up(text: str) -> Markup:
    """Return a header's words as HTML: what stands between backticks is code."""
    from markupsafe import Markup, escape

    return Markup(re.sub("(`+)(.+?)\\1", r"<code>\2</code>", str(escape(text))))


def _pictured(finding: Finding) -> Run | None:
    """Return the run to show, with a drawing if there is one; None where nothing was found."""
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

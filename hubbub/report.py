"""``hubbub report``: draw measurements as one self-contained HTML page."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubbub.pages import script_data, source, templates
from implementations.exhibits.catalogue import exhibits
from implementations.servers import SERVERS


if TYPE_CHECKING:
    from benchmarks.results import Results as Measured
    from conformance.results import Results as Judged

__all__ = ["add_arguments", "render", "run"]


EXAMPLES = """\
examples:
  hubbub report bench.json                   writes bench.html
  hubbub report 2026-11.json.gz -o page.html
  hubbub report before.json after.json   both rounds in the same charts

exit code: 0 if the page is drawn, 1 if it cannot be written, 2 after misuse
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a file of hubbub bench; or two, the earlier one first",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="PAGE", help="the page (default: last FILE with .html)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read, draw, write, and return the exit code."""
    from benchmarks.files import replace_file
    from benchmarks.results import ResultsError, read

    if len(arguments.files) > 2:
        print("hubbub: give one file of hubbub bench, or two", file=sys.stderr)
        return 2
    try:
        *before, measured = [read(file) for file in arguments.files]
    except ResultsError as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    last: Path = arguments.files[-1]
    stem = last.name.removesuffix(".gz").removesuffix(".json")
    page: Path = arguments.output or last.with_name(f"{stem}.html")
    html = render(measured, before=before[0] if before else None)
    try:
        replace_file(page, html.encode())
    except OSError as error:
        print(f"hubbub: cannot write {page}: {error.strerror}", file=sys.stderr)
        return 1
    print(page)
    return 0


def render(measured: Measured, judged: Judged | None = None, before: Measured | None = None) -> str:
    """Return the page: a round of measurements and what it says.

    Args:
        judged: adds the conformance matrix.
        before: an earlier round; the charts then show both, and a table compares them.
    """
    from benchmarks.report_sections import sections
    from benchmarks.sentences.advice import picks
    from benchmarks.summary import summarise
    from conformance.matrix import matrix_fragment, matrix_style
    from hubbub.autobahn import read_lines
    from hubbub.report_page.answers import answers, rows
    from hubbub.report_page.changes import changed
    from hubbub.report_page.numbers import as_csv
    from hubbub.report_page.overview import overview
    from hubbub.report_page.pairs import questions
    from hubbub.report_page.plots import plot_of, plots, styles

    summaries = summarise(measured)
    plain = {server.id for server in SERVERS}
    ours = [server for server in measured.versions if server in plain]
    title = "the comparison" if judged else "what was measured"
    rounds = {"before": before, "after": measured} if before else {"": measured}
    drawn, asked = plots(rounds), answers(measured)
    start, left = rows(asked) if asked else ([], {})
    ratios, pairs = questions(summaries)
    page: dict[str, Any] = {
        "picks": picks(summaries, lambda server: server in plain),
        "overview": overview(summaries, lambda server: server in plain),
        # The load curve first: it answers what most readers ask.
        "sections": sorted(sections(measured), key=lambda one: one.name != "knee"),
        "questions": pairs,
        "answers": asked,
        "judged": judged,
        "changed": changed(before, measured) if before else None,
    }
    data = {"rounds": list(rounds), "styles": styles(rounds), "plots": drawn, "answers": asked}
    return (
        templates()
        .get_template("report.html.j2")
        .render(
            page,
            title=title,
            top=f"One chat server, built {len(ours)} times"
            if len(ours) > 1
            else f"What {ours[0] if ours else measured.peer} costs",
            lead=("Which promises each server keeps, and w" if judged else "W")
            + f"hat one message to many clients costs, compared with {measured.peer}.",
            contents=_contents(page),
            rounds=list(rounds),
            start=start,
            left=left,
            ratios=ratios,
            plots={plot["name"] for plot in drawn},
            plot_of=plot_of,
            trust=_trust(measured),
            servers=[server for server in SERVERS if judged and server.id in judged.servers],
            measured=measured,
            matrix=matrix_fragment(judged) if judged else "",
            gallery=exhibits() if judged else [],
            autobahn=read_lines(judged.servers) if judged else [],
            matrix_style=matrix_style() if judged else "",
            about=_about(measured),
            csv=as_csv(rounds),
            data=script_data(data),
            source=source,
        )
    )


def _contents(page: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the anchor and the text of each heading, in their order."""
    return [
        *([("changed", "What changed")] if page["changed"] else []),
        *([("answer", "Which server for my load?")] if page["answers"] else []),
        *([("overview", "All servers at a glance")] if page["overview"].rows else []),
        *([("pick", "Which server should I pick?")] if page["picks"] else []),
        *([("pairs", "One design against another")] if page["questions"] else []),
        *([("servers", "The servers")] if page["judged"] else []),
        *((section.name, section.title) for section in page["sections"]),
        *([("promises", "Promises"), ("gallery", "Wrong on purpose")] if page["judged"] else []),
        ("method", "How it was measured"),
        ("numbers", "All numbers as a file"),
    ]


def _trust(measured: Measured) -> str:
    verdicts = [run.verdict for run in measured.runs if run.process]
    count = len(verdicts)
    said = f"{verdicts.count('valid')} of {count} runs are valid"
    for verdict in ("unknown", "invalid"):
        if verdicts.count(verdict):
            said += f", {verdicts.count(verdict)} {verdict}"
    if measured.environment.generator != "c":
        said += "; the load generator was in Python and may have been the limit"
    return f"{said}."


def _about(measured: Measured) -> dict[str, str]:
    here = measured.environment
    pinned = (
        "one core each for server and load generator"
        if here.server_core is not None
        else "not pinned to cores"
    )
    return {
        "made": here.date,
        "on": f"{here.cpu}, {here.cores} cores, {here.memory_bytes / 2**30:.0f} GiB, {pinned}",
        "with": f"{here.kernel}, {here.python}, websockets {here.websockets}",
        "hubbub": here.hubbub + (f" ({here.commit[:12]})" if here.commit else ""),
    }

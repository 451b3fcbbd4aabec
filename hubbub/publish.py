"""Publish a round of measurements: its report, its table, and five rows of that in the README.

    python -m hubbub.publish benchmarks/rounds/2026-11/results.json.gz

The report and the table (table.md) are written beside the results. The README's rows stand between
two marks. No number is typed: publishing replaces everything between the marks.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.files import replace_file
from benchmarks.results import Results, ResultsError, read
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.table import ratio_text
from hubbub.report import render


__all__ = ["main", "readme_block", "replace_block", "round_table"]

_ROOT = Path(__file__).resolve().parents[1]

# The README's rows, and what each server is in a few words.
_SHOWN = {
    "c-floor": "one C thread that only calls `send` once per client: the floor",
    "asyncio-direct": "ours: one task owns the room and writes to the sockets itself",
    "asyncio-broadcaster": "ours: one task owns the room, each client has an outbox and a pump",
    "go-gorilla": "the chat hub that most Go servers copy, from gorilla/websocket's example",
    "websockets-broadcast": "the `broadcast()` function of the Python library `websockets`",
}
_BEGIN, _END = "<!-- round: made by make round -->", "<!-- end of round -->"


def readme_block(results: Results, folder: str) -> str:
    """Return the README's rows of a round, with the machine, the versions and the date below them.

    ``folder`` is the folder of the round, relative to the README.
    """
    by_name = _by_scenario(results)
    closed = by_name["closed"]
    lines = [
        "| server | what it is | µs per delivery | p99 at 500 messages/s | KiB per client |",
        "|---|---|---|---|---|",
    ]
    for server in _ranked(closed):
        if server in _SHOWN:
            (cell,) = closed.of(server)
            p99 = _text(by_name.get("open"), server, "p99", " ms")
            cells = [f"`{server}`", _SHOWN[server], cell.text("cost"), p99, cell.text("client")]
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"{_conditions(results, closed)} [All {len(closed.servers)} servers]({folder}/table.md) "
        f"with their ratios to Go, and [the whole round]({folder}/report.html): every scenario, "
        'with the result that was expected of it. "Does not keep up": at 500 messages per second '
        "the backlog grows to the end of the run. A server with cheap deliveries can still fail "
        "there if it makes one send per message; the direct servers join waiting messages into "
        "one send.",
    ]
    return "\n".join(lines)


def round_table(results: Results) -> str:
    """Return the page table.md: every server of a round, the cheapest delivery first."""
    by_name = _by_scenario(results)
    closed, peer = by_name["closed"], results.peer
    lines = [
        "# What a message costs, at every server",
        "",
        f"| server | µs per delivery | ratio to {peer} | p99 at 500 messages/s | KiB per client "
        "| µs per delivery, 9,000 clients | MiB, 9,000 clients |",
        "|---|---|---|---|---|---|---|",
    ]
    for server in _ranked(closed):
        (cell,) = closed.of(server)
        row = [
            f"`{server}`",
            cell.text("cost"),
            ratio_text(closed.to_peer(cell, "cost")),
            _text(by_name.get("open"), server, "p99", " ms"),
            cell.text("client"),
            _text(by_name.get("crowd"), server, "cost"),
            _text(by_name.get("crowd"), server, "rss"),
        ]
        lines.append(f"| {' | '.join(row)} |")
    ranges = "The range after a ratio holds 95 % of its bootstrap resamples."
    return "\n".join([*lines, "", f"{_conditions(results, closed)} {ranges}", ""])


def _by_scenario(results: Results) -> dict[str, Summary]:
    by_name = {summary.scenario.name: summary for summary in summarise(results)}
    if "closed" not in by_name:
        raise ValueError("the results lack the scenario closed, which every round has")
    return by_name


def _ranked(closed: Summary) -> list[str]:
    return sorted(closed.servers, key=lambda server: _cost(closed, server))


def _conditions(results: Results, closed: Summary) -> str:
    here = results.environment
    processes = max(len(cell.valid) for cell in closed.cells)
    cores = (
        "one each for server and load generator" if here.server_core is not None else "not pinned"
    )
    workload = closed.cells[0].workload
    return (
        f"{workload.clients:,} clients and {workload.payload_bytes}-byte messages, unless a column "
        f"says otherwise. Medians of {processes} fresh processes. Measured on {here.date[:10]}: "
        f"{here.cpu}, {here.cores} cores ({cores}), {here.kernel}, {here.python}, websockets "
        f"{here.websockets}."
    )


def replace_block(text: str, block: str) -> str:
    """Return ``text`` with ``block`` between the two marks.

    Raises:
        ValueError: the text lacks the marks.
    """
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"the README lacks the marks {_BEGIN} and {_END}")
    return f"{before}{_BEGIN}\n{block}\n{_END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish from the command line; return 0, or 2 if the file is not a round."""
    parser = argparse.ArgumentParser(prog="python -m hubbub.publish", description=__doc__)
    parser.add_argument("results", type=Path, metavar="FILE", help="a result file of hubbub bench")
    path: Path = parser.parse_args(arguments).results
    readme = _ROOT / "README.md"
    try:
        results = read(path)
        page = path.with_name("report.html")
        replace_file(page, render(results).encode())
        replace_file(path.with_name("table.md"), round_table(results).encode())
        folder = path.parent.resolve().relative_to(_ROOT).as_posix()
        text = replace_block(readme.read_text("utf-8"), readme_block(results, folder))
    except (ResultsError, ValueError) as error:
        print(f"publish: {error}", file=sys.stderr)
        return 2
    replace_file(readme, text.encode())
    print(page)
    return 0


def _cost(summary: Summary, server: str) -> float:
    value = summary.of(server)[0].value("cost")
    return float("inf") if value is None else value


def _text(summary: Summary | None, server: str, metric: str, unit: str = "") -> str:
    cells: list[Cell] = summary.of(server) if summary else []
    if not cells:
        return "-"
    (cell,) = cells
    if cell.outcome == "behind":
        return "does not keep up"
    text = cell.text(metric)
    return text if text == "-" else f"{text}{unit}"


if __name__ == "__main__":
    sys.exit(main())

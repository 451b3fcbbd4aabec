"""The results in the short forms that a CI shows: JUnit XML, a summary in Markdown, and a badge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from xml.etree import ElementTree

from benchmarks.metrics import METRICS
from benchmarks.results import Results, Run
from benchmarks.summary import Summary, summarise
from benchmarks.table import COLUMNS, ratio_text


__all__ = ["badge", "junit", "markdown"]

_LABEL = "fan-out"


def junit(results: Results) -> str:
    """Return the runs as JUnit XML: an invalid run failed, an unknown one was skipped."""
    root = ElementTree.Element("testsuites", name="hubbub bench")
    for scenario in results.scenarios:
        runs = results.of(scenario)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=scenario,
            tests=str(len(runs)),
            failures=str(sum(run.verdict == "invalid" for run in runs)),
            skipped=str(sum(run.verdict == "unknown" for run in runs)),
            errors="0",
        )
        for run in runs:
            suite.append(_case(run))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def markdown(results: Results) -> str:
    """Return a summary in GitHub's Markdown: a table per scenario, as on the terminal."""
    return "\n".join(line for summary in summarise(results) for line in _table(summary)) + "\n"


def badge(results: Results, server: str) -> str:
    """Return the JSON of a badge, as shields.io reads it from an address (its "endpoint" badge).

    It says what a delivery costs at ``server``, and the ratio to the peer. If that was not measured
    validly, the badge says "unknown".
    """
    message, colour = "unknown", "lightgrey"
    for summary in summarise(results):
        cells = summary.of(server)
        if summary.scenario.name == "closed" and cells and cells[0].outcome == "valid":
            ratio = summary.to_peer(cells[0], "cost")
            message = f"{cells[0].text('cost')} µs per delivery"
            if ratio is not None and server != results.peer:
                message += f", {ratio.middle:.2f} times {results.peer}"
            colour = "blue"
    return json.dumps(
        {"schemaVersion": 1, "label": _LABEL, "message": message, "color": colour},
        indent=1,
        ensure_ascii=False,
    )


def _case(run: Run) -> ElementTree.Element:
    took_s = run.account.counted_s if run.account else 0.0
    load = run.workload
    rate = "" if load.rate_hz is None else f", {load.rate_hz:g} messages/s"
    name = f"{run.server}: {load.clients} clients, {load.payload_bytes} bytes{rate}"
    case = ElementTree.Element(
        "testcase",
        classname=f"bench.{run.scenario}",
        name=f"{name}, process {run.process}",
        time=f"{took_s:.3f}",
    )
    if run.verdict != "valid":
        what = "failure" if run.verdict == "invalid" else "skipped"
        ElementTree.SubElement(case, what, message=run.reason)
    return case


def _table(summary: Summary) -> Iterator[str]:
    scenario, columns = summary.scenario, COLUMNS[summary.scenario.name]
    heads = ["server", *([scenario.heading] if scenario.axis else [])]
    heads += [*(METRICS[name].label for name in columns), f"to {summary.peer}", ""]
    yield f"### {scenario.name}: {scenario.title}"
    yield ""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for server in summary.servers:
        for cell in summary.of(server):
            row = [server, *([scenario.value_text(cell.workload)] if scenario.axis else [])]
            row += [cell.text(name) for name in columns]
            row.append(ratio_text(summary.to_peer(cell, columns[0])))
            row.append("" if cell.outcome == "valid" else cell.outcome)
            yield f"| {' | '.join(row)} |"
    yield ""

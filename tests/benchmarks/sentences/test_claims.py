"""Every pairwise claim of a report holds: it is held against `Summary.differ`.

The claims come from three sides: as data (`Finding.claims`, `Pick.claims`), from the words of the
page, and from its pictures (brackets) and tables (letters). The rounds are the published one and
many made-up ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.report_sections import Section, sections
from benchmarks.results import AGAIN, Results, Run, read
from benchmarks.sentences import findings, growth, remarks
from benchmarks.sentences.advice import picks
from benchmarks.sentences.claims import Claim
from benchmarks.sentences.wording import Finding
from benchmarks.summary import Cell, Summary, summarise
from benchmarks.table import COLUMNS
from benchmarks.workload import Workload
from tests.benchmarks.made import PEER, make_results, make_run


ROUND = Path(__file__).parents[3] / "benchmarks" / "rounds" / "2026-11" / "results.json.gz"
SERVERS = ("trio-direct", "asyncio-direct", "threads-mutex", "c-floor", "websockets-queue", PEER)
PLAIN = Workload(clients=4, messages=150, warmup_messages=2)
POINTS = {
    "closed": [PLAIN],
    "everyone": [PLAIN],
    "idle": [PLAIN],
    "open": [replace(PLAIN, rate_hz=20.0)],
    "churn": [replace(PLAIN, rate_hz=20.0)],
    "knee": [replace(PLAIN, rate_hz=10.0), replace(PLAIN, rate_hz=20.0)],
    "pythons": [replace(PLAIN, python=python) for python in ("3.11", "3.13", "3.14t")],
    "unpinned": [replace(PLAIN, python=python, pinned=False) for python in ("3.11", "3.14t")],
    "sizes": [replace(PLAIN, payload_bytes=size) for size in (64, 1024, 4096)],
    "capacity": [PLAIN, replace(PLAIN, clients=8)],
    "scaling": [replace(PLAIN, clients=clients) for clients in (4, 8, 12)],
    "slow": [
        replace(PLAIN, rate_hz=20.0, stalled_clients=1, stall_after_s=1.0, payload_bytes=size)
        for size in (64, 128)
    ],
}
RANGE = re.compile(
    r"[\d.,]+(?: \S+)? \((?P<low>[^ ,()]+)(?:, tied with [^()]*)?\) to "
    r"[\d.,]+(?: \S+)? \((?P<high>[^ ,()]+)(?:, tied with [^()]*)?\)"
)


def holds(summary: Summary, claim: Claim) -> bool:
    """Return whether a claim is what the numbers of two servers say."""
    by_server = {cell.server: cell for cell in summary.at(claim.workload)}
    peers = {cell.server: cell for cell in summary.at(claim.against or claim.workload)}
    one, other = by_server[claim.server], peers[claim.peer]
    if not summary.differ(claim.metric, one, other):
        return claim.direction == "level"
    ours, theirs = one.value(claim.metric), other.value(claim.metric)
    assert ours is not None
    assert theirs is not None
    return claim.direction == ("lower" if ours < theirs else "higher")


def all_findings(summary: Summary) -> Iterator[Finding]:
    """Yield every finding that some section can show of a scenario."""
    yield findings.say(summary)
    yield remarks.floor(summary)
    if any(cell.valid for cell in summary.cells):
        yield findings.memory(summary)
        yield findings.slowest(summary)
        for server in summary.servers if summary.scenario.name in ("scaling", "sizes") else ():
            is_room = summary.scenario.name == "scaling"
            pair = (summary, None) if is_room else (None, summary)
            yield growth.leaving(server, *pair)
        if summary.scenario.until_it_breaks:
            yield findings.half(summary)
        yield findings.tails(summary)
        yield findings.serving_order(summary)


def check_words(found: Finding) -> None:
    """The words make no claim about two servers that is not among the claims as data."""
    mirrored = {"lower": "higher", "higher": "lower", "level": "level"}
    said: dict[tuple[str, str], str] = {}
    for one in found.claims:
        said[one.server, one.peer] = one.direction
        said[one.peer, one.server] = mirrored[one.direction]
    for ends in RANGE.finditer(found.sentence):
        low, high = ends["low"], ends["high"]
        assert said[low, high] in ("lower", "level"), found.sentence
        if said[low, high] == "level":
            assert f"({low}, tied with" in found.sentence
    for group in found.groups:
        if label := re.match(r"(lower|higher) on (\S+) than on (\S+) \(ratio\)", group.label):
            named = {
                one.server
                for one in found.claims
                if one.against
                and (one.direction, one.workload.python, one.against.python) == label.groups()
            }
            assert {item.split()[0] for item in group.items} == named
            continue
        label = re.match(r"(lower than|tied with|higher than) (\S+) \(ratio\)", group.label)
        for item in group.items if label else ():
            assert label
            direction = label[1].replace("tied with", "level").removesuffix(" than")
            assert said[item.split()[0], label[2]] == direction, (label[0], item)
    for tie in found.ties:
        for pair in combinations(tie.items, 2):
            assert said[pair] == "level", (tie.label, pair)


def check_summary(summary: Summary) -> int:
    """Hold every claim of a scenario against its numbers, and return how many there were."""
    count = 0
    for found in all_findings(summary):
        check_words(found)
        if "it leaves its line at" in found.sentence:
            assert found.sentence.count("it leaves its line at") == len(found.claims)
            assert all(one.direction == "higher" and one.against for one in found.claims)
        for claim in found.claims:
            assert holds(summary, claim), claim
            count += 1
    return count


def check_picks(summaries: Sequence[Summary]) -> int:
    """Hold the advice against the numbers: the first is the best, the others are tied with it."""
    count = 0
    for pick in picks(summaries, lambda server: "-" in server and server != PEER):
        for claim in pick.claims:
            assert any(
                holds(summary, claim)
                for summary in summaries
                if any(cell.workload == claim.workload for cell in summary.cells)
            ), (pick.wish, claim)
            assert claim.server == pick.servers[0]
            assert (claim.peer in pick.servers) == (claim.direction == "level")
            count += 1
    return count


def check_section(section: Section, summary: Summary) -> None:
    """Hold the brackets of the charts and the letters of the table against the numbers."""
    by_server = {cell.server: cell for cell in summary.at(summary.cells[0].workload)}
    for chart in section.charts:
        check_words(chart.finding)
        for claim in chart.finding.claims:
            assert holds(summary, claim), claim
        inside = {frozenset(pair) for group in chart.ties for pair in combinations(group, 2)}
        drawn = {server for group in chart.ties for server in group}
        for one, other in combinations(sorted(drawn), 2):
            tied = not summary.differ(chart.name, by_server[one], by_server[other])
            assert (frozenset((one, other)) in inside) == tied, (chart.name, one, other)
    if summary.scenario.axis == "python":
        check_pythons(section, summary)
    for point in dict.fromkeys(cell.workload for cell in summary.cells):
        check_letters(section, summary, summary.at(point))


def check_pythons(section: Section, summary: Summary) -> None:
    """The word in each cell of a matrix is what the two values of the server say."""
    names = list(dict.fromkeys(cell.workload.python for cell in summary.cells))
    for metric, (_, table) in zip(COLUMNS[summary.scenario.name], section.matrices, strict=False):
        for server, base_text, *texts in table.rows:
            cells = {cell.workload.python: cell for cell in summary.of(server)}
            base = cells[names[0]]
            assert "·" not in base_text
            for name, text in zip(names[1:], texts, strict=True):
                if "·" not in text or text.endswith("(?)"):
                    continue
                ours, theirs = cells[name].value(metric), base.value(metric)
                assert ours is not None
                assert theirs is not None
                said = "less" if ours < theirs else "more"
                differ = summary.differ(metric, cells[name], base)
                assert text.split()[-1] == (said if differ else "tied")


def check_letters(section: Section, summary: Summary, cells: Sequence[Cell]) -> None:
    """Two servers of a table share a letter if and only if they are tied."""
    metric = COLUMNS[summary.scenario.name][0]
    column = next(
        at for at, heading in enumerate(section.table.columns) if heading.endswith(", ties")
    )
    letters = {}
    for row in section.table.rows:
        value = row[1] if summary.scenario.axis else None
        for cell in cells:
            at = summary.scenario.value_text(cell.workload) if summary.scenario.axis else None
            if cell.server == row[0] and at == value:
                letters[cell.server] = (row[column], cell)
    known = {server: found for server, found in letters.items() if found[0] != "-"}
    for (ours, one), (theirs, other) in combinations(known.values(), 2):
        assert bool(set(ours) & set(theirs)) != summary.differ(metric, one, other)


def runs_of(scenario: str, costs: Mapping[str, Sequence[float]]) -> Iterator[Run]:
    """Yield one process of each server for each cost, at each point of a scenario."""
    for point in POINTS[scenario]:
        factor = {"3.13": 0.9, "3.14t": 2.0}.get(point.python, 1.0) * (
            1 + point.payload_bytes / 4096
        )
        for server, values in costs.items():
            for process, cost_us in enumerate(values, start=1):
                yield make_run(
                    server, factor * cost_us, process=process, scenario=scenario, workload=point
                )


def made_round(scenario: str, costs: Mapping[str, Sequence[float]]) -> Results:
    return replace(make_results({}), runs=tuple(runs_of(scenario, costs)))


# Near costs, so that many pairs are tied, and chains of ties that are not transitive are frequent.
COSTS = st.integers(1, 5).flatmap(
    lambda processes: st.fixed_dictionaries(
        {
            server: st.lists(
                st.sampled_from([2.0, 2.2, 2.5, 3.0, 4.0, 9.0]),
                min_size=processes,
                max_size=processes,
            )
            for server in (*SERVERS, "asyncio-direct" + AGAIN)
        }
    )
)


@pytest.fixture(scope="module")
def published() -> Results:
    return read(ROUND)


def test_every_claim_of_the_published_round_holds(published: Results) -> None:
    """Every claim of the page about two servers is what the numbers say."""
    summaries = summarise(published)

    counts = {summary.scenario.name: check_summary(summary) for summary in summaries}

    assert counts["closed"] > 50
    assert counts["open"] > 20
    assert check_picks(summaries) > 10


def test_pictures_and_tables_of_the_published_round_agree(published: Results) -> None:
    """Brackets and letters show exactly the ties of the numbers."""
    by_name = {summary.scenario.name: summary for summary in summarise(published)}

    for section in sections(published):
        check_section(section, by_name[section.name])


@pytest.mark.parametrize("scenario", POINTS)
@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],  # to shrink an example takes minutes
)
@given(costs=COSTS)
def test_every_claim_of_a_made_up_round_holds(
    scenario: str, costs: Mapping[str, Sequence[float]]
) -> None:
    """Whatever was measured, no sentence separates servers that are tied."""
    summaries = summarise(made_round(scenario, costs))

    for summary in summaries:
        check_summary(summary)
    check_picks(summaries)


@pytest.mark.parametrize("scenario", ["pythons", "unpinned", "sizes"])
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(costs=COSTS)
def test_matrices_of_a_made_up_round_agree(
    scenario: str, costs: Mapping[str, Sequence[float]]
) -> None:
    """A Python's column says less, tied or more exactly as the numbers do."""
    results = made_round(scenario, costs)
    by_name = {summary.scenario.name: summary for summary in summarise(results)}

    for section in sections(results):
        check_section(section, by_name[section.name])


def test_pictures_and_tables_of_a_chain_of_ties_agree() -> None:
    """a is tied with b and b with c, while a and c differ: the brackets overlap."""
    costs = {
        "a": [10.0, 10.5, 11.0, 11.5, 12.0],
        "b": [11.4, 11.9, 12.4, 12.9, 13.4],
        "c": [12.8, 13.3, 13.8, 14.3, 14.8],
        PEER: [30.0, 30.1, 30.2, 30.3, 30.4],
    }
    results = made_round("closed", costs)
    (section,) = sections(results)
    (summary,) = summarise(results)

    check_section(section, summary)

    assert section.charts[0].ties == (("a", "b"), ("b", "c"))
    assert "10." not in section.charts[0].finding.sentence.split(" to ")[1]


def test_server_in_the_band_is_tied(published: Results) -> None:
    """A server in the grey band around the peer is tied with the peer, as the page says."""
    for summary in summarise(published):
        metric = COLUMNS[summary.scenario.name][0]
        noise = summary.noise(metric)
        peer = next((cell for cell in summary.shown if cell.server == summary.peer), None)
        if noise is None or peer is None:
            continue
        for cell in summary.shown:
            ratio = summary.to_peer(cell, metric)
            if ratio and noise.low <= ratio.middle <= noise.high:
                assert not summary.differ(metric, cell, peer)

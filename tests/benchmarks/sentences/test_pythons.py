"""What another Python changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.interpreters import Interpreter
from benchmarks.report_sections import sections
from benchmarks.results import Results
from benchmarks.sentences.pythons import say_pythons
from tests.benchmarks.made import SMALL, make_results, make_run
from tests.benchmarks.sentences.summaries import groups, only


KNOWN = {
    "3.11": Interpreter("CPython 3.11.7", free_threaded=False, gil=True),
    "3.14t": Interpreter("CPython 3.14.2", free_threaded=True, gil=False),
}


def measured(costs: Mapping[str, Mapping[str, float]], scenario: str = "pythons") -> Results:
    """Return by server and Python the cost in three processes."""
    runs = [
        make_run(
            server,
            cost_us * (1 + process / 100),
            process=process,
            scenario=scenario,
            workload=replace(SMALL, python=python, pinned=scenario != "unpinned"),
        )
        for python in KNOWN
        for server, by_python in costs.items()
        for process in (1, 2, 3)
        if (cost_us := by_python.get(python))
    ]
    return replace(make_results({}), runs=tuple(runs), interpreters=KNOWN)


COSTS = {
    "asyncio-direct": {"3.11": 10.0, "3.14t": 14.0},
    "threads-mutex": {"3.11": 10.0, "3.14t": 7.0},
    "trio-direct": {"3.11": 10.0, "3.14t": 10.1},
}


def test_each_server_is_compared_with_itself() -> None:
    """Servers are counted by side; the claims name the two Pythons; ties are not listed."""
    found = say_pythons(only(measured(COSTS)), "cost")

    assert found.sentence == (
        "On Python 3.14t, the cost of a delivery is lower than on 3.11 for 1 of 3 servers, higher "
        "for 1, and tied for 1."
    )
    assert groups(found) == {
        "lower on 3.14t than on 3.11 (ratio)": ["threads-mutex 0.70 (0.69-0.71)"],
        "higher on 3.14t than on 3.11 (ratio)": ["asyncio-direct 1.40 (1.37-1.43)"],
    }
    assert {claim.server: claim.direction for claim in found.claims} == {
        "asyncio-direct": "higher",
        "threads-mutex": "lower",
        "trio-direct": "level",
    }
    assert all(
        claim.against and (claim.workload.python, claim.against.python) == ("3.14t", "3.11")
        for claim in found.claims
    )


def test_one_python_alone_is_compared_with_nothing() -> None:
    """Where there is only the default Python, the report says so."""
    alone = {"asyncio-direct": {"3.11": 10.0}}

    assert say_pythons(only(measured(alone)), "cost").sentence == (
        "There is only Python 3.11 here, so nothing can be compared."
    )


def test_report_has_a_column_per_python() -> None:
    """Servers times Pythons: the value, the ratio to the default Python, and one word."""
    (section,) = sections(measured(COSTS))

    heading, table = section.matrices[0]
    assert heading == "µs/delivery, and the ratio to the same server on 3.11"
    assert table.columns == (
        "server",
        "CPython 3.11.7",
        "CPython 3.14.2, free-threaded build, GIL off",
    )
    assert table.rows == (
        ("asyncio-direct", "10.2", "14.3 · 1.40 (1.37-1.43) more"),
        ("threads-mutex", "10.2", "7.14 · 0.70 (0.69-0.71) less"),
        ("trio-direct", "10.2", "10.3 · 1.01 (0.99-1.03) tied"),
    )


def test_unpinned_server_has_its_warning() -> None:
    """Where server and generator share the cores, the section says what may be compared."""
    (section,) = sections(measured(COSTS, "unpinned"))

    assert any("shared the cores" in remark for remark in section.remarks)

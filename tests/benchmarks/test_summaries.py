"""What a CI shows of a measurement: JUnit XML, a summary in Markdown, a badge."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from benchmarks.results import Results
from benchmarks.summaries import badge, junit, markdown
from tests.benchmarks.made import PEER, make_results, make_run


def some() -> Results:
    extra = [
        make_run("asyncio-mutex", 2.0, verdict="unknown", reason="too few"),
        make_run("trio-mutex", 2.0, verdict="invalid", reason="3 <lost>"),
    ]
    return make_results({"asyncio-mutex": [3.0, 3.0, 3.0], PEER: [6.0, 6.0, 6.0]}, extra)


def test_invalid_run_fails_and_unknown_run_is_skipped() -> None:
    """A CI sees each run as a case, with the reason of those that are not valid."""
    root = ElementTree.fromstring(junit(some()))

    (suite,) = root
    assert (suite.get("name"), suite.get("tests")) == ("closed", "8")
    assert (suite.get("failures"), suite.get("skipped")) == ("1", "1")
    (failure,) = suite.iterfind("testcase/failure")
    assert failure.get("message") == "3 <lost>"
    (skipped,) = suite.iterfind("testcase/skipped")
    assert skipped.get("message") == "too few"


def test_summary_has_a_row_per_server() -> None:
    """Each server has a row with its numbers, its ratio, and the verdict if it is not valid."""
    text = markdown(some())

    assert "### closed: " in text
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if " | " in line}
    assert "3.0" in rows["asyncio-mutex"]
    assert "0.50" in rows["asyncio-mutex"]
    assert rows["trio-mutex"].endswith("| invalid |")


def test_badge_says_what_a_delivery_costs() -> None:
    """The cost and its ratio to the peer; unknown for a server without valid runs."""
    good, bad = (json.loads(badge(some(), name)) for name in ("asyncio-mutex", "trio-mutex"))

    assert good["message"] == f"3.00 µs per delivery, 0.50 times {PEER}"
    assert (bad["message"], bad["schemaVersion"]) == ("unknown", 1)

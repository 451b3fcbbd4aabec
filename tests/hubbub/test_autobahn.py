"""What reports say of the last Autobahn run, and when they say that there was none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubbub.autobahn import CASES, Outcome, outcome_of, read_lines, runtimes, write_outcomes


GOOD = Outcome("asyncio", CASES - 5, 2, 3, ())
NOT_RUN = "asyncio: not run with this version (make autobahn does it)"


def test_line_counts_the_verdicts() -> None:
    """One line holds every count."""
    assert str(GOOD) == "asyncio: 247 cases, 242 ok, 2 non-strict, 3 informational, 0 failed"
    assert GOOD.passed


def test_case_that_did_not_run_is_no_pass() -> None:
    """A run that broke off says so, and has not passed."""
    short = Outcome("trio", 10, 0, 0, ())

    assert str(short).startswith("trio: only 10 of 247 cases, 10 ok")
    assert not short.passed


@pytest.mark.parametrize(
    ("behaviour", "closing"),
    [("FAILED", "OK"), ("OK", "WRONG CODE"), ("NON-STRICT", "UNCLEAN"), ("UNIMPLEMENTED", "OK")],
)
def test_bad_closing_is_a_failure(behaviour: str, closing: str) -> None:
    """A case fails by what it did or by how it ended; failures come in the order of the cases."""
    bad = {"behavior": behaviour, "behaviorClose": closing}
    good = {"behavior": "OK", "behaviorClose": "OK"}

    outcome = outcome_of("threads", {"10.1.1": bad, "2.1": good, "7.1.5": bad})

    assert outcome == Outcome("threads", 1, 0, 0, ("7.1.5", "10.1.1"))
    assert not outcome.passed


def test_outcome_is_kept_for_the_report(tmp_path: Path) -> None:
    """A runtime has one line, however many of its servers are asked for."""
    kept = tmp_path / "report" / "autobahn.json"
    write_outcomes([GOOD], "suite 1.0", kept)

    assert read_lines(["asyncio-mutex", "asyncio-broadcaster"], kept) == [str(GOOD)]
    assert read_lines(["somebody-elses"], kept) == []


@pytest.mark.parametrize("spoiled", ["missing", "not JSON", "of other code", "without it"])
def test_outcome_of_another_version_does_not_count(tmp_path: Path, spoiled: str) -> None:
    """Without a result for exactly this code the line says how to get one."""
    kept = tmp_path / "autobahn.json"
    write_outcomes([] if spoiled == "without it" else [GOOD], "suite 1.0", kept)
    if spoiled == "missing":
        kept.unlink()
    elif spoiled == "not JSON":
        kept.write_text("{")
    elif spoiled == "of other code":
        kept.write_text(json.dumps(json.loads(kept.read_text()) | {"code": "0"}))

    assert read_lines(["asyncio-mutex"], kept) == [NOT_RUN]


def test_runtimes_are_named_once() -> None:
    """Each runtime of the registry comes once, however many servers it has."""
    assert len(runtimes()) == len(set(runtimes()))
    assert "asyncio" in runtimes()

"""Results: the verdict of a rule, the exit code, and the JSON file."""

import io
import json

import pytest
from rich.console import Console

from conformance.matrix import (
    print_report,
)
from conformance.protocol import find_rule
from conformance.results import Results, Run
from conformance.verdicts import Verdict


RULES = ("commands.text", "slow.cut-off", "limits.memory")


def test_rule_without_a_run_is_unknown() -> None:
    """A rule that no test ran for is unknown, not passed."""
    results = _results(_run("commands.text", "pass"))

    assert results.cell("one", find_rule("slow.cut-off")).verdict == "unknown"
    assert "slow.cut-off, limits.memory: no test ran for it" in _printed(results)


@pytest.mark.parametrize(
    ("verdicts", "exit_code"),
    [
        (("pass", "declared", "pass"), 0),
        (("pass", "left out", "not applicable"), 0),
        (("pass", "fail", "unknown"), 1),
        (("pass", "pass", "unknown"), 3),
    ],
)
def test_exit_code_tells_the_worst(verdicts: tuple[Verdict, ...], exit_code: int) -> None:
    """A failure decides over an unknown, and an unknown over the rest."""
    runs = [_run(rule, verdict) for rule, verdict in zip(RULES, verdicts, strict=True)]

    assert _results(*runs).exit_code == exit_code


def test_json_comes_back_as_it_was() -> None:
    """Results can be written and read again, and the file says what it is."""
    results = _results(_run("commands.text", "fail", "no", measured=("1",)))

    text = results.to_json()

    assert Results.from_json(text) == results
    assert json.loads(text)["schema"] == "hubbub-conformance"
    assert json.loads(text)["summary"]["one"]["commands.text"] == "fail"


def test_other_json_is_refused() -> None:
    """A file of another kind or version is refused."""
    with pytest.raises(ValueError, match="expected hubbub-conformance version 1, got other"):
        Results.from_json('{"schema": "other", "version": 2}')


def _run(rule: str, verdict: Verdict, message: str = "", **more: object) -> Run:
    return Run(rule, "one", "tcp", "test_it", "A claim.", verdict, message, **more)  # type: ignore[arg-type]  # the fields of Run


def _results(*runs: Run) -> Results:
    return Results(("one",), tuple(find_rule(rule_id) for rule_id in RULES), runs)


def _printed(results: Results) -> str:
    stream = io.StringIO()
    print_report(results, Console(file=stream))
    return stream.getvalue()

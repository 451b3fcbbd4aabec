"""Results: the verdict of a rule, the exit code, and the JSON file."""

import io
import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest
from rich.console import Console

from conformance.matrix import (
    print_report,
)
from conformance.protocol import find_rule
from conformance.results import Results, Run, document_schema
from conformance.verdicts import Verdict


SCHEMA = Path(__file__).parents[2] / "conformance" / "results.schema.json"
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
    with pytest.raises(ValueError, match="expected hubbub-conformance version 2, got other"):
        Results.from_json('{"schema": "other", "version": 2}')


def test_older_results_are_read() -> None:
    """A file of version 1 says the same, with fewer verdicts."""
    results = _results(_run("commands.text", "fail", "no"))

    text = results.to_json().replace('"version": 2', '"version": 1', 1)

    assert Results.from_json(text) == results


def test_schema_describes_the_document() -> None:
    """The published schema is that of the code, and what is written fits it."""
    results = _results(_run("commands.text", "not reached", "waits"), _run("slow.cut-off", "pass"))

    jsonschema.validate(json.loads(results.to_json()), json.loads(SCHEMA.read_text("utf-8")))
    assert SCHEMA.read_text("utf-8") == document_schema()


def _run(rule: str, verdict: Verdict, message: str = "", **more: object) -> Run:
    return Run(rule, "one", "tcp", "test_it", "A claim.", verdict, message, **more)  # type: ignore[arg-type]  # the fields of Run


def _results(*runs: Run) -> Results:
    return Results(("one",), tuple(find_rule(rule_id) for rule_id in RULES), runs)


def _printed(results: Results) -> str:
    stream = io.StringIO()
    print_report(results, Console(file=stream))
    return stream.getvalue()

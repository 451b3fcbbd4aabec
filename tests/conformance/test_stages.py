"""What to fix first: prerequisites that failed, and the stages of many failures."""

import io

import pytest
from rich.console import Console

from conformance.matrix import print_report
from conformance.protocol import find_rule, rules
from conformance.results import Results, Run
from conformance.stages import (
    PREREQUISITES,
    judge_in_stages,
    not_reached,
    stages,
    with_not_reached,
)
from conformance.suite import Request
from conformance.verdicts import Verdict
from tests.conformance.judging import COMMAND


def test_every_rule_has_one_stage() -> None:
    """No rule is lost, none stands twice, and the prerequisites come first."""
    found = stages(rules())

    assert sorted(rule.id for stage in found for rule in stage.rules) == sorted(
        rule.id for rule in rules()
    )
    assert set(PREREQUISITES) <= {rule.id for rule in found[0].rules}
    assert [stage.number for stage in found] == list(range(1, len(found) + 1))


def test_rule_waits_for_a_prerequisite_at_its_own_door() -> None:
    """Only the door where a prerequisite failed has rules that wait."""
    results = with_not_reached(
        _results(
            _run("membership.welcome", "fail", door="ws"),
            _run("membership.welcome", "pass", door="tcp"),
            _run("order.total", "fail", door="ws"),
            _run("order.total", "fail", door="tcp"),
            _run("shutdown.exit", "unknown", door="-"),
        )
    )

    assert [run.verdict for run in results.runs] == [
        "fail", "pass", "not reached", "fail", "not reached",
    ]  # fmt: skip
    assert results.runs[2].message == "waits for membership.welcome\nwhy"


def test_prerequisite_waits_for_those_before_it() -> None:
    """Of two prerequisites that failed, the later one waits."""
    results = with_not_reached(
        _results(_run("names.rename", "fail"), _run("membership.welcome", "fail"))
    )

    assert [run.verdict for run in results.runs] == ["not reached", "fail"]
    assert results.exit_code == 1


@pytest.mark.parametrize("verdict", ["pass", "declared", "left out", "not applicable"])
def test_what_did_not_fail_does_not_wait(verdict: Verdict) -> None:
    """A test that passed, or that did not run, keeps its verdict."""
    results = with_not_reached(
        _results(_run("membership.welcome", "fail"), _run("slow.cut-off", verdict))
    )

    assert results.runs[1].verdict == verdict
    assert not_reached(results) == []


@pytest.mark.parametrize("rule", ["start.ready", "http.page", "websocket.fragments"])
def test_rule_that_needs_no_named_client_does_not_wait(rule: str) -> None:
    """What a server prints, serves and shakes hands with is judged without a welcome."""
    results = with_not_reached(_results(_run("membership.welcome", "fail"), _run(rule, "fail")))

    assert results.runs[1].verdict == "fail"


def test_server_that_does_not_greet_is_told_one_thing() -> None:
    """The tests that need named clients do not even run, and one rule is to be fixed."""
    request = Request(
        [f"--command={COMMAND} silent"], rules="membership.welcome,names,order", quick=True
    )

    results = judge_in_stages(request)

    assert [rule.id for rule, _, _ in results.with_verdict("fail")] == ["membership.welcome"]
    ((server, needed, count),) = not_reached(results)
    assert (server, needed) == ("wrong_chat.py", ["membership.welcome"])
    assert count == sum(rule.area in ("names", "order") for rule in rules())


def test_server_that_greets_is_judged_by_all() -> None:
    """With its prerequisites kept, nothing waits."""
    request = Request([f"--command={COMMAND}"], rules="membership.welcome,commands", quick=True)

    results = judge_in_stages(request)

    assert not_reached(results) == []
    assert results.cell("wrong_chat.py", find_rule("commands.text")).verdict == "pass"


def test_many_failures_are_told_stage_by_stage() -> None:
    """The first stage is told in full; of the others the report has a line for each rule."""
    failed = [_run(rule.id, "fail") for rule in rules() if rule.area in ("framing", "slow")]
    results = _results(*failed)

    short, whole = _printed(results), _printed(results, every_failure=True)

    assert "Fix these first: lines, names and commands" in short
    assert "✗ framing.chunks  MUST" in short
    assert "✗ slow.cut-off: A claim." in short
    assert "✗ slow.cut-off  SHOULD" not in short
    assert "✗ slow.cut-off  SHOULD" in whole


def _run(rule: str, verdict: Verdict, *, door: str = "tcp") -> Run:
    return Run(rule, "one", door, "test_it", "A claim.", verdict, "why")


def _results(*runs: Run) -> Results:
    return Results(("one",), tuple(find_rule(run.rule) for run in runs), runs)


def _printed(results: Results, *, every_failure: bool = False) -> str:
    stream = io.StringIO()
    print_report(results, Console(file=stream), every_failure=every_failure)
    return stream.getvalue()

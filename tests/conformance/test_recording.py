"""What is recorded of a run: its verdict, message and drawing."""

import re
from pathlib import Path

from conformance.results import Run
from tests.conformance.judging import TEXT_TEST, judge


def test_right_server_passes(tmp_path: Path) -> None:
    """A server that does what the rule says passes, at the door that it has."""
    runs = judge(tmp_path, TEXT_TEST)

    assert _verdicts(runs) == {"tcp": "pass", "ws": "not applicable"}
    assert runs[0].rule == "commands.text"
    assert runs[0].server == "wrong_chat.py"
    assert runs[0].claim == "Text goes to everyone."


def test_wrong_server_fails_with_a_human_sentence(tmp_path: Path) -> None:
    """A failure names the client, what it expected and what came instead."""
    run = judge(tmp_path, TEXT_TEST, fault="mishears")[0]

    assert run.verdict == "fail"
    assert run.message == "anna expected 'ben: hi' and got 'ben: ho'"


def test_failure_is_drawn(tmp_path: Path) -> None:
    """A failure with few lines is drawn as what the test's clients said and got, and no more."""
    run = judge(tmp_path, TEXT_TEST, fault="mishears")[0]

    assert "says hi" in run.history_text
    assert "rename" not in run.history_text
    assert run.history_svg.startswith("<svg")


def test_drawing_points_at_what_came_and_at_what_should_have(tmp_path: Path) -> None:
    """The expected line is drawn as missing, the line that came instead as wrong."""
    run = judge(tmp_path, TEXT_TEST, fault="mishears")[0]

    assert re.search(r"● gets ho\b", run.history_text)
    assert re.search(r"✗ no hi\b", run.history_text)


def test_broken_promise_is_drawn_at_its_smallest(tmp_path: Path) -> None:
    """A failure that the history checker found shows the smallest history, not all the talk."""
    source = """
from conformance.swarm import Swarm

@rule("order.speaker")
def test_order(swarm):
    swarm(talkers=3, lines_each=30).assert_keeps("order.speaker")
"""
    run = judge(tmp_path, source, fault="swaps")[0]

    assert run.message.startswith("anna got ")
    assert len(run.history_text.splitlines()) < 12


def test_unknown_is_neither_pass_nor_fail(tmp_path: Path) -> None:
    """A test that proved nothing is unknown, with its reason."""
    source = """
@rule("commands.text")
def test_text(clients):
    raise Unknown("nobody overlapped")
"""
    run = judge(tmp_path, source)[0]

    assert (run.verdict, run.message) == ("unknown", "nobody overlapped")


def test_info_rule_never_fails(tmp_path: Path) -> None:
    """A failing test of an INFO rule is unknown; what it measured is kept."""
    source = """
@rule("limits.memory")
def test_memory(clients, measured):
    measured("41 KiB per client")
    assert 1 > 2
"""
    run = judge(tmp_path, source)[0]

    assert run.verdict == "unknown"
    assert run.measured == ("41 KiB per client",)


def _verdicts(runs: list[Run]) -> dict[str, str]:
    return {run.door: run.verdict for run in runs}

"""Which tests run: quick runs, one door per rule, chosen rules."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.python import ROOT
from conformance.suite import RULES
from tests.conformance.judging import CUT_OFF_TEST, TEXT_TEST, judge


def test_quick_run_leaves_slow_rules_out(tmp_path: Path) -> None:
    """A slow test is left out of a quick run, and the record says why."""
    source = """
@rule("commands.text")
@slow_rule("talks for a minute")
def test_text(clients):
    raise AssertionError
"""
    run = judge(tmp_path, source, "--quick")[0]

    assert (run.verdict, run.message) == ("left out", "talks for a minute")


def test_rest_is_what_a_quick_run_leaves_out(tmp_path: Path) -> None:
    """A quick run and a run of the rest together have every test once."""
    source = """
@rule("commands.text")
def test_first(door):
    pass


@rule("commands.text")
def test_second(door):
    pass


@rule("commands.who")
@slow_rule("talks for a minute")
def test_slow(door):
    pass
"""

    def ran(*flags: str) -> list[tuple[str, str]]:
        runs = judge(tmp_path, source, *flags)
        return sorted((run.test, run.door) for run in runs if run.verdict == "pass")

    quick, rest = ran("--quick"), ran("--rest")

    assert {test.rpartition("::")[2] for test, _ in quick} == {"test_first"}
    assert {test.rpartition("::")[2] for test, _ in rest} == {"test_second", "test_slow"}
    assert sorted(quick + rest) == ran()


def test_one_door_run_judges_each_rule_at_one_door(tmp_path: Path) -> None:
    """Each rule of both doors is judged at one, the next rule at the other."""
    source = "".join(
        f"""
@rule("{rule}")
def test_{number}(door):
    assert door in ("tcp", "ws")
"""
        for number, rule in enumerate(("commands.text", "commands.who", "commands.say"))
    )

    runs = judge(tmp_path, source, "--one-door")

    assert [(run.rule, run.door) for run in runs] == [
        ("commands.text", "tcp"),
        ("commands.who", "ws"),
        ("commands.say", "tcp"),
    ]


def test_only_the_rules_asked_for_run(tmp_path: Path) -> None:
    """Tests of other rules than the chosen ones do not run."""
    runs = judge(tmp_path, TEXT_TEST + CUT_OFF_TEST, "--rules=slow")

    assert {run.rule for run in runs} == {"slow.cut-off"}


@pytest.mark.parametrize(
    "options",
    [
        ["--rules=order,commands.text"],
        ["--server=trio-direct=order.total", "--server=asyncio-direct=commands.text,order.total"],
        ["--server=trio-direct=order.total", "--rules=order,names"],
        ["--server=trio-direct=order.total", "--server=asyncio-direct"],
        ["--server=trio-direct"],
    ],
)
def test_files_that_are_left_out_hold_no_test_asked_for(options: list[str]) -> None:
    """The same tests run, whether the other files of the suite are imported or passed over."""
    source = (
        "import sys, pytest, conformance.plugin as plugin\n"
        "if sys.argv[1] == 'all': del plugin.pytest_ignore_collect\n"
        "options = ['-q', '--collect-only', '-p', 'conformance.plugin', *sys.argv[2:]]\n"
        "sys.exit(pytest.main(options))\n"
    )

    def collected(files: str) -> set[str]:
        command = [sys.executable, "-c", source, files, str(RULES), *options]
        command += ["-c", os.devnull, f"--rootdir={RULES}"]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return {line for line in found.stdout.splitlines() if "::" in line}

    assert collected("some") == collected("all") != set()

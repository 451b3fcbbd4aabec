"""``hubbub conform`` judges from any folder, and its exit code tells the verdict."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance import TcpClient
from conformance.contenders import ForeignCommand, LaunchOptions
from conformance.python import ROOT, module_command
from conformance.server import free_address, spell
from tests.conformance.foreign.programs import RAW_BROADCAST
from tests.conformance.judging import COMMAND


def test_kept_rule_exits_with_0(tmp_path: Path) -> None:
    """If all rules asked for are kept, the exit code is 0 and the matrix is on standard output."""
    finished = _conform(tmp_path, f"--command={COMMAND}", "--rules=commands.text")

    assert finished.returncode == 0, finished.stderr
    assert "commands.text  ✓" in finished.stdout


def test_broken_rule_exits_with_1(tmp_path: Path) -> None:
    """A broken rule exits with 1, and the report says what happened."""
    finished = _conform(tmp_path, f"--command={COMMAND} mishears", "--rules=commands.forge")

    assert finished.returncode == 1
    assert "✗ commands.forge  MUST" in finished.stdout


def test_rule_that_needs_a_setting_leaves_a_server_without_settings_green(tmp_path: Path) -> None:
    """With ``settings = "none"`` such a rule is not applicable, so the exit code can be 0."""
    policy = tmp_path / "policy.toml"
    policy.write_text('settings = "none"\n')
    rules = "--rules=liveness.idle,commands.text"

    finished = _conform(tmp_path, f"--command={COMMAND}", rules, f"--policy={policy}")

    assert finished.returncode == 0, finished.stdout
    assert "1 pass" in finished.stdout
    assert "1 not applicable" in finished.stdout


def test_results_are_written_where_asked(tmp_path: Path) -> None:
    """The JSON file names its kind, and the page is an HTML page."""
    files = ("--json=out.json", "--html=out.html")

    _conform(tmp_path, f"--command={COMMAND}", "--rules=commands.text", *files)

    results = json.loads((tmp_path / "out.json").read_text())
    assert results["summary"] == {"wrong_chat.py": {"commands.text": "pass"}}
    assert (tmp_path / "out.html").read_text().startswith("<!DOCTYPE html>")


def test_a_ci_gets_its_files(tmp_path: Path) -> None:
    """JUnit XML as pytest writes it, a summary in Markdown, and a badge."""
    files = ("--junit=out.xml", "--markdown=out.md", "--badge=badge.json")

    _conform(
        tmp_path, f"--command={COMMAND} mishears", "--rules=commands.text,commands.forge", *files
    )

    (suite,) = ElementTree.parse(tmp_path / "out.xml").getroot()
    failed = {
        rule.get("value")
        for case in suite
        for rule in case.iterfind("properties/property[@name='rule']")
        if case.find("failure") is not None
    }
    assert suite.get("name") == "hubbub conform"
    assert failed == {"commands.forge"}
    assert "| wrong\\_chat.py | 1 | 1 |" in (tmp_path / "out.md").read_text()
    assert json.loads((tmp_path / "badge.json").read_text())["message"] == "1 of 2 rules"


@pytest.mark.parametrize("form", ["json", "html", "junit", "markdown", "badge"])
def test_file_without_a_folder_is_refused_at_once(tmp_path: Path, form: str) -> None:
    """Nobody waits for a verdict that cannot be written."""
    finished = _conform(tmp_path, "asyncio-mutex", f"--{form}=nowhere/out")

    assert finished.returncode == 2
    assert f"--{form}: there is no folder nowhere" in finished.stderr


def test_nothing_in_the_callers_folder_disturbs(tmp_path: Path) -> None:
    """Packages and a broken pytest configuration in the caller's folder have no effect."""
    for package in ("tests", "hubbub"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise RuntimeError")
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-flag\n")

    finished = _conform(tmp_path, f"--command={COMMAND}", "--rules=commands.text")

    assert finished.returncode == 0, finished.stderr


def test_running_server_is_judged_by_its_address(tmp_path: Path) -> None:
    """A running server is judged, left running, and left empty."""
    server = ForeignCommand(COMMAND).launch(LaunchOptions()).wait_ready()
    host, port = server.tcp

    try:
        finished = _conform(tmp_path, f"--tcp={host}:{port}", "--rules=commands.text,liveness.idle")
        newcomer = TcpClient(server.tcp)
        welcome = [newcomer.next_line(), newcomer.next_line()]
        newcomer.abandon()
    finally:
        server.stop()

    assert finished.returncode == 3
    assert "needs a server of its own" in finished.stdout
    assert welcome[1] == f"* online (1): {newcomer.name}"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "name servers by id"),
        (["asyncio-mutex", "--tcp=127.0.0.1:9"], "name servers by id"),
        (["no-such-server"], "there is no server no-such-server"),
        (["--command=./server"], "names no address"),
        (["--tcp=here"], "'here' is not HOST:PORT"),
        (["--tcp=127.0.0.1:9"], "nothing accepts at 127.0.0.1:9"),
        (["asyncio-mutex", "--name=mine"], "--name goes with --command"),
        ([f"--command={COMMAND}", "--rules=ordre"], "no rule or area ordre"),
        ([f"--command={COMMAND}", "--policy=none.toml"], "none.toml"),
        ([f"--command={COMMAND}", "-n0"], "-n must be at least 1"),
    ],
)
def test_misuse_exits_with_2_and_one_line(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    """Arguments that make no sense are refused at once, in one clear line."""
    finished = _conform(tmp_path, *arguments)

    assert finished.returncode == 2
    assert complaint in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("sh 'x {ws}", "No closing quotation"),
        ("PORT={ws_port} node x", "write  env PORT={ws_port} node x"),
        ("cd a && b {ws}", "write  sh -c 'cd a && b {ws}'"),
        ("./no-such-server {ws}", "there is no program ./no-such-server"),
        ("sh -c 'echo oops >&2; exit 7' {ws}", "exit code 7; last on standard error: oops"),
    ],
)
def test_command_that_does_not_start_is_one_line(
    tmp_path: Path, command: str, complaint: str
) -> None:
    """It is tried once before any rule is judged: the exit code is 2, after one line."""
    finished = _conform(tmp_path, f"--command={command}")

    assert finished.returncode == 2
    assert complaint in finished.stderr
    assert len(finished.stderr.splitlines()) == 1


def test_server_that_is_slow_to_start_may_have_more_time(tmp_path: Path) -> None:
    """The time is that of --start-within, and the line about a slow server names the flag."""
    flags = [f"--command=sh -c 'sleep 1; exec {COMMAND}'", "--rules=commands.text"]

    patient = _conform(tmp_path, *flags, "--start-within=60", "--name=slow-one")
    hasty = _conform(tmp_path, *flags, "--start-within=0.1")

    assert patient.returncode == 0, patient.stderr
    assert "slow-one" in patient.stdout
    assert hasty.returncode == 2
    assert "nothing accepts at 127.0.0.1:" in hasty.stderr
    assert "--start-within" in hasty.stderr


def test_relative_command_keeps_its_meaning(tmp_path: Path) -> None:
    """The test of http.page starts its server in another folder: paths are the caller's."""
    script = tmp_path / "mine.sh"
    serve = shlex.join(module_command("hubbub", "serve", "asyncio-mutex"))
    script.write_text(f'#!/bin/sh\nexec {serve} --tcp "$1" --ws "$2"\n')
    script.chmod(0o755)
    for command in ("./mine.sh {tcp} {ws}", "sh mine.sh {tcp} {ws}"):
        finished = _conform(tmp_path, f"--command={command}", "--rules=http.page")

        assert finished.returncode == 0, finished.stdout + finished.stderr


def test_modules_in_the_callers_folder_stay_the_callers(tmp_path: Path) -> None:
    """A random.py, signal.py or pytest.py there is imported by nothing of ours."""
    for name in ("random", "signal", "pytest", "select", "json", "xdist"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('of the caller')")
    command = [sys.executable, "-m", "hubbub", "conform", f"--command={COMMAND}"]
    command += ["--rules=commands.text", "-n2"]

    finished = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    assert finished.returncode == 0, finished.stderr


def _conform(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-P", "-m", "hubbub", "conform", "-n1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


def test_server_that_greets_nobody_gets_one_sentence(tmp_path: Path) -> None:
    """Without a greeting nothing is failed: the rules are unknown, for one reason."""
    finished = _conform(tmp_path, f"--command={RAW_BROADCAST}", "--rules=order,delivery", "--quick")

    assert finished.returncode == 3
    assert "got nothing; try --dialect raw" in finished.stderr
    assert "✓ 0 pass ? 6 unknown" in finished.stdout
    assert finished.stdout.count("try --dialect raw") == 1


def test_server_with_a_fixed_port_is_started_for_each_test(tmp_path: Path) -> None:
    """With a command and an address, the command is started afresh at that address."""
    address = spell(free_address())
    command = RAW_BROADCAST.replace("{ws_port}", address.rpartition(":")[2])
    asked = ("--dialect=raw", "--rules=order.speaker,framing.empty")

    finished = _conform(tmp_path, f"--command={command}", f"--ws={address}", *asked)

    assert finished.returncode == 0, finished.stdout
    assert "✓ 2 pass" in finished.stdout


def test_mistake_in_a_dialect_is_one_line(tmp_path: Path) -> None:
    """A wrong key is named with what is allowed, and nothing is started."""
    (tmp_path / "mine.toml").write_text("ehco = false\n")

    finished = _conform(tmp_path, "asyncio-mutex", "--dialect=mine.toml")

    assert finished.returncode == 2
    (line,) = finished.stderr.splitlines()
    assert line.startswith("hubbub: --dialect mine.toml: there is no key ehco; allowed are ")


@pytest.mark.parametrize("dialect", ["raw", "hubbub"])
def test_server_of_ours_breaks_nothing_in_a_dialect(dialect: str, tmp_path: Path) -> None:
    """The control: a server that keeps every rule keeps them in a dialect too."""
    ids = ("asyncio-mutex", "trio-broadcaster", "threads-direct")
    kept = ("order.total", "order.speaker", "delivery.unaltered", "framing.control")
    rules = f"--rules={','.join(kept)}"

    finished = _conform(tmp_path, *ids, f"--dialect={dialect}", rules, "--quick")

    assert finished.returncode == 0, finished.stdout
    assert finished.stdout.count("✓ 4 pass\n") == 3

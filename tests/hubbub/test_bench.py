"""``hubbub bench``, ``report`` and ``compare``: what they keep, and what they refuse."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import campaign, environment, peers, server_process
from benchmarks.campaign import Plan
from benchmarks.results import Run, read, write
from benchmarks.scenarios import SCENARIOS
from benchmarks.workload import Workload
from hubbub.bench import Journal
from hubbub.cli import main
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


ARGUMENTS = ["closed", "--server", "asyncio-direct", "--peer", "none", "--processes", "3"]


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs take no time, and no server is measured twice."""

    def run(scenario: str, server: str, process: int, workload: Workload, *_: object) -> Run:
        return make_run(server, 10.0 + process, process=process, scenario=scenario)

    monkeypatch.setattr(campaign, "_run", run)
    monkeypatch.setattr(campaign, "_TWICE", ())
    monkeypatch.setattr(campaign, "counter", lambda: None)
    scenario = replace(SCENARIOS["closed"], points=(SMALL,))
    monkeypatch.setitem(SCENARIOS, "closed", scenario)
    known = dict(peers.PEERS)  # a test may add one of its own
    for module in (peers, campaign, server_process):
        monkeypatch.setattr(module, "PEERS", known)


def test_measurement_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each run has a line, a table follows, and only the file with all results is left."""
    output = tmp_path / "bench.json"

    assert main(["bench", *ARGUMENTS, "--output", str(output)]) == 0

    assert [run.process for run in read(output).runs] == [1, 2, 3]
    assert [path.name for path in tmp_path.iterdir()] == ["bench.json"]
    said = capsys.readouterr().out
    assert "3/3 closed asyncio-direct, process 3: 13.00 µs per delivery" in said
    assert "12.00" in said


def test_server_of_ones_own_is_measured_beside_others(tmp_path: Path) -> None:
    """The user's server is started, judged, and measured beside the named servers."""
    script = tmp_path / "mine.py"
    script.write_text(
        "import runpy, sys\n"
        "sys.argv = ['mine', '--ws', sys.argv[2]]\n"
        "runpy.run_module('benchmarks.peers.websockets_broadcast', run_name='__main__')\n"
    )
    command = f"{shlex.quote(sys.executable)} {script} at {{ws}}"
    words = ["closed", "--command", command, "--peer", "none", "--processes", "1"]
    output = tmp_path / "bench.json"

    assert main(["bench", *words, "--output", str(output)]) == 0

    measured = read(output)
    assert [run.server for run in measured.runs] == ["asyncio-direct", "mine"]
    assert measured.judged["mine"]["order.total"] == "pass"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("'", "No closing quotation"),
        ("", "--command is empty"),
        ("./node-ws --port {ws}", "a server named node-ws exists already"),
        ("PORT={ws_port} node x", "write  env PORT={ws_port} node x"),
        ("./no-such-server {ws}", "there is no program ./no-such-server"),
    ],
)
def test_command_that_is_none_is_misuse(
    command: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says what is wrong with the command."""
    assert main(["bench", "closed", "--command", command]) == 2
    assert said in capsys.readouterr().err


def test_own_server_that_does_not_start_is_said_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is measured: one line says why the user's server does not start."""
    words = ["closed", "--command", "false", "--peer", "none", "--processes", "1"]

    assert main(["bench", *words, "--output", str(tmp_path / "bench.json")]) == 2
    said = capsys.readouterr()
    assert said.err == "hubbub: false was not measured: the server did not start (exit code 1)\n"
    assert said.out == ""


def test_stopped_measurement_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C keeps all finished runs and says how to go on; then only the rest is measured."""
    output = tmp_path / "bench.json"
    costs: Iterator[float] = iter([10.0, 11.0])

    def interrupted(scenario: str, server: str, process: int, *_: object) -> Run:
        try:
            return make_run(server, next(costs), process=process)
        except StopIteration:
            raise KeyboardInterrupt from None

    with monkeypatch.context() as patch:
        patch.setattr(campaign, "_run", interrupted)
        assert main(["bench", *ARGUMENTS, "--output", str(output)]) == 130
    assert f"hubbub bench --resume --output {output}" in capsys.readouterr().err
    assert not output.exists()

    assert main(["bench", *ARGUMENTS, "--output", str(output), "--resume"]) == 0

    costs_us = [run.figures.cost_us for run in read(output).runs if run.figures]
    assert costs_us == pytest.approx([10.0, 11.0, 13.0])


def test_measurement_of_another_machine_does_not_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A measurement that was begun on another machine or commit cannot be resumed."""
    output = tmp_path / "bench.json"

    def interrupted(*_: object) -> Run:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(campaign, "_run", interrupted)
        patch.setattr(environment, "_cpu", lambda: "Z80")
        assert main(["bench", *ARGUMENTS, "--output", str(output)]) == 130

    assert main(["bench", *ARGUMENTS, "--output", str(output), "--resume"]) == 2
    assert "begun with another cpu: start again without --resume" in capsys.readouterr().err


def test_run_that_was_being_written_is_made_again(tmp_path: Path) -> None:
    """A journal whose last line is incomplete is resumed without that line."""
    plan = Plan(("closed",))
    journal = Journal(tmp_path / "bench.json", plan)
    journal.begin(make_results({}))
    journal.add(make_run("a", 1.0))
    journal.add(make_run("a", 2.0, process=2))
    part = tmp_path / "bench.json.part"
    part.write_text(part.read_text()[:-50])

    assert [run.process for run in journal.resume().runs] == [1]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: "", "nothing to resume"),
        (lambda text: text.replace('"plan"', '"planet"'), "damaged"),
        (lambda text: text.replace('"closed"', '"open"', 1), "other arguments"),
    ],
)
def test_journal_that_does_not_fit_is_refused(tmp_path: Path, damage: object, words: str) -> None:
    """A journal that is empty, damaged or of another plan cannot be resumed."""
    assert callable(damage)
    journal = Journal(tmp_path / "bench.json", Plan(("closed",)))
    journal.begin(make_results({}))
    part = tmp_path / "bench.json.part"
    part.write_text(damage(part.read_text()))

    with pytest.raises(ValueError, match=words):
        journal.resume()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bench", "closd"], "there is no scenario closd"),
        (["bench", "--server", "asyncio"], "there is no server asyncio"),
        (["bench", "--peer", "rust"], "there is no peer rust"),
        (["bench", "--processes", "0"], "--processes must be at least 1"),
        (["bench", "--clients", "0"], "--clients must be at least 1"),
        (["bench", "--output", "no/such/x.json"], "there is no folder no/such"),
        (["bench", "--output", "x.txt"], "must end in .json or .json.gz"),
        (["bench", "--resume", "--output", "x.json"], "nothing to resume"),
        (["report", "none.json"], "cannot read none.json"),
        (["compare", "none.json", "none.json"], "cannot read none.json"),
        (["compare", "one.json"], "give two files of hubbub bench"),
        (["compare", "asyncio"], "there is no server asyncio"),
        (["compare", "--clients", "0"], "must each be at least 1"),
    ],
)
def test_misuse_is_one_clear_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A wrong name, number, folder or file is refused with one line, and nothing is written."""
    monkeypatch.chdir(tmp_path)

    assert main(arguments) == 2

    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_too_many_clients_are_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """More clients than open files are allowed: that is one line, and no file is left behind."""
    output = tmp_path / "bench.json"

    assert main(["bench", *ARGUMENTS, "--clients", "1000000000", "--output", str(output)]) == 1

    assert "open files" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_report_is_one_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page stands beside the results, is self-contained, and says which server to pick."""
    path = tmp_path / "round.json.gz"
    write(make_results({"asyncio-direct": [3.0, 3.1, 3.2], PEER: [5.0, 5.1, 5.2]}), path)

    assert main(["report", str(path)]) == 0

    page = tmp_path / "round.html"
    assert capsys.readouterr().out.strip() == str(page)
    html = page.read_text("utf-8")
    assert "Which server should I pick, and what does it cost?" in html
    assert "ratio to go-gorilla" in html
    assert "(0.61; " in html
    assert "<link" not in html
    assert 'src="' not in html
    assert len(html) < 3_000_000


def test_page_that_cannot_be_written_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that does not exist is one line and exit code 1."""
    path = tmp_path / "bench.json"
    write(make_results({"asyncio-direct": [3.0]}), path)

    assert main(["report", str(path), "-o", str(tmp_path / "no" / "page.html")]) == 1

    assert "cannot write" in capsys.readouterr().err


def test_two_measurements_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two files are compared: a ratio for each cell, what changed, and a page with both."""
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    write(make_results({"asyncio-direct": [3.0, 3.1, 3.2]}), before)
    write(make_results({"asyncio-direct": [6.0, 6.1, 6.2]}), after)

    assert main(["compare", str(before), str(after), "--output", str(tmp_path / "to")]) == 0

    said = capsys.readouterr().out
    assert "1.97" in said
    assert str(tmp_path / "to" / "rounds.html") in said
    assert "1.97" in (tmp_path / "to" / "rounds.html").read_text("utf-8")


def test_plan_is_what_was_asked_for(tmp_path: Path) -> None:
    """The journal keeps the plan, so runs of another plan are not mixed into it."""
    journal = Journal(tmp_path / "bench.json", Plan(("closed", "open"), peers=()))
    journal.begin(make_results({}))

    head = json.loads((tmp_path / "bench.json.part").read_text().splitlines()[0])

    assert head["plan"]["scenarios"] == ["closed", "open"]


def test_dry_run_says_how_long_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each scenario has its minutes, the sum follows, and nothing is measured or written."""
    output = tmp_path / "bench.json"

    assert main(["bench", "closed", "open", "--dry-run", "--output", str(output)]) == 0

    said = capsys.readouterr().out
    rows = {words[0]: words for line in said.splitlines() if (words := line.split())}
    assert rows["closed"][1:3] == ["34", "170"]
    assert float(rows["open"][3]) > 1
    assert float(rows["all"][-1]) > float(rows["open"][3])
    assert list(tmp_path.iterdir()) == []


def test_estimate_is_said_before_a_long_measurement(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a measurement of minutes the command says how many they are."""
    monkeypatch.setattr(campaign, "begin", lambda plan, say: make_results({}))
    output = tmp_path / "bench.json"
    words = ["closed", "crowd", "--server", "asyncio-direct", "--peer", "none"]

    main(["bench", *words, "--output", str(output)])

    assert "by estimate this takes" in capsys.readouterr().out

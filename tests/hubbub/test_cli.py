"""The command line: finding the sub-command, help, misuse, and full disks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from subprocess import PIPE

import pytest

from conformance.timing import WITHIN
from hubbub.cli import COMMANDS, GROUPS, main
from implementations.servers import SERVERS
from tests.meta.folders import ROOT


def exit_code(*argv: str) -> int:
    """Return the exit code of ``hubbub *argv``, also if argparse exits."""
    try:
        return main(list(argv))
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1


def test_list_has_every_server_with_its_axes(capsys: pytest.CaptureFixture[str]) -> None:
    """Each server has a line with its id and its axes, and a line that describes it."""
    assert exit_code("list") == 0

    lines = capsys.readouterr().out.splitlines()
    for server in SERVERS:
        place = [line.split() for line in lines].index(
            [server.id, server.runtime, server.hub, server.delivery]
        )
        assert lines[place + 1].strip() == server.summary


def test_list_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """No line of the list is wider than 80 columns."""
    exit_code("list")

    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_ids_are_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """``--ids`` prints the ids and nothing else, for other programs to read."""
    assert exit_code("list", "--ids") == 0

    assert capsys.readouterr().out.splitlines() == [server.id for server in SERVERS]


def test_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` prints the version that is installed."""
    assert exit_code("--version") == 0

    assert capsys.readouterr().out == f"hubbub {version('hubbub')}\n"


@pytest.mark.parametrize("argv", [[], ["--help"]], ids=["", "--help"])
def test_help_fits_a_terminal(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The overview is at most 80 columns wide, and each sub-command is in one group."""
    exit_code(*argv)

    printed = capsys.readouterr()
    assert max(map(len, (printed.out + printed.err).splitlines())) <= 80
    assert len(COMMANDS) == sum(map(len, GROUPS.values()))


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """``hubbub`` alone shows the overview on standard error, and ends with 2 as a misuse does."""
    assert exit_code() == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert "start here:" in printed.err


def test_likely_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt command is answered with the command that was meant."""
    assert exit_code("confrom") == 2

    assert "did you mean 'conform'?" in capsys.readouterr().err


def test_unknown_flag_names_the_help_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The line about a flag that a sub-command does not have names that sub-command's help."""
    assert exit_code("list", "--dance") == 2

    expected = "hubbub: unrecognized arguments: --dance (try hubbub list --help)\n"
    assert capsys.readouterr().err == expected


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The help has a line for each sub-command."""
    assert exit_code("--help") == 0

    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert [name for name in COMMANDS if name not in listed] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each sub-command has its own help, 80 columns wide, and shows it without an error."""
    assert exit_code(name, "--help") == 0

    printed = capsys.readouterr()
    assert printed.out.startswith(f"usage: hubbub {name} ")
    assert printed.err == ""
    assert max(map(len, printed.out.splitlines())) <= 80


@pytest.mark.parametrize(
    "argv",
    [
        [""],
        ["dance"],
        ["lis"],
        ["--dance"],
        ["list", "--dance"],
        ["list", "more"],
        ["serve"],
        ["serve", "nobody"],
        ["serve", SERVERS[0].id, "--dance"],
    ],
    ids=" ".join,
)
def test_bad_usage_is_one_line(argv: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command, flag or id is one line and exit code 2."""
    assert exit_code(*argv) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    assert line.startswith("hubbub: ")


def test_interrupted_command_is_not_an_error_to_be_traced(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Control-C ends any sub-command with 130, as shells expect, and prints nothing."""

    def interrupted(_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("hubbub.list.run", interrupted)

    assert exit_code("list") == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk_is_one_line() -> None:
    """A full disk ends the command with one line that says so."""
    with Path("/dev/full").open("w") as full:
        listed = subprocess.run(
            [sys.executable, "-m", "hubbub", "list"], stdout=full, stderr=PIPE, text=True
        )

    assert (listed.returncode, listed.stderr) == (
        1,
        "hubbub: cannot write: No space left on device\n",
    )


def test_reader_that_has_seen_enough_is_no_news() -> None:
    """A pipe whose reader has ended ends the command without a message."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        listed = subprocess.run(
            [sys.executable, "-m", "hubbub", "list"], stdout=pipe, stderr=PIPE, text=True
        )

    assert (listed.returncode, listed.stderr) == (1, "")


LOST = """
import signal, sys, time
from hubbub import cli
cli._interrupted_by_signals()
class Finalized:
    def __del__(self):
        signal.raise_signal(int(sys.argv[1]))
try:
    Finalized()
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("ignored", [False, True], ids=["in-front", "in-the-background"])
def test_signal_in_a_finalizer_is_not_lost(number: signal.Signals, ignored: bool) -> None:
    """Python ignores what is raised in ``__del__``; the command is interrupted all the same."""
    if ignored and number == signal.SIGINT:
        pytest.skip("a background job ignores SIGINT")

    ended = subprocess.run(
        [sys.executable, "-c", LOST, str(int(number))],
        preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignored else None,
        capture_output=True,
        text=True,
        timeout=30 + WITHIN,
        check=False,
        cwd=ROOT,
    )

    assert ended.stdout == "interrupted\n"

"""``hubbub completion``: the script completes sub-commands, flags and names in a shell."""

from __future__ import annotations

import argparse
import shutil
import subprocess
from pathlib import Path

import pytest

from hubbub.cli import COMMANDS, main
from hubbub.completion import SHELLS, full_parser
from implementations.servers import SERVERS


pytest.importorskip("shtab")

# Asks the script what it would offer for the last word.
ASK = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"
_shtab_hubbub
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script for bash."""
    import shtab

    path = tmp_path_factory.mktemp("completion") / "hubbub"
    path.write_text(shtab.complete(full_parser(), "bash"), encoding="utf-8")
    return path


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["co"], ["conform", "compare", "completion"]),
        (["serve", "trio-"], ["trio-mutex", "trio-broadcaster", "trio-direct"]),
        (["serve", "exhibit-two"], ["exhibit-two-locks"]),
        (["serve", "trio-mutex", "--slow-consumer", "drop"], ["drop-oldest", "drop-newest"]),
        (["conform", "--rules", "order."], ["order.total", "order.speaker", "order.membership"]),
        (["conform", "trio-mutex", "trio-d"], ["trio-direct"]),
        (["gallery", "two"], ["two-locks"]),
        (["bench", "clo"], ["closed"]),
        (["bench", "closed", "--peer", "go-g"], ["go-gorilla"]),
        (["check", "15"], ["15"]),
        (["draw", "--st"], ["--steps"]),
        (["completion", "f"], ["fish"]),
    ],
    ids=str,
)
def test_words_are_completed(script: Path, words: list[str], offered: list[str]) -> None:
    """In bash the words that may follow are offered, and no others."""
    asked = subprocess.run(
        ["bash", "-c", ASK, "ask", str(script), "hubbub", *words],
        capture_output=True,
        text=True,
        check=True,
    )

    assert sorted(asked.stdout.split()) == sorted(offered)


@pytest.mark.parametrize("shell", SHELLS)
def test_script_is_for_its_shell(
    shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each shell gets a script, which that shell can read where it is installed."""
    assert main(["completion", shell]) == 0

    script = capsys.readouterr().out
    assert "exhibit-two-locks" in script
    assert "order.total" in script
    if shutil.which(shell):
        path = tmp_path / "script"
        path.write_text(script, encoding="utf-8")
        subprocess.run([shell, "-n", str(path)], check=True)


def test_unknown_shell_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    """Another shell is refused in one line."""
    with pytest.raises(SystemExit, match="2"):
        main(["completion", "tcsh"])

    assert capsys.readouterr().err.count("\n") == 1


def test_parser_of_the_script_has_all_commands() -> None:
    """All sub-commands have their arguments in it, ``serve`` too."""
    (group,) = full_parser()._get_positional_actions()
    commands = group.choices
    assert isinstance(commands, dict)

    assert list(commands) == list(COMMANDS)
    assert [one.dest for one in named(commands["serve"], "id")] == ["id"]
    assert set(named(commands["compare"], "ids")[0].choices or ()) == {one.id for one in SERVERS}


def named(parser: argparse.ArgumentParser, dest: str) -> list[argparse.Action]:
    """Return the arguments of a parser with that destination."""
    return [action for action in parser._actions if action.dest == dest]

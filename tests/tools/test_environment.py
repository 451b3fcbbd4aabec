"""The Makefile's environments: when one is made anew, brought up to date, or left alone."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tools import environment
from tools.environment import CannotBuild, Steps, main, make_ready, read_stamp


class Work:
    """What the script did, in the place of the steps that take time."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails = False

    def create(self, folder: Path, _: Steps) -> None:
        """Make a folder that looks like an environment, and remember it."""
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / "python").touch()
        self.done.append("create")

    def install(self, _folder: Path, extras: Iterable[str], _steps: Steps) -> None:
        """Remember the extras, or fail."""
        if self.fails:
            raise CannotBuild("no network")
        self.done.append(f"install {','.join(extras)}")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    """The steps are recorded, not done."""
    work = Work()
    monkeypatch.setattr(environment, "create", work.create)
    monkeypatch.setattr(environment, "install", work.install)
    return work


def test_environment_is_made_once(work: Work, tmp_path: Path) -> None:
    """The second call finds everything in place and does nothing."""
    make_ready(tmp_path / "venv", ["b", "a"])
    make_ready(tmp_path / "venv", ["a"])

    assert work.done == ["create", "install a,b"]


def test_extras_are_added(work: Work, tmp_path: Path) -> None:
    """Another extra comes to those that are there; the environment stays."""
    make_ready(tmp_path / "venv", ["use"])
    make_ready(tmp_path / "venv", ["develop"])

    assert work.done == ["create", "install use", "install develop,use"]


def test_another_python_gets_another_environment(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a Python of another path or version, the environment is made anew, without old extras."""
    make_ready(tmp_path / "venv", ["develop"])
    monkeypatch.setattr(environment, "this_python", lambda: "/usr/bin/python3.14 3.14.0")
    make_ready(tmp_path / "venv", ["use"])

    assert work.done == ["create", "install develop", "create", "install use"]


def test_broken_environment_is_replaced(work: Work, tmp_path: Path) -> None:
    """An environment whose Python has gone, or that was moved, is made anew."""
    make_ready(tmp_path / "venv", ["use"])
    (tmp_path / "venv").rename(tmp_path / "moved")
    make_ready(tmp_path / "moved", ["use"])
    (tmp_path / "moved" / "bin" / "python").unlink()
    make_ready(tmp_path / "moved", ["use"])

    assert work.done == ["create", "install use"] * 3


def test_changed_pins_are_installed(
    work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the project asks for other packages, they are installed into what is there."""
    make_ready(tmp_path / "venv", ["use"])
    monkeypatch.setattr(environment, "project_digest", lambda: "other pins")
    make_ready(tmp_path / "venv", ["use"])

    assert work.done == ["create", "install use", "install use"]


def test_failure_leaves_nothing_that_looks_whole(
    work: Work, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A failed installation says why, and the next call begins again."""
    work.fails = True

    assert main([str(tmp_path / "venv"), "use"]) == 1

    assert capsys.readouterr().err == "\nno network\n"
    assert read_stamp(tmp_path / "venv") is None
    work.fails = False
    assert main([str(tmp_path / "venv"), "use"]) == 0
    assert work.done == ["create", "create", "install use"]


def test_old_environment_counts_for_nothing(work: Work, tmp_path: Path) -> None:
    """A folder without a stamp of this script is replaced."""
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / ".ready").touch()

    make_ready(tmp_path / "venv", ["use"])

    assert work.done == ["create", "install use"]


def test_python_without_venv_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a Python says that cannot make an environment reaches the reader."""
    liar = tmp_path / "python"
    liar.write_text("#!/bin/sh\necho 'WARNING: noise'; echo 'ensurepip is not available'; exit 1\n")
    liar.chmod(0o755)
    monkeypatch.setattr(environment, "base_python", lambda: str(liar))
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(CannotBuild, match=r"cannot make .*venv:\nensurepip is not available$"):
        environment.create(tmp_path / "venv", Steps(tmp_path, "3.11"))


def test_pip_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each step is a line, also where nothing can move; a failure shows what pip said last."""
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text(
        "#!/bin/sh\necho Collecting numpy==2.4\necho Installing collected packages: numpy, rich\n"
        "echo ERROR: no space left\nexit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")

    with pytest.raises(CannotBuild, match=r"ERROR: no space left$"):
        environment.install(tmp_path, ["use"], Steps(Path(".venv"), "3.11"))

    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "Setting up .venv with Python 3.11, once ...",
        "  1. find and download packages ... 0 s",
        "  2. install 2 packages ... 0 s",
    ]


def test_count_moves_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a terminal the line of a step shows how far it is."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    steps = Steps(Path(".venv"), "3.11")

    steps.step("find packages")
    steps.move("7: numpy")
    steps.done()

    written = capsys.readouterr().out.split("\r")
    assert [part.strip() for part in written[1:]] == [
        "1. find packages ... 7: numpy",
        "1. find packages ... 0 s",
    ]


def test_misuse_shows_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Without arguments the script says how it is called."""
    assert main([]) == 2
    assert "python tools/environment.py FOLDER [EXTRA" in capsys.readouterr().err

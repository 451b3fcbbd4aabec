"""The command of a user: what is refused, with the words that make it work; how it is filled in."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from conformance.templates import command_words, depends_on_folder, fill, name_of, resolved


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("", "--command is empty"),
        ("sh 'a {ws}", "No closing quotation"),
        ("PORT={ws_port} node x", "write  env PORT={ws_port} node x"),
        ("PORT={ws_port} node x | tee log", "write  sh -c 'PORT={ws_port} node x | tee log'"),
        ("cd a && b {ws}", "write  sh -c 'cd a && b {ws}'"),
        ("sh x $HOME {ws}", "only a shell understands '$HOME'"),
        ('sh x "$HOME" {ws}', "only a shell understands '$HOME'"),
        ("sh x `pwd` {ws}", "only a shell understands '`'"),
        ("sh x {ws} > log", "only a shell understands '>'"),
        ("source x; y {ws}", "only a shell understands ';'"),
        ("no-such-program {ws}", "there is no program no-such-program"),
        ("./no-such-program {ws}", "there is no program ./no-such-program"),
        ("/ {ws}", "/ is a folder"),
    ],
)
def test_command_that_cannot_start_is_one_line(template: str, said: str) -> None:
    """What only a shell understands, and what is not there, is refused in one line."""
    with pytest.raises(ValueError, match=re.escape(said)) as refused:
        command_words(template)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "template",
    ["sh -c 'cd a && exec b {ws}'", "env PORT={ws_port} sh", r"sh a\&b {ws}", 'sh "a|b" {ws}'],
)
def test_quoted_constructs_are_left_alone(template: str) -> None:
    """What is quoted is for the program, not for a shell of ours."""
    assert command_words(template)


def test_program_here_is_named_as_it_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the caller's folder needs ./ and the right to be executed; the line says so."""
    monkeypatch.chdir(tmp_path)
    Path("mine").write_text("#!/bin/sh\n")

    with pytest.raises(ValueError, match=r"write  \./mine"):
        command_words("mine {ws}")
    with pytest.raises(ValueError, match=r"write  chmod \+x \./mine"):
        command_words("./mine {ws}")


def test_places_are_filled_in_whole_and_inside_words() -> None:
    """A place alone becomes one word per value; inside a word the values are quoted."""
    places = {"{ws}": ["h:1"], "{flags}": ["--a", "b c"]}

    assert fill(["x", "{flags}", "--at={ws}"], places) == ["x", "--a", "b c", "--at=h:1"]
    assert fill(["sh", "-c", "x {flags}"], places) == ["sh", "-c", "x --a 'b c'"]


def test_paths_are_those_of_the_callers_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program and a script keep their meaning in another folder."""
    monkeypatch.chdir(tmp_path)
    Path("server.py").write_text("")

    assert resolved(["python", "server.py", "x"]) == ["python", f"{tmp_path}/server.py", "x"]
    assert resolved(["./server.py"]) == [f"{tmp_path}/server.py"]
    assert depends_on_folder(["sh", "-c", "cd a"])
    assert not depends_on_folder(["python", "server.py"])


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ([sys.executable, "chat/mine.py", "{ws}"], "mine.py"),
        (["./mine", "--at", "{ws}"], "mine"),
        (["sh", "-c", "exec mine {ws}"], "command"),
    ],
)
def test_command_has_a_name(words: list[str], name: str) -> None:
    """A command is called after its script or its program."""
    assert name_of(words) == name

"""The generator as a child process: which program runs, and what is said when it fails."""

from __future__ import annotations

import sys

import pytest

from benchmarks.generator.process import (
    GeneratorProcess,
    LoadError,
    generator_command,
    raise_file_limit,
)
from conformance.timing import TICK


def python(code: str) -> GeneratorProcess:
    """Run a program in the generator's place."""
    return GeneratorProcess([sys.executable, "-c", code], None)


def test_phases_are_stepped_through() -> None:
    """The process says a word, waits for a line, and says the next word."""
    with python("print('one', flush=True); input(); print('two', 2)") as generator:
        assert generator.wait_for("one", 100 * TICK) == ["one"]

        generator.go_on()

        assert generator.wait_for("two", 100 * TICK) == ["two", "2"]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("print('two')", "said 'two', expected 'one'"),
        ("import sys; sys.exit('generator: the server is silent')", "^the server is silent$"),
        ("raise SystemExit(3)", "ended with exit code 3"),
    ],
)
def test_failure_is_said_in_one_line(code: str, words: str) -> None:
    """A wrong word, an error message and a silent exit are each named."""
    with python(code) as generator, pytest.raises(LoadError, match=words):
        generator.wait_for("one", 100 * TICK)


def test_hanging_generator_is_given_up() -> None:
    """A generator that says nothing is given up at the deadline, and ended."""
    with python("input()") as generator, pytest.raises(LoadError, match="hangs: no 'one'"):
        generator.wait_for("one", TICK)


def test_too_few_descriptors_are_said() -> None:
    """More clients than open files allowed is refused in one line, before anything starts."""
    with pytest.raises(LoadError, match=r"need \d+ open files, and the hard limit is"):
        raise_file_limit(10**9)


def test_unknown_generator_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator that does not exist is refused by name."""
    monkeypatch.setenv("HUBBUB_GENERATOR", "rust")

    with pytest.raises(LoadError, match="c or python"):
        generator_command()


def test_without_a_compiler_the_python_program_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a compiler the Python program runs; demanding the C program is an error."""
    monkeypatch.setenv("CC", "no-such-compiler")

    assert generator_command()[0] == "python"
    with pytest.raises(LoadError, match="compiler"):
        generator_command("c")

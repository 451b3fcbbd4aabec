"""A dialect file says how lines look; what is wrong in it is named in one line."""

import re
from pathlib import Path

import pytest

from conformance.dialect import RAW, read_dialect, shipped


def test_raw_needs_no_file() -> None:
    """``raw`` has no lines, and a speaker hears itself."""
    assert read_dialect("raw") is RAW
    assert RAW.lines == {}
    assert RAW.echo


def test_each_dialect_that_comes_with_the_suite_can_be_read() -> None:
    """The examples are found by their names, from any folder."""
    assert shipped() == ["gopl", "gorilla", "hubbub", "manager"]
    for name in shipped():
        assert read_dialect(name).name == name


def test_every_key_is_read(tmp_path: Path) -> None:
    """A file may say everything that the table of README.md has."""
    dialect = read_dialect(
        written(
            tmp_path,
            """
            max-line = 100
            joined-frames = true
            echo = false
            say = '{"text":{json}}'
            path = "/chat"
            [lines]
            chat = '(?P<name>\\S+): (?P<json>.*)'
            [close]
            1008 = 1013
            """,
        )
    )

    assert dialect.name == "mine"
    assert (dialect.max_line, dialect.joined_frames, dialect.echo) == (100, True, False)
    assert (dialect.say, dialect.path) == ('{"text":{json}}', "/chat")
    assert dialect.lines.keys() == {"chat"}
    assert dialect.close == {1008: 1013}


WRONG = {
    "ech = true": "there is no key ech; allowed are max-line, joined-frames, echo, say, path, lines"
    ", close",
    "echo = 1": "echo is true or false, not 1",
    "max-line = 0": "max-line is a number over 0, not 0",
    "say = 'hello'": "say has a place for what is said: {text}, or {json} for a JSON string",
    "path = 'ws'": "path begins with / and has no space, not 'ws'",
    "lines = 1": "lines is a table, not 1",
    "[lines]\njoins = '.*'": "there is no key lines.joins; allowed are welcome, joined, left, "
    "too-slow, timed-out, chat, error, ignore",
    "[lines]\nleft = 3": "lines.left is a regular expression in quotes, not 3",
    "[lines]\nleft = '('": "lines.left is no regular expression: missing ), unterminated "
    "subpattern at position 0",
    "[lines]\nleft = '.*'": "lines.left has to say where the name is: (?P<name>…)",
    "[lines]\nchat = '.*'": "lines.chat has to say where the text is: (?P<text>…) or (?P<json>…)",
    "[close]\n1008 = 'x'": "close.1008 is a close code and stands for another, as in 1008 = 1013",
}


@pytest.mark.parametrize("text", WRONG)
def test_mistake_is_named_with_its_key_and_what_is_allowed(text: str, tmp_path: Path) -> None:
    """Each mistake is one line that names the file, the key, and what it may be."""
    file = written(tmp_path, text)

    with pytest.raises(ValueError, match=f"^{re.escape(f'--dialect {file}: {WRONG[text]}')}$"):
        read_dialect(file)


def test_file_that_is_not_there_is_named_beside_what_there_is() -> None:
    """An unknown name is answered with the known ones."""
    with pytest.raises(ValueError, match=r"^--dialect gopher: No such file.* raw, gopl, gorilla"):
        read_dialect("gopher")


def test_file_that_is_not_toml_is_one_line(tmp_path: Path) -> None:
    """A mistake in TOML itself is told in one line too."""
    with pytest.raises(ValueError, match=r"^--dialect [^\n]*$"):
        read_dialect(written(tmp_path, "echo = \n"))


def written(folder: Path, text: str) -> str:
    """Write a dialect file and return its name."""
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)

"""The finder of stumbles finds what it is there to find, and nothing else."""

from __future__ import annotations

import subprocess

import pytest

from tests.meta.folders import ROOT
from tests.meta.plain_words import prose_files, prose_of, stumbles


@pytest.mark.parametrize(
    "text",
    [
        "Whoever joined leaves.",
        "It writes to who has room.",
        "Who is slow is cut off.",
        "0.3 µs a delivery",
        "KiB a client",
        "one test a rule",
        "200 messages a second",
        "the defect S2-13",
        "the change that mends it",
        "it waits in vain",
        "a loop that makes no end",
        "# a comment for\n# whoever reads it",
    ],
)
def test_stumble_is_found(text: str) -> None:
    """Each kind is found, also across a line's end."""
    assert list(stumbles(text))


@pytest.mark.parametrize(
    "text",
    [
        "The people who use it.",
        "Who is slow, and why?",
        "0.3 µs per delivery",
        "it sends a client a line",
        "UTF-8 and RFC 6455 and SHA-1",
        "the client that stopped reading",
        "/who lists the members",
    ],
)
def test_plain_words_are_let_through(text: str) -> None:
    """What reads well is not found."""
    assert list(stumbles(text)) == []


def test_line_is_that_of_the_words() -> None:
    """A find names the line that it begins in."""
    ((line, words, _),) = stumbles("One.\n\nTwo\nlines, one test a\nrule.")

    assert (line, words) == (4, "one test a rule")


def test_nobody_stumbles() -> None:
    """No page of the project holds one."""
    try:
        files = prose_files()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is no git checkout: the project's files cannot be listed")

    found = [
        f"{path.relative_to(ROOT)}:{line}: {words!r}: {instead}"
        for path in files
        for line, words, instead in stumbles(prose_of(path))
    ]

    assert found == []

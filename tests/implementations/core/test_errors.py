"""The errors: one tree, and its picture."""

from __future__ import annotations

import re

import pytest

from implementations.core import errors


ERRORS = [getattr(errors, name) for name in errors.__all__]


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_has_the_one_root(error: type[Exception]) -> None:
    """``HubbubError`` is the base of every error that is raised on purpose."""
    assert issubclass(error, errors.HubbubError)


def test_docstring_draws_the_tree_as_it_is() -> None:
    """The tree in the module's docstring has every error under its parent."""
    drawn: dict[str, str | None] = {}
    ancestors: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"( {4}[ │├└─]*)([A-Z][A-Za-z]+)\b", line):
            indent, name = len(match[1]), match[2]
            ancestors = [above for above in ancestors if above[0] < indent]
            drawn[name] = ancestors[-1][1] if ancestors else None
            ancestors.append((indent, name))

    real = {error.__name__: error.__base__.__name__ for error in ERRORS}

    assert drawn == {**real, "HubbubError": None}


def test_refusals_say_why_in_words_for_the_client() -> None:
    """The text of an error that refuses a newcomer is the line that the newcomer gets."""
    assert str(errors.RoomFull()) == "server is full"
    assert str(errors.HubClosed()) == "server is shutting down"

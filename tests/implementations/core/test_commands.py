"""What a line of a client can mean."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from implementations.core.characters import without_surplus_marks
from implementations.core.commands import (
    COMMANDS,
    Command,
    Complain,
    Help,
    Nothing,
    Quit,
    Rename,
    Say,
    Who,
    parse,
)


MARKED = "e" + "\u0301" * 4  # as many combining marks in a row as a text keeps
MEANINGS: list[tuple[str, Command]] = [
    ("hello", Say("hello")),
    ("  hello  ", Say("  hello  ")),
    ("", Nothing()),
    ("who", Who()),
    ("who ", Say("who ")),
    ("Who", Say("Who")),
    ("who is there?", Say("who is there?")),
    ("/who", Who()),
    ("/who everyone", Who()),
    (" /who", Say(" /who")),
    ("rename|zoe", Rename("zoe")),
    ("rename|  zoe  ", Rename("zoe")),
    ("rename|", Rename("")),
    ("rename|a|b", Rename("a|b")),
    ("rename zoe", Say("rename zoe")),
    ("/rename zoe", Rename("zoe")),
    ("/rename   zoe  ", Rename("zoe")),
    ("/rename zoe and more", Rename("zoe and more")),
    ("/rename", Rename("")),
    ("/rename\u3000zoe", Rename("zoe")),  # an ideographic space
    ("/say hello", Say("hello")),
    ("/say  two spaces", Say(" two spaces")),
    ("/say /who", Say("/who")),
    ("/say who", Say("who")),
    ("/say\u00a0hello", Say("hello")),
    ("/say", Nothing()),
    ("/say ", Nothing()),
    ("/quit", Quit()),
    ("/quit now", Quit()),
    ("/help", Help()),
    ("/help me", Help()),
    ("/", Complain("unknown command: / (try /help)")),
    ("/ who", Complain("unknown command: / (try /help)")),
    ("//who", Complain("unknown command: //who (try /help)")),
    ("/whois", Complain("unknown command: /whois (try /help)")),
    ("/WHO", Complain("unknown command: /WHO (try /help)")),
    (MARKED + "\u0301", Say(MARKED)),
    (f"/say {MARKED}\u0301", Say(MARKED)),
    (f"/{MARKED}\u0301", Complain(f"unknown command: /{MARKED} (try /help)")),
    (f"/rename {MARKED}\u0301", Rename(f"{MARKED}\u0301")),  # the room refuses it
    ("/dance wildly", Complain("unknown command: /dance (try /help)")),
]


@pytest.mark.parametrize(("line", "command"), MEANINGS, ids=[repr(line) for line, _ in MEANINGS])
def test_line_means_its_command(line: str, command: Command) -> None:
    """A line means what PROTOCOL.md says."""
    assert parse(line) == command


def test_help_lists_what_there_is() -> None:
    """The parser knows every command that the help lists."""
    verbs = [entry.split()[0] for entry in COMMANDS.split(", ")]

    assert not any(isinstance(parse(f"{verb} x"), Complain) for verb in verbs)


@given(st.text())
@example("/\x1c")
def test_every_line_means_something(line: str) -> None:
    """The parser never raises, whatever is in a line."""
    assert isinstance(parse(line), Command)


@given(st.text())
def test_say_carries_any_text(text: str) -> None:
    """``/say`` says any text except an empty one, and changes nothing but surplus marks."""
    assert parse(f"/say {text}") == (Say(without_surplus_marks(text)) if text else Nothing())

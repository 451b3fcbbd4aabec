"""The exhibits' files and headers: complete, true to PROTOCOL.md, and one difference each."""

from __future__ import annotations

import ast
import fnmatch
import re
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest

from conformance.protocol import select_rules
from hubbub.list import exhibits_table
from implementations.core.errors import SettingsError
from implementations.exhibits.catalogue import Exhibit, Header, exhibits, find_exhibit
from implementations.registry import find


ROOT = Path(__file__).resolve().parents[3]
EVERY_EXHIBIT = pytest.mark.parametrize("exhibit", exhibits(), ids=lambda exhibit: exhibit.name)
LONGEST = 130  # lines of a file: an exhibit is read at one glance, header and all


@EVERY_EXHIBIT
def test_header_names_rules_that_there_are(exhibit: Exhibit) -> None:
    """Each rule of a header stands in PROTOCOL.md, and is named once."""
    header = exhibit.header
    named = (*header.breaks, *header.may_break)

    known = [rule.id for rule in select_rules(None)]

    assert header.breaks
    assert set(header.breaks) <= set(known)
    assert [pattern for pattern in named if not fnmatch.filter(known, pattern)] == []
    assert len(named) == len(set(named))


@EVERY_EXHIBIT
def test_header_says_all_it_has_to(exhibit: Exhibit) -> None:
    """Each field has words in it, and the pointer to a good server points at a file."""
    header = exhibit.header

    assert header.story
    assert header.title[-1] not in ".!?"
    for words in (header.imitates, header.looks_right, header.shown_by, header.instead):
        assert len(words.split()) > 1
    pointed_at = re.findall(r"implementations/[a-z_/]+\.py", header.instead)
    assert pointed_at
    assert all((ROOT / path).is_file() for path in pointed_at)


@EVERY_EXHIBIT
def test_difference_fits_its_good_sibling(exhibit: Exhibit) -> None:
    """What an exhibit replaces is there to be replaced, and its base is a good server."""
    module = import_module(f"implementations.exhibits.{exhibit.path.stem}")

    assert not isinstance(find(module.BASE), Exhibit)
    assert module.REPLACES
    for target, stand_in in module.REPLACES.items():
        with patch(target, stand_in):  # raises where there is no such thing
            pass


@EVERY_EXHIBIT
def test_file_is_small(exhibit: Exhibit) -> None:
    """An exhibit is one short file."""
    assert len(exhibit.path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_every_rule_is_broken_by_an_exhibit() -> None:
    """No rule that can be failed is unproven."""
    broken = {rule for exhibit in exhibits() for rule in exhibit.header.breaks}

    assert {rule.id for rule in select_rules(None) if rule.level != "INFO"} <= broken


def test_page_of_the_exhibits_is_true() -> None:
    """README.md has the table that ``hubbub list --markdown`` prints."""
    page = (ROOT / "implementations" / "exhibits" / "README.md").read_text(encoding="utf-8")
    table = page.partition("--markdown -->\n")[2].partition("\n<!-- end")[0]

    assert table == exhibits_table(), "put into it what hubbub list --markdown prints"


def test_header_needs_its_fields() -> None:
    """A docstring without a field is no header."""
    with pytest.raises(KeyError, match="Imitates"):
        Header.parse("A title.\n\nA story.")


def test_header_is_read_from_its_paragraphs() -> None:
    """Lines are joined, fields told from the story, rules found in a list."""
    docstring = """A title.

    One thing
    and another.

    Imitates: something
    old.

    Looks right: it does.

    Breaks: order.total, names.race

    Shown by: a look.

    Instead: do not.
    """
    header = Header.parse(docstring)

    assert (header.title, header.story) == ("A title", "One thing and another.")
    assert header.imitates == "something old."
    assert (header.breaks, header.may_break) == (("order.total", "names.race"), ())


def test_header_may_name_a_whole_area() -> None:
    """``slow.*`` names each rule of an area, ``*`` every rule."""
    docstring = "T.\n\nImitates: a\n\nLooks right: b\n\nBreaks: order.total\n\nMay break: {}\n\n"
    docstring += "Shown by: c\n\nInstead: d"
    area, every = (Header.parse(docstring.format(named)) for named in ("slow.*, http.page", "*"))

    assert [area.names(rule) for rule in ("order.total", "slow.block", "http.page")] == [True] * 3
    assert not area.names("http.health")
    assert every.names("http.health")


def test_exhibits_are_found_by_id() -> None:
    """An id leads to its exhibit; another is an error that says where to look."""
    exhibit = exhibits()[0]

    assert find(exhibit.id) == find_exhibit(exhibit.id) == exhibit
    with pytest.raises(SettingsError, match="list --exhibits"):
        find("exhibit-of-nothing")


def test_good_servers_do_not_know_the_exhibits() -> None:
    """Nothing outside the gallery imports from it, but what looks up an id and what starts it."""
    importers = [
        path
        for path in (ROOT / "implementations").rglob("*.py")
        if path.parent.name != "exhibits"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("implementations.ex")
    ]

    assert {path.name for path in importers} == {"registry.py", "__main__.py"}

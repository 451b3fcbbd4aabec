"""The exhibits: their headers are complete and true to PROTOCOL.md, and their files are small."""

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
RUNTIMES = ("threads", "asyncio", "trio")
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
EVERY_EXHIBIT = pytest.mark.parametrize("exhibit", exhibits(), ids=lambda exhibit: exhibit.name)
LONGEST = 130  # lines per file, the header included: an exhibit is read at one glance


@EVERY_EXHIBIT
def test_header_names_rules_that_exist(exhibit: Exhibit) -> None:
    """Each rule in a header is a rule of PROTOCOL.md, and a header names it once."""
    header = exhibit.header
    named = (*header.breaks, *header.may_break)

    known = [rule.id for rule in select_rules(None)]

    assert header.breaks
    assert set(header.breaks) <= set(known)
    assert [pattern for pattern in named if not fnmatch.filter(known, pattern)] == []
    assert len(named) == len(set(named))


@EVERY_EXHIBIT
def test_header_is_complete(exhibit: Exhibit) -> None:
    """No field is empty, and ``Instead`` names a file that exists."""
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
    """Each name that an exhibit replaces exists, and its base is a good server."""
    module = import_module(f"implementations.exhibits.{exhibit.path.stem}")

    assert not isinstance(find(module.BASE), Exhibit)
    assert module.REPLACES
    for target, stand_in in module.REPLACES.items():
        with patch(target, stand_in):  # raises when there is no such name
            pass


@EVERY_EXHIBIT
def test_file_is_small(exhibit: Exhibit) -> None:
    """An exhibit is one short file."""
    assert len(exhibit.path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_every_rule_is_broken_by_an_exhibit() -> None:
    """Each rule that a server can fail is broken by an exhibit, so the suite can find it."""
    broken = {rule for exhibit in exhibits() for rule in exhibit.header.breaks}

    assert {rule.id for rule in select_rules(None) if rule.level != "INFO"} <= broken


def test_readme_lists_all_exhibits() -> None:
    """The table in README.md is the one that ``hubbub list --markdown`` prints."""
    page = (ROOT / "implementations" / "exhibits" / "README.md").read_text(encoding="utf-8")
    table = page.partition("--markdown -->\n")[2].partition("\n<!-- end")[0]

    assert table == exhibits_table(), "replace the table by the output of hubbub list --markdown"


@EVERY_EXHIBIT
def test_provenance_and_exhibit_name_each_other(exhibit: Exhibit) -> None:
    """A section of docs/provenance.md that a header names exists, and it links to the exhibit."""
    page = (ROOT / "docs" / "provenance.md").read_text(encoding="utf-8")
    sections = {title.lower().replace(" ", "-"): text for title, text in SECTION.findall(page)}

    for anchor in re.findall(r"docs/provenance\.md#([a-z0-9-]+)", exhibit.header.imitates):
        assert f"/{exhibit.path.name})" in sections[anchor]


def test_provenance_names_rules_that_exist() -> None:
    """Each rule on docs/provenance.md is a rule of PROTOCOL.md."""
    page = (ROOT / "docs" / "provenance.md").read_text(encoding="utf-8")
    areas = {rule.id.partition(".")[0] for rule in select_rules(None)}
    named = {rule for rule in re.findall(r"`([a-z]+\.[a-z0-9-]+)`", page)}

    assert named
    assert {rule for rule in named if rule.partition(".")[0] in areas} <= {
        rule.id for rule in select_rules(None)
    }


def test_header_needs_its_fields() -> None:
    """A docstring without one of the fields is refused."""
    with pytest.raises(KeyError, match="Imitates"):
        Header.parse("A title.\n\nA story.")


def test_header_is_read_from_its_paragraphs() -> None:
    """Lines are joined, fields are separated from the story, and rules are found in a list."""
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
    """``slow.*`` names each rule of one area, and ``*`` names every rule."""
    docstring = "T.\n\nImitates: a\n\nLooks right: b\n\nBreaks: order.total\n\nMay break: {}\n\n"
    docstring += "Shown by: c\n\nInstead: d"
    area, every = (Header.parse(docstring.format(named)) for named in ("slow.*, http.page", "*"))

    assert [area.names(rule) for rule in ("order.total", "slow.block", "http.page")] == [True] * 3
    assert not area.names("http.health")
    assert every.names("http.health")


def test_exhibits_are_found_by_id() -> None:
    """An id finds its exhibit; the error for an unknown id says how to list them."""
    exhibit = exhibits()[0]

    assert find(exhibit.id) == find_exhibit(exhibit.id) == exhibit
    with pytest.raises(SettingsError, match="list --exhibits"):
        find("exhibit-of-nothing")


def test_id_without_a_runtime_finds_the_asyncio_exhibit() -> None:
    """Where siblings share a name, that name alone means the asyncio one."""
    for name in ("await-in-fanout", "blocking-broadcaster", "shielded-cleanup"):
        assert find(f"exhibit-{name}") == find(f"exhibit-{name}-asyncio")

    with pytest.raises(SettingsError, match="unknown exhibit 'exhibit-await-in'"):
        find("exhibit-await-in")


@EVERY_EXHIBIT
def test_siblings_say_their_runtime(exhibit: Exhibit) -> None:
    """An exhibit with siblings ends with its runtime, and none has the bare name."""
    stem, _, runtime = exhibit.name.rpartition("-")
    names = {other.name for other in exhibits()}

    assert names.isdisjoint(f"{exhibit.name}-{each}" for each in RUNTIMES)
    if runtime in RUNTIMES:
        assert exhibit.base.partition("-")[0] == runtime
        assert len(names & {f"{stem}-{each}" for each in RUNTIMES}) > 1


def test_good_servers_do_not_know_the_exhibits() -> None:
    """In implementations/, only the registry and the start of a server import exhibits."""
    importers = [
        path
        for path in (ROOT / "implementations").rglob("*.py")
        if path.parent.name != "exhibits"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("implementations.ex")
    ]

    assert {path.name for path in importers} == {"registry.py", "__main__.py"}

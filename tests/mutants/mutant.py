"""One-edit mutants of the good servers: the table, and a tree of files with one of them in it.

A mutant is a good server with one small mistake. Judging it judges the suite: a mutant that no
rule catches is a promise that nobody tests.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.meta.folders import ROOT


__all__ = ["TABLES", "Mutant", "mutants", "planted", "rule_tests"]

TABLES = Path(__file__).with_name("tables")  # a file per area

_PACKAGES = ("hubbub", "conformance", "implementations", "benchmarks", "schedules", "tests")
_NOT_NEEDED = shutil.ignore_patterns("rounds", "node_modules")
_RULE_OR_TEST = re.compile(r'^@rule\("(?P<rule>[\w.-]+)"\)|^def (?P<test>test_\w+)', re.MULTILINE)


@dataclass(frozen=True)
class Mutant:
    """One edit, and what must catch it.

    Attributes:
        file: the file, below implementations/.
        old: the text that is replaced; it stands in the file once.
        new: what stands there instead.
        caught_by: rule ids of PROTOCOL.md, each for all its tests or followed by ``/`` and the name
            of one; or paths of tests of this project (``tests/…``). The first that fails catches
            the mutant.
        server: the id of the server that is judged; the one that the file belongs to unless given.
        survives: why nothing has to catch it; empty for all others.
    """

    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]
    server: str
    survives: str = ""

    @property
    def name(self) -> str:
        """File and edit, on one line of a terminal."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{self.file}: {old[:40]!r} -> {new[:40]!r}"

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules among what must catch it."""
        return tuple(one for one in self.caught_by if not one.startswith("tests/"))

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests of this project among what must catch it."""
        return tuple(one for one in self.caught_by if one.startswith("tests/"))


def mutants() -> list[Mutant]:
    """Return the rows of all tables."""
    rows = [
        row
        for table in sorted(TABLES.glob("*.toml"))
        for row in tomllib.loads(table.read_text(encoding="utf-8"))["mutants"]
    ]
    return [
        Mutant(
            row["file"],
            row["old"],
            row["new"],
            tuple(row["caught_by"].split()),
            row.get("server", _server_of(row["file"])),
            row.get("survives", ""),
        )
        for row in rows
    ]


def rule_tests(rules: Sequence[str]) -> list[str]:
    """Return what pytest calls the tests of some rules: ``names.taken``, ``names.taken/test_…``.

    Raises:
        ValueError: there is no such test of such a rule.
    """
    tests = []
    for entry in rules:
        rule, _, wanted = entry.partition("/")
        found = [
            f"{file}::{test}"
            for file, test in _tests_by_rule().get(rule, [])
            if wanted in ("", test)
        ]
        if not found:
            raise ValueError(f"{entry}: there is no such test of such a rule")
        tests += found
    return tests


@functools.cache
def _tests_by_rule() -> dict[str, list[tuple[str, str]]]:
    """Return the file and the name of each test of each rule."""
    tests: dict[str, list[tuple[str, str]]] = {}
    for path in sorted((ROOT / "conformance" / "rules").glob("test_*.py")):
        rule = ""
        for found in _RULE_OR_TEST.finditer(path.read_text(encoding="utf-8")):
            rule, test = found.group("rule") or rule, found.group("test")
            if test:
                tests.setdefault(rule, []).append((path.relative_to(ROOT).as_posix(), test))
    return tests


def _server_of(file: str) -> str:
    """Return the server that a file belongs to; asyncio's where every server has it."""
    folder, _, name = file.partition("/")
    runtime = folder.removeprefix("on_") if folder.startswith("on_") else "asyncio"
    for hub in ("broadcaster", "direct"):
        if hub in name:
            return f"{runtime}-{hub}"
    direct = ("group_commit", "group_writer", "ring", "log.py")
    return f"{runtime}-direct" if any(word in name for word in direct) else f"{runtime}-mutex"


@contextmanager
def planted(mutant: Mutant | None) -> Iterator[Path]:
    """Yield a copy of the project with a mutant in it, or with none; it goes with the block.

    Raises:
        ValueError: the text that it replaces does not stand in the file exactly once.
    """
    with TemporaryDirectory(prefix="hubbub-mutant-") as folder:
        tree = Path(folder)
        for package in _PACKAGES:
            # Hard links: a copy of some hundred files in a few milliseconds. Compiled files come
            # along; Python compiles the mutated file anew.
            shutil.copytree(ROOT / package, tree / package, ignore=_NOT_NEEDED, copy_function=_link)
        shutil.copy(ROOT / "pyproject.toml", tree)
        if mutant is not None:
            path = tree / "implementations" / mutant.file
            source = path.read_text(encoding="utf-8")
            if source.count(mutant.old) != 1:
                raise ValueError(f"{mutant.name}: stands {source.count(mutant.old)} times")
            path.unlink()  # the link; the file of the project stays as it is
            path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
        yield tree


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)

"""One-edit mutants of the good servers: the table, and a tree of files with one of them in it.

A mutant is a good server with one small mistake. Judging it judges the suite: a mutant that no
rule catches is a promise that nobody tests.
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.meta.folders import ROOT


__all__ = ["TABLE", "Mutant", "mutants", "planted"]

TABLE = Path(__file__).with_name("mutants.toml")

_PACKAGES = ("hubbub", "conformance", "implementations", "benchmarks", "schedules", "tests")
_NOT_NEEDED = shutil.ignore_patterns("__pycache__", "rounds", "node_modules")


@dataclass(frozen=True)
class Mutant:
    """One edit, and what must catch it.

    Attributes:
        file: the file, below implementations/.
        old: the text that is replaced; it stands in the file once.
        new: what stands there instead.
        caught_by: rule ids of PROTOCOL.md, or paths of tests of this project (``tests/…``); the
            first that fails catches the mutant.
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
    """Return the table."""
    rows = tomllib.loads(TABLE.read_text(encoding="utf-8"))["mutants"]
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


def _server_of(file: str) -> str:
    """Return the server that a file belongs to; asyncio's where every server has it."""
    folder, _, name = file.partition("/")
    runtime = folder.removeprefix("on_") if folder.startswith("on_") else "asyncio"
    for hub in ("broadcaster", "direct"):
        if hub in name:
            return f"{runtime}-{hub}"
    direct = ("group_commit", "ring", "log.py")
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
            # Hard links: a copy of some hundred files in a few milliseconds.
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

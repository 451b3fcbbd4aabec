"""The exhibits: each is one file, describes itself in its header, and starts like any server.

The header is the module's docstring: a title in the first line, then paragraphs. A paragraph
that begins with the name of a field and a colon is that field (see `Header`); the others are
the story.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from types import ModuleType

from implementations.core.errors import SettingsError
from implementations.core.settings import Endpoint, Settings
from implementations.core.site import Site
from implementations.servers import find_server


__all__ = ["PREFIX", "Exhibit", "Header", "exhibits", "find_exhibit"]

PREFIX = "exhibit-"

_HERE = Path(__file__).parent
_NOT_EXHIBITS = ("__init__", "catalogue")
_FIELD = re.compile(r"(Imitates|Looks right|Breaks|May break|Shown by|Instead): ")


@dataclass(frozen=True)
class Header:
    """What an exhibit says about itself.

    Attributes:
        title: what the mistake is, in one line.
        story: what the server does wrong, in a paragraph or two.
        imitates: where people write the same mistake.
        looks_right: why people write it.
        breaks: ids of the rules of PROTOCOL.md that it always breaks.
        may_break: ids of the rules that it breaks in some runs only; ``slow.*`` stands for all
            rules of one area, ``*`` for all rules.
        shown_by: what a client must do so that the mistake shows.
        instead: the file where a good server does the same thing well.
    """

    title: str
    story: str
    imitates: str
    looks_right: str
    breaks: tuple[str, ...]
    may_break: tuple[str, ...]
    shown_by: str
    instead: str

    @classmethod
    def parse(cls, docstring: str) -> Header:
        """Read a module's docstring.

        Raises:
            KeyError: a field is missing; only ``May break`` is optional.
        """
        title, *paragraphs = (" ".join(part.split()) for part in docstring.split("\n\n"))
        fields: dict[str, str] = {"May break": ""}
        story = []
        for paragraph in paragraphs:
            if named := _FIELD.match(paragraph):
                fields[named[1]] = paragraph[named.end() :]
            else:
                story.append(paragraph)
        return cls(
            title=title.rstrip("."),
            story="\n\n".join(story),
            imitates=fields["Imitates"],
            looks_right=fields["Looks right"],
            breaks=_ids(fields["Breaks"]),
            may_break=_ids(fields["May break"]),
            shown_by=fields["Shown by"],
            instead=fields["Instead"],
        )

    def names(self, rule_id: str) -> bool:
        """Whether this rule is among those that the exhibit breaks or may break."""
        return any(fnmatchcase(rule_id, named) for named in (*self.breaks, *self.may_break))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\*(?!\w)|[a-z]+\.(?:[a-z0-9-]+|\*)", text))


@dataclass(frozen=True)
class Exhibit:
    """One exhibit. It starts like a `servers.Server`."""

    name: str

    @property
    def id(self) -> str:
        """``exhibit-`` followed by the name."""
        return PREFIX + self.name

    @property
    def path(self) -> Path:
        """Its file."""
        return _HERE / f"{self.name.replace('-', '_')}.py"

    @property
    def header(self) -> Header:
        """What it says about itself, read without importing it."""
        docstring = ast.get_docstring(ast.parse(self.path.read_text(encoding="utf-8")))
        return Header.parse(docstring or "")

    @property
    def base(self) -> str:
        """The id of the good server that it differs from."""
        base: str = self._module.BASE
        return base

    @property
    def missing(self) -> str | None:
        """What this machine lacks for it, in a few words; None if it can run here."""
        lacks: Callable[[], str | None] | None = getattr(self._module, "LACKS", None)
        return None if lacks is None else lacks()

    def in_place(self) -> AbstractContextManager[object]:
        """Put the exhibit's replacements in place; enter this before settings are read."""
        from unittest.mock import patch  # takes 20 ms: a good server must not wait for it

        replaced = ExitStack()
        for target, stand_in in self._module.REPLACES.items():
            replaced.enter_context(patch(target, stand_in))
        return replaced

    def run(
        self,
        settings: Settings,
        site: Site,
        announce: Callable[[Endpoint, Endpoint], None],
        *,
        loop: str = "asyncio",
    ) -> None:
        """Serve until a signal arrives: run the good server, with the replacements in place."""
        find_server(self.base).run(settings, site, announce, loop=loop)

    @property
    def _module(self) -> ModuleType:
        return import_module(f"{__package__}.{self.path.stem}")


def exhibits() -> list[Exhibit]:
    """Return all exhibits, sorted by name."""
    stems = sorted(path.stem for path in _HERE.glob("*.py"))
    return [Exhibit(stem.replace("_", "-")) for stem in stems if stem not in _NOT_EXHIBITS]


def find_exhibit(server_id: str) -> Exhibit:
    """Return the exhibit with that id.

    An id without a runtime means the asyncio sibling: ``exhibit-await-in-fanout`` is
    ``exhibit-await-in-fanout-asyncio``.

    Raises:
        SettingsError: there is no such exhibit.
    """
    known = {exhibit.id: exhibit for exhibit in exhibits()}
    found = known.get(server_id) or known.get(f"{server_id}-asyncio")
    if found is None:
        raise SettingsError(
            f"unknown exhibit {server_id!r} (hubbub list --exhibits shows them all)"
        )
    return found

"""The rules of the protocol, read from the tables of PROTOCOL.md.

A rule is written down on that page only. The suite, the report, and the tests that check whether
every rule has a test, all read it from here.
"""

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args


__all__ = [
    "PROTOCOL",
    "Door",
    "Level",
    "Rule",
    "find_rule",
    "protocol_version",
    "read_rules",
    "rules",
    "select_rules",
]

PROTOCOL = Path(__file__).resolve().parents[1] / "implementations" / "PROTOCOL.md"

Level = Literal["MUST", "SHOULD", "INFO"]
Door = Literal["tcp", "ws"]
"""The line door or the WebSocket door."""

_ROW = re.compile(r"^\| `(?P<area>[a-z0-9]+)\.(?P<claim>[a-z0-9-]+)` \|(?P<rest>.*)\|$")
_VERSION = re.compile(r"^\*\*Version (\d+\.\d+)\.\*\*", re.MULTILINE)
_UNESCAPED_BAR = re.compile(r"(?<!\\)\|")


@dataclass(frozen=True)
class Rule:
    """One checkable promise about what a server does."""

    id: str
    level: Level
    doors: tuple[Door, ...]  # empty: a rule of the process, not of a door
    sentence: str
    area: str


def read_rules(page: str) -> tuple[Rule, ...]:
    """Return the rules of a page that is written like PROTOCOL.md, in its order.

    Raises:
        ValueError: a row does not have four cells, or has an unknown level or door, or an id stands
            twice.
    """
    found: dict[str, Rule] = {}
    for line in page.splitlines():
        row = _ROW.match(line)
        if row is None:
            continue
        rule = _rule_of(row)
        if rule.id in found:
            raise ValueError(f"{rule.id} stands twice")
        found[rule.id] = rule
    return tuple(found.values())


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules of PROTOCOL.md, in its order."""
    return read_rules(PROTOCOL.read_text(encoding="utf-8"))


@cache
def protocol_version() -> str:
    """Return the version of PROTOCOL.md, such as ``1.0``; every result says by which it was judged.

    Raises:
        ValueError: the page does not say.
    """
    found = _VERSION.search(PROTOCOL.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError("PROTOCOL.md does not say which version it is")
    return found[1]


def find_rule(rule_id: str) -> Rule:
    """Return the rule with that id.

    Raises:
        ValueError: PROTOCOL.md has no such rule; the message names the most similar one.
    """
    by_id = {rule.id: rule for rule in rules()}
    if rule_id not in by_id:
        near = difflib.get_close_matches(rule_id, by_id, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"PROTOCOL.md has no rule {rule_id!r}{hint}")
    return by_id[rule_id]


def select_rules(text: str | None) -> tuple[Rule, ...]:
    """Return the rules that a list of ids and areas names, such as ``slow,order.total``.

    Args:
        text: ids and areas, with commas between them; None: all rules.

    Raises:
        ValueError: one of the words is neither a rule nor an area.
    """
    if text is None:
        return rules()
    words = {word.strip() for word in text.split(",")}
    unknown = words - {rule.id for rule in rules()} - {rule.area for rule in rules()}
    if unknown:
        raise ValueError(f"PROTOCOL.md has no rule or area {', '.join(sorted(unknown))}")
    return tuple(rule for rule in rules() if rule.id in words or rule.area in words)


def _rule_of(row: re.Match[str]) -> Rule:
    rule_id = f"{row['area']}.{row['claim']}"
    cells = [cell.strip().replace(r"\|", "|") for cell in _UNESCAPED_BAR.split(row["rest"])]
    if len(cells) != 3:
        raise ValueError(f"{rule_id}: expected a level, doors and a sentence, got {cells}")
    level, doors, sentence = cells
    if level not in get_args(Level):
        raise ValueError(f"{rule_id}: {level!r} is not a level")
    door_names = () if doors == "-" else tuple(door.strip() for door in doors.split(","))
    if not set(door_names) <= set(get_args(Door)):
        raise ValueError(f"{rule_id}: {doors!r} are not doors")
    return Rule(
        id=rule_id,
        level=cast("Level", level),
        doors=cast("tuple[Door, ...]", door_names),
        sentence=sentence,
        area=row["area"],
    )

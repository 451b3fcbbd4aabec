"""Which of the collected tests run: chosen rules, quick runs, one door per rule.

Only rule tests are left out here. A test without a rule runs in any case, except where rules
were asked for by name.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.protocol import Door, Rule, select_rules
from conformance.recording import LEFT_OUT


__all__ = ["holds_none_asked_for", "rule_of", "rules_by_server", "select"]

_SUITE = Path(__file__).parent / "rules"


def rule_of(item: pytest.Item) -> Rule | None:
    """Return the rule that a test is about, or None."""
    marker = item.get_closest_marker("rule")
    return None if marker is None else marker.args[0]


def rules_by_server(config: pytest.Config) -> dict[str, set[str]]:
    """Return the rules of each server that is judged by some rules only: ``--server ID=RULE``."""
    named: list[str] = config.getoption("--server")
    pairs = [name.split("=") for name in named or () if "=" in name]
    return {server_id: set(rules.split(",")) for server_id, rules in pairs}


def holds_none_asked_for(config: pytest.Config, path: Path) -> bool:
    """Return whether a file of the suite has no test of the rules that the options ask for.

    Its name says so: the tests of an area stand in ``test_AREA.py`` or ``test_AREA_*.py``. That
    file need not be imported, and for one rule that is most of the work.
    """
    if path.parent != _SUITE or not path.name.startswith("test_"):
        return False
    asked: str | None = config.getoption("--rules")
    named = rules_by_server(config)
    if asked is None and (not named or len(named) < len(config.getoption("--server"))):
        return False  # some server is judged by all rules
    try:
        wanted = select_rules(
            asked if asked is not None else ",".join(set().union(*named.values()))
        )
    except ValueError:
        return False  # a rule is misspelt, and ``select`` says so
    return not any(f"{path.stem}_".startswith(f"test_{rule.area}_") for rule in wanted)


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep of ``items`` what the options ask for.

    Raises:
        UsageError: an option names an unknown rule, or two options exclude each other.
    """
    if rules_by_server(config):
        _keep(config, items, [i for i in items if rule_of(i) is None or _has_contender(i)])
    asked: str | None = config.getoption("--rules")
    if asked is not None:
        try:
            wanted = select_rules(asked)
        except ValueError as error:
            raise pytest.UsageError(f"--rules: {error}") from None
        _keep(config, items, [item for item in items if rule_of(item) in wanted])
    if config.getoption("--one-door"):
        _keep_one_door(config, items)
    if config.getoption("--quick") and config.getoption("--rest"):
        raise pytest.UsageError("--quick and --rest together leave no test; give one of them")
    if config.getoption("--quick"):
        _keep_the_quick(config, items)
    if config.getoption("--rest"):
        quick = set(map(id, _quick(items)))
        kept = [item for item in items if rule_of(item) is not None and id(item) not in quick]
        _keep(config, items, kept)


def _has_contender(item: pytest.Item) -> bool:
    """Return whether a test runs for a server; a test for no server is collected all the same."""
    return hasattr(_parameters(item).get("contender"), "id")


def _keep_one_door(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of one door for each rule of two doors.

    The doors take turns from rule to rule, and each next server begins with the other door.
    """
    rules: dict[str, int] = {}
    contenders: dict[str, int] = {}
    kept: list[pytest.Item] = []
    for item in items:
        rule, door = rule_of(item), _parameters(item).get("door")
        if rule is not None and door is not None and len(rule.doors) > 1:
            turn = rules.setdefault(rule.id, len(rules))
            turn += contenders.setdefault(_contender_id(item), len(contenders))
            if rule.doors[turn % len(rule.doors)] != door:
                continue
        kept.append(item)
    _keep(config, items, kept)


def _keep_the_quick(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the quick tests; skip the slow ones, so that the report names what was left out."""
    quick = set(map(id, _quick(items)))
    kept: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("slow_rule")
        if rule_of(item) is not None and marker is not None:
            item.add_marker(pytest.mark.skip(reason=LEFT_OUT + marker.args[0]))
            kept.append(item)
        elif rule_of(item) is None or id(item) in quick:
            kept.append(item)
    _keep(config, items, kept)


def _quick(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the first test of each cell that is not slow. A cell: a rule, a server, a door."""
    first: dict[tuple[str, str, Door | None], pytest.Item] = {}
    for item in items:
        rule = rule_of(item)
        if rule is None or item.get_closest_marker("slow_rule") is not None:
            continue
        door = _parameters(item).get("door")
        first.setdefault((rule.id, _contender_id(item), door), item)
    return list(first.values())


def _parameters(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec is not None else {}


def _contender_id(item: pytest.Item) -> str:
    return getattr(_parameters(item).get("contender"), "id", "")


def _keep(config: pytest.Config, items: list[pytest.Item], kept: list[pytest.Item]) -> None:
    """Leave in ``items`` only those that are kept, and tell pytest of the others."""
    chosen = set(map(id, kept))
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
    items[:] = kept

"""The pytest plugin of the suite: who is judged, by which rules, with what verdict.

It turns a test marked with a rule into one run for each server and door, and the
outcome of each run into a record, ``results.Run``. ``--verdicts FILE`` writes one
JSON object a line as the runs end, so that another process can follow.

Invariants:
  1. A record travels in the ``user_properties`` of a report, so it arrives no
     matter which worker process ran the test.
  2. Only the controlling process writes the verdicts file.
"""

import itertools
import json
import os
import shlex
import signal
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from conformance.contenders import (
    Contender,
    FixedAddresses,
    ForeignCommand,
    OurServer,
    listed_ids,
)
from conformance.policy import Policy, read_policy
from conformance.protocol import Door, Rule, select_rules
from conformance.recording import LEFT_OUT, run_of
from conformance.server import parse_address


__all__ = ["PROPERTY"]

PROPERTY = "conformance"  # the user property that holds the record

_CONTENDERS = pytest.StashKey[list[Contender]]()
_POLICY = pytest.StashKey[Policy]()

_WRITER = "conformance-writer"
_SERVERS_VARIABLE = "CONFORMANCE_SERVERS"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say who is judged and how."""
    group = parser.getgroup("conformance", "the conformance suite")
    group.addoption(
        "--server",
        action="append",
        metavar="ID",
        help=f"judge this server of ours, or by some rules only: ID=RULE,RULE; repeat it. "
        f"Default: ${_SERVERS_VARIABLE}, or all",
    )
    group.addoption(
        "--command",
        metavar="CMD",
        help="judge a server of any language: a command with {tcp} and {ws} in it",
    )
    group.addoption("--tcp", metavar="H:P", help="judge a server that runs: its line door")
    group.addoption("--ws", metavar="H:P", help="judge a server that runs: its WebSocket door")
    group.addoption("--policy", metavar="FILE", help="what the server decides differently, in TOML")
    group.addoption("--rules", metavar="ID,…", help="only these rules or areas")
    group.addoption("--quick", action="store_true", help="one test a rule, none that takes long")
    group.addoption("--rest", action="store_true", help="only what --quick leaves out")
    group.addoption(
        "--one-door", action="store_true", help="each rule at one door, the doors taking turns"
    )
    group.addoption("--verdicts", metavar="FILE", help="write each verdict as a line of JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, read the policy, open the verdicts file."""
    config.addinivalue_line("markers", "rule(rule): the rule of PROTOCOL.md that a test is about")
    config.addinivalue_line("markers", "settings(**values): how the test's server is started")
    config.addinivalue_line("markers", "slow_rule(reason): left out of quick runs")
    path = config.getoption("--policy")
    try:
        config.stash[_POLICY] = read_policy(Path(path)) if path else Policy()
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"--policy {path}: {error}") from None
    # Whoever terminates a run, `timeout` for one, leaves no servers behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    verdicts = config.getoption("--verdicts")
    if verdicts and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Writer(Path(verdicts)), _WRITER)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a rule's test for every server, at every door of the rule."""
    marker = metafunc.definition.get_closest_marker("rule")
    if marker is None:
        return
    rule: Rule = marker.args[0]
    contenders = [
        contender
        for contender in _contenders(metafunc.config)
        if rule.id in _rules_for(metafunc.config).get(contender.id, {rule.id})
    ]
    if "door" in metafunc.fixturenames and rule.doors:
        metafunc.parametrize(
            ("contender", "door"),
            [_pair(contender, door) for contender in contenders for door in rule.doors],
        )
    else:
        metafunc.parametrize("contender", contenders, ids=[c.id for c in contenders])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the rules that were asked for, and skip what a quick run leaves out."""
    if _rules_for(config):
        kept = [item for item in items if _rule(item) is None or _judges_somebody(item)]
        _leave(config, items, kept)
    asked: str | None = config.getoption("--rules")
    if asked is not None:
        try:
            wanted = select_rules(asked)
        except ValueError as error:
            raise pytest.UsageError(f"--rules: {error}") from None
        kept = [item for item in items if _rule(item) in wanted]
        _leave(config, items, kept)
    if config.getoption("--one-door"):
        _keep_one_door(config, items)
    if config.getoption("--quick") and config.getoption("--rest"):
        raise pytest.UsageError("--quick and --rest leave nothing between them")
    if config.getoption("--quick"):
        _keep_the_quick(config, items)
    if config.getoption("--rest"):
        quick = set(map(id, _quick(items)))
        kept = [item for item in items if _rule(item) is not None and id(item) not in quick]
        _leave(config, items, kept)


def _rules_for(config: pytest.Config) -> dict[str, set[str]]:
    """Return the rules of each server that is judged by some only."""
    named: list[str] = config.getoption("--server")
    pairs = [name.split("=") for name in named or () if "=" in name]
    return {server_id: set(rules.split(",")) for server_id, rules in pairs}


def _judges_somebody(item: pytest.Item) -> bool:
    """Whether a test is there for a server: one that no server is judged by is there for none."""
    callspec = getattr(item, "callspec", None)
    return callspec is not None and hasattr(callspec.params.get("contender"), "id")


def _keep_one_door(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a rule that holds at both doors keep the tests of one: another one at each next server."""
    rules: dict[str, int] = {}
    contenders: dict[str, int] = {}
    kept: list[pytest.Item] = []
    for item in items:
        rule = _rule(item)
        callspec = getattr(item, "callspec", None)
        parameters = callspec.params if callspec is not None else {}
        door = parameters.get("door")
        if rule is not None and door is not None and len(rule.doors) > 1:
            contender = getattr(parameters.get("contender"), "id", "")
            turn = rules.setdefault(rule.id, len(rules))
            turn += contenders.setdefault(contender, len(contenders))
            if rule.doors[turn % len(rule.doors)] != door:
                continue
        kept.append(item)
    _leave(config, items, kept)


def _keep_the_quick(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the suite's tests skip those that take long, and of the others keep one a cell."""
    quick = set(map(id, _quick(items)))
    kept: list[pytest.Item] = []
    for item in items:
        marker = item.get_closest_marker("slow_rule")
        if _rule(item) is not None and marker is not None:
            item.add_marker(pytest.mark.skip(reason=LEFT_OUT + marker.args[0]))
            kept.append(item)
        elif _rule(item) is None or id(item) in quick:
            kept.append(item)
    _leave(config, items, kept)


def _quick(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Of the suite's tests the first of each cell that does not take long.

    A cell is a rule at a server and a door.
    """
    first: dict[tuple[str, str, Door | None], pytest.Item] = {}
    for item in items:
        rule = _rule(item)
        if rule is None or item.get_closest_marker("slow_rule") is not None:
            continue
        callspec = getattr(item, "callspec", None)
        parameters = callspec.params if callspec is not None else {}
        contender = getattr(parameters.get("contender"), "id", "")
        first.setdefault((rule.id, contender, parameters.get("door")), item)
    return list(first.values())


def _leave(config: pytest.Config, items: list[pytest.Item], kept: list[pytest.Item]) -> None:
    """Leave of ``items`` those that are kept."""
    chosen = set(map(id, kept))
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
    items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the verdict of a run to its report."""
    report = yield
    rule = _rule(item)
    if rule is None or not (report.when == "call" or report.outcome != "passed"):
        return report
    run = run_of(item, rule, report.duration, call, item.config.stash[_POLICY])
    if run.verdict == "declared":
        report.outcome = "skipped"
        report.wasxfail = run.message
    report.user_properties.append((PROPERTY, asdict(run)))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Tell those who follow how many runs there will be; every worker knows them all."""
    writer = node.config.pluginmanager.get_plugin(_WRITER)
    if writer is not None:
        writer.planned(len(ids))


def pytest_collection_finish(session: pytest.Session) -> None:
    """The same without workers."""
    writer = session.config.pluginmanager.get_plugin(_WRITER)
    if writer is not None and session.items:
        writer.planned(len(session.items))


class _Writer:
    """Writes verdicts, one JSON object a line. Registered in the controlling process only."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._planned: int | None = None

    def planned(self, runs: int) -> None:
        """Write how many runs there will be; only the first call counts."""
        if self._planned is None:
            self._planned = runs
            self._write({"planned": runs})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the record of a run that has one."""
        for name, value in report.user_properties:
            if name == PROPERTY:
                self._write(value)

    def pytest_unconfigure(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, value: object) -> None:
        self._file.write(json.dumps(value) + "\n")
        self._file.flush()


def _contenders(config: pytest.Config) -> list[Contender]:
    """Return who is judged; found out once, when the first rule test is collected."""
    if _CONTENDERS not in config.stash:
        try:
            config.stash[_CONTENDERS] = _find_contenders(config)
        except (RuntimeError, ValueError) as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_CONTENDERS]


def _find_contenders(config: pytest.Config) -> list[Contender]:
    command: str | None = config.getoption("--command")
    tcp, ws = config.getoption("--tcp"), config.getoption("--ws")
    if command:
        contender = ForeignCommand(
            command, _name_of(command), takes_settings=config.stash[_POLICY].takes_settings
        )
        if not contender.doors:
            raise ValueError("--command names no address: put {tcp}, {ws} or both into it")
        return [contender]
    if tcp or ws:
        return [FixedAddresses(tcp and parse_address(tcp), ws and parse_address(ws))]
    named: list[str] = config.getoption("--server") or os.environ.get(_SERVERS_VARIABLE, "").split()
    return [OurServer(name.partition("=")[0]) for name in named or listed_ids()]


def _name_of(command: str) -> str:
    """Return what to call a command: the last plain word before its first place or flag."""
    words = itertools.takewhile(lambda word: "{" not in word, shlex.split(command))
    plain = [word for word in words if not word.startswith("-")]
    return Path(plain[-1]).name if plain else "command"


def _pair(contender: Contender, door: Door) -> Any:
    has_it = door in contender.doors
    no_door = () if has_it else (pytest.mark.skip(reason=f"it has no {door} door"),)
    return pytest.param(contender, door, id=f"{contender.id}-{door}", marks=no_door)


def _rule(item: pytest.Item) -> Rule | None:
    marker = item.get_closest_marker("rule")
    return None if marker is None else marker.args[0]

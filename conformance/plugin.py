"""The pytest plugin of the suite: which servers are judged, by which rules, with what verdict.

It turns a test that is marked with a rule into one run for each server and door, and the outcome
of each run into a record, ``results.Run``. ``--verdicts FILE`` writes each record as one line of
JSON as soon as the run ends, so that another process can follow.

Invariants:
  1. A record travels as an attribute of the test's report, so it arrives whichever worker process
     ran the test. JUnit XML gets only the rule, the door and the verdict of it.
  2. Only the controlling process writes the verdicts file.
"""

import json
import os
import signal
from collections.abc import Generator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from conformance.applicable import lacking
from conformance.contenders import (
    WRITER_VARIABLE,
    Contender,
    FixedAddresses,
    ForeignCommand,
    OurServer,
    listed_ids,
)
from conformance.dialect import read_dialect
from conformance.policy import Policy, read_policy
from conformance.protocol import Door, Rule
from conformance.recording import DIALECT, PASSED_OVER, run_of
from conformance.selection import holds_none_asked_for, rule_of, rules_by_server, select
from conformance.server import READY_WITHIN, parse_address
from conformance.templates import command_words, name_of
from conformance.verdicts import Unknown


__all__: list[str] = []

_RECORD = "conformance_record"  # the attribute of a report that holds the record

_CONTENDERS = pytest.StashKey[list[Contender]]()
_POLICY = pytest.StashKey[Policy]()

_WRITER = "conformance-writer"
_SERVERS_VARIABLE = "CONFORMANCE_SERVERS"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say which servers are judged, and how."""
    group = parser.getgroup("conformance", "the conformance suite")
    group.addoption(
        "--server",
        action="append",
        metavar="ID",
        help=f"judge this server of ours; ID=RULE,RULE judges it by these rules only; may be "
        f"repeated. Default: ${_SERVERS_VARIABLE}, or all servers",
    )
    group.addoption(
        "--command",
        metavar="CMD",
        help="judge a server of any language: a command with {tcp} and {ws} in it",
    )
    group.addoption("--name", metavar="NAME", help="what reports call the server of --command")
    group.addoption(
        "--start-within",
        type=float,
        metavar="S",
        help=f"seconds that the server of --command may take to start (default {READY_WITHIN:g})",
    )
    group.addoption("--tcp", metavar="H:P", help="judge a running server: its line door")
    group.addoption("--ws", metavar="H:P", help="judge a running server: its WebSocket door")
    group.addoption("--policy", metavar="FILE", help="what the server decides differently, in TOML")
    group.addoption(
        "--dialect", metavar="NAME", help="how the server's lines look: raw, gopl, …, or a file"
    )
    group.addoption(
        "--ungreeted", metavar="WHY", help="what the server does instead of greeting a newcomer"
    )
    group.addoption(
        "--writer",
        choices=["auto", "send", "uring"],
        help=f"how our direct servers write. Default: ${WRITER_VARIABLE}, or as they decide",
    )
    group.addoption("--rules", metavar="ID,…", help="only these rules or areas")
    group.addoption("--quick", action="store_true", help="one test per rule; skips slow tests")
    group.addoption("--rest", action="store_true", help="only what --quick leaves out")
    group.addoption(
        "--one-door", action="store_true", help="judge each rule at one door; the doors take turns"
    )
    group.addoption("--verdicts", metavar="FILE", help="write each verdict as a line of JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, read the policy, open the verdicts file."""
    config.addinivalue_line("markers", "rule(rule): the rule of PROTOCOL.md that a test is about")
    config.addinivalue_line("markers", "settings(**values): how the test's server is started")
    config.addinivalue_line("markers", "slow_rule(reason): left out of quick runs")
    if writer := config.getoption("--writer"):
        os.environ[WRITER_VARIABLE] = writer  # so every test that starts a server of ours uses it
    named = config.getoption("--dialect")
    try:
        config.stash[DIALECT] = read_dialect(named) if named else None
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    path = config.getoption("--policy")
    try:
        config.stash[_POLICY] = read_policy(Path(path), foreign=bool(named)) if path else Policy()
    except (OSError, ValueError) as error:
        raise pytest.UsageError(f"--policy {path}: {error}") from None
    # A run that is terminated, by `timeout` for example, leaves no servers behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell starts a background job with SIGINT ignored, and nohup with SIGHUP. The servers would
    # inherit that, and rules about signals would say nothing: with a handler here they do not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hangs_up = signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN
    signal.signal(signal.SIGHUP, signal.default_int_handler if hangs_up else _go_on)
    verdicts = config.getoption("--verdicts")
    if verdicts and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Writer(Path(verdicts)), _WRITER)


def _go_on(_number: int, _frame: object) -> None:
    """Handle a signal by doing nothing."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import a file of the suite that has no test of the rules asked for."""
    return holds_none_asked_for(config, collection_path) or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one run of a rule's test for every server, at every door of the rule."""
    marker = metafunc.definition.get_closest_marker("rule")
    if marker is None:
        return
    rule: Rule = marker.args[0]
    contenders = [
        contender
        for contender in _contenders(metafunc.config)
        if rule.id in rules_by_server(metafunc.config).get(contender.id, {rule.id})
    ]
    if "door" in metafunc.fixturenames and rule.doors:
        metafunc.parametrize(
            ("contender", "door"),
            [_pair(contender, door) for contender in contenders for door in rule.doors],
        )
    else:
        metafunc.parametrize("contender", contenders, ids=[c.id for c in contenders])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that the options ask for; skip those that no dialect can be asked."""
    dialect = config.stash[DIALECT]
    for item in items:
        rule = rule_of(item)
        if dialect is None or rule is None:
            continue
        assert isinstance(item, pytest.Function)
        reason = lacking(dialect, rule.id, item.originalname)
        if reason is not None:
            item.add_marker(pytest.mark.skip(reason=reason))
    select(config, items)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """End a test that needs a client of a server that greets nobody: it can be judged by none."""
    ungreeted = item.config.getoption("--ungreeted")
    needed = set(item.fixturenames) if isinstance(item, pytest.Function) else set()
    if ungreeted and needed & {"connect", "clients", "swarm"}:
        raise Unknown(ungreeted)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """End a test that passed as not applicable if it passed over a line that it expected."""
    yield
    for reason in item.stash.get(PASSED_OVER, [])[:1]:
        pytest.skip(f"{reason}; the rest of the test holds")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the verdict of a run to its report."""
    report = yield
    rule = rule_of(item)
    if rule is None or not (report.when == "call" or report.outcome != "passed"):
        return report
    run = run_of(item, rule, report.duration, call, item.config.stash[_POLICY])
    if run.verdict == "declared":
        report.outcome = "skipped"
        report.wasxfail = run.message
    setattr(report, _RECORD, asdict(run))
    # JUnit XML takes these from the report of the test's end, which is made from the item's.
    item.user_properties += [(name, getattr(run, name)) for name in ("rule", "door", "verdict")]
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Tell the followers how many runs there will be; every worker has collected all of them."""
    writer = node.config.pluginmanager.get_plugin(_WRITER)
    if writer is not None:
        writer.planned(len(ids))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell the followers the same where there are no workers."""
    writer = session.config.pluginmanager.get_plugin(_WRITER)
    if writer is not None and session.items:
        writer.planned(len(session.items))


class _Writer:
    """Writes each verdict as one line of JSON. Registered in the controlling process only."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._planned: int | None = None

    def planned(self, runs: int) -> None:
        """Write how many runs there will be; only the first call counts."""
        if self._planned is None:
            self._planned = runs
            self._write({"planned": runs})

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write the record of a run, if it has one."""
        record = getattr(report, _RECORD, None)
        if record is not None:
            self._write(record)

    def pytest_unconfigure(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, value: object) -> None:
        self._file.write(json.dumps(value) + "\n")
        self._file.flush()


def _contenders(config: pytest.Config) -> list[Contender]:
    """Return the servers to judge; found out once, when the first rule test is collected."""
    if _CONTENDERS not in config.stash:
        try:
            config.stash[_CONTENDERS] = _find_contenders(config)
        except (RuntimeError, ValueError) as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[_CONTENDERS]


def _find_contenders(config: pytest.Config) -> list[Contender]:
    command: str | None = config.getoption("--command")
    tcp, ws = (address and parse_address(address) for address in _addresses(config))
    if command:
        takes_settings = config.stash[_POLICY].takes_settings
        if config.stash[DIALECT] is not None:  # its settings are its own
            takes_settings = takes_settings and "{flags}" in command
        contender = ForeignCommand(
            command,
            config.getoption("--name") or name_of(command_words(command)),
            takes_settings=takes_settings,
            start_within=config.getoption("--start-within") or READY_WITHIN,
            fixed_tcp=tcp or None,
            fixed_ws=ws or None,
        )
        if not contender.doors:
            raise ValueError("--command names no address: put {tcp}, {ws} or both into it")
        return [contender]
    if tcp or ws:
        return [FixedAddresses(tcp or None, ws or None)]
    named: list[str] = config.getoption("--server") or os.environ.get(_SERVERS_VARIABLE, "").split()
    return [OurServer(name.partition("=")[0]) for name in named or listed_ids()]


def _addresses(config: pytest.Config) -> tuple[str | None, str | None]:
    return config.getoption("--tcp"), config.getoption("--ws")


def _pair(contender: Contender, door: Door) -> Any:
    has_it = door in contender.doors
    no_door = () if has_it else (pytest.mark.skip(reason=f"it has no {door} door"),)
    return pytest.param(contender, door, id=f"{contender.id}-{door}", marks=no_door)

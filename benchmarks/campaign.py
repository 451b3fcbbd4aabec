"""Measure scenarios: fresh processes of several servers, in turns, under the same workload.

Invariants:
  1. Servers take turns, so a machine that slows down slows all of them.
  2. The server and the generator have a core each, if the machine has two.
  3. Whatever ends a measurement, every process that it started has ended too.
  4. The next run depends on the runs made so far and on nothing else, so a measurement that was
     stopped can be resumed without a difference.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib import metadata

from benchmarks.cores import may_poll, two_cores
from benchmarks.deliveries import tally
from benchmarks.duration import JUDGING_S, Expected, counting_s, expected
from benchmarks.environment import Environment
from benchmarks.generator.process import generator_command, raise_file_limit
from benchmarks.interpreters import Interpreter, prepare
from benchmarks.load import LoadError, run_load
from benchmarks.memory_copy import copy_us
from benchmarks.peers import PEERS
from benchmarks.peers.judging import REFUSED
from benchmarks.peers.judging import judge as judge_peer
from benchmarks.results import AGAIN, Results, Run
from benchmarks.run_figures import figures
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.server_process import READY_S, server_command, serving
from benchmarks.syscalls import counter
from benchmarks.toolchains import Unavailable
from benchmarks.trust import MAX_CROWDING, judge
from benchmarks.workload import Workload, parse_address
from implementations.servers import SERVERS


__all__ = [
    "Foreseen",
    "OnRun",
    "Plan",
    "begin",
    "changed_since",
    "foresee",
    "go_on",
    "run_line",
    "version_of",
]

COMPARED_WITH = ("go-gorilla", "websockets-broadcast")  # the first one that is available
_TWICE = (
    "closed",
    "open",
    "pythons",
    "pythons-open",
    "unpinned",
)  # scenarios in which one server is measured twice
_COUNTED = "closed"  # the scenario in which system calls are counted

OnRun = Callable[[Run, int, int], None]  # the latest run, how many are made, how many planned


@dataclass(frozen=True)
class Plan:
    """What to measure.

    ``servers`` are ids of our servers; if empty, each scenario names its own. ``peers`` are ids of
    peers; None for all. ``processes`` and ``clients`` override the scenarios. ``quick`` makes one
    process of each with few messages and at most 1,000 clients.
    """

    scenarios: tuple[str, ...]
    servers: tuple[str, ...] = ()
    peers: tuple[str, ...] | None = None
    processes: int | None = None
    clients: int | None = None
    quick: bool = False

    def chosen(self, pythons: Sequence[str] | None = None) -> list[Scenario]:
        """Return the scenarios as this plan runs them.

        ``pythons`` are the names of those that are here, in the order in which they are measured;
        None for all that the scenarios name.
        """
        return [self._as_planned(SCENARIOS[name], pythons) for name in self.scenarios]

    def _as_planned(self, scenario: Scenario, pythons: Sequence[str] | None) -> Scenario:
        points = scenario.points
        if scenario.axis == "python" and pythons is not None:
            by_name = {point.python: point for point in points}
            points = tuple(by_name[name] for name in pythons if name in by_name)
        if self.clients and scenario.axis != "clients":
            points = tuple(_with_clients(point, self.clients) for point in points)
        if self.quick:
            small = [point for point in points if point.clients <= 1000] or list(points[-1:])
            short = [point for point in small if point.rate_hz is None or point.rate_hz >= 10]
            points = tuple(_shorter(point) for point in short)
        between = scenario.between
        if self.clients:
            between = tuple(_with_clients(point, self.clients) for point in between)
        processes = self.processes or (1 if self.quick else scenario.processes)
        between = () if self.quick else between
        return replace(scenario, points=points, between=between, processes=processes)


def _with_clients(workload: Workload, clients: int) -> Workload:
    return replace(workload, clients=clients, speakers=min(clients, workload.speakers))


def _shorter(workload: Workload) -> Workload:
    clients = min(workload.clients, 1000)
    if workload.stalled_clients:  # filling the buffers needs all the messages
        return replace(workload, clients=clients)
    return replace(
        workload,
        clients=clients,
        speakers=min(workload.speakers, clients),
        messages=max(40, workload.messages // 4),
        warmup_messages=workload.warmup_messages // 2,
        idle_s=workload.idle_s / 2,
    )


def begin(plan: Plan, on_line: Callable[[str], None] = lambda line: None) -> Results:
    """Prepare what ``plan`` needs: build and judge the peers, describe the machine.

    ``on_line`` is called with one line for everything that is not available here, and why.

    Raises:
        LoadError: the machine cannot hold that many connections.
    """
    scenarios = plan.chosen()
    raise_file_limit(max(point.clients for scenario in scenarios for point in scenario.points))
    kind, _ = generator_command()
    if kind == "python":
        on_line("the load generator is in Python (no C compiler), slower than the fastest servers")
    wanted = _wanted(plan, scenarios)
    skipped: dict[str, str] = {}
    judged: dict[str, dict[str, str]] = {}
    interpreters: dict[str, Interpreter] = {}
    if any(scenario.axis == "python" for scenario in scenarios):
        on_line("making an environment for each Python that is here")
        interpreters, skipped = prepare(on_line)
    for peer in wanted:
        try:
            command = server_command(peer, Workload())
            with serving(command, None, PEERS[peer].start_within_s) as (_, address):
                found = judge_peer(parse_address(address))
        except (Unavailable, LoadError) as error:
            skipped[peer] = str(error)
            on_line(f"skipped {peer}: {error}")
            continue
        judged[peer] = {
            one.rule_id: one.evidence if one.verdict == "fail" else "pass" for one in found
        }
        broken = {rule: what for rule, what in judged[peer].items() if what != "pass"}
        fatal = [rule for rule in broken if rule in REFUSED]
        if fatal:
            skipped[peer] = f"breaks {fatal[0]}: {broken[fatal[0]]}"
            on_line(f"skipped {peer}: {skipped[peer]}")
            continue
        for rule, what in broken.items():
            on_line(f"{peer} is measured, and differs in {rule}: {what}")
        for one in found:
            if one.remark:
                on_line(f"{peer} is measured, and differs: {one.remark}")
    usable = [peer for peer in wanted if peer not in skipped]
    ours = list(plan.servers) or [server.id for server in SERVERS]
    compared = next((peer for peer in COMPARED_WITH if peer in usable), None)
    return Results(
        environment=Environment.here(two_cores(), kind),
        peer=compared or next(iter(usable), ours[0]),
        versions={server: version_of(server) for server in [*ours, *usable]},
        skipped=skipped,
        judged=judged,
        interpreters=interpreters,
        copy_us=copy_us(sizes) if len(sizes := _sizes(scenarios)) > 1 else {},
    )


def _wanted(plan: Plan, scenarios: Sequence[Scenario]) -> Sequence[str]:
    """Return the peers that take part, if they can be had."""
    taking_part = {
        peer
        for scenario in scenarios
        if not scenario.only_ours
        for peer in (PEERS if scenario.peers is None else scenario.peers)
    }
    if not taking_part:
        return []
    return [peer for peer in PEERS if peer in taking_part] if plan.peers is None else plan.peers


@dataclass(frozen=True)
class Foreseen:
    """What a plan takes on a quiet machine if every peer can be had."""

    scenarios: dict[str, Expected]  # by name
    judging_s: float  # the peers, before anything is measured

    @property
    def seconds(self) -> float:
        """All of it together."""
        return self.judging_s + sum(one.seconds for one in self.scenarios.values())


def foresee(plan: Plan, pythons: Sequence[str]) -> Foreseen:
    """Estimate what a plan takes on a machine with these Pythons; nothing is started."""
    scenarios = [one for one in plan.chosen(pythons) if one.points]
    wanted, ours = _wanted(plan, scenarios), [server.id for server in SERVERS]
    found = {}
    for scenario in scenarios:
        servers = _servers(scenario, plan, wanted)
        found[scenario.name] = expected(scenario, servers, ours)
        if _counts(scenario, plan):
            found[scenario.name] = counting_s(found[scenario.name], scenario)
    return Foreseen(found, JUDGING_S * len(wanted))


def _sizes(scenarios: Sequence[Scenario]) -> list[int]:
    """Return the sizes of messages in scenarios that compare sizes or numbers of clients."""
    grown = [one for one in scenarios if one.axis in ("payload_bytes", "clients")]
    return sorted({point.payload_bytes for scenario in grown for point in scenario.points})


def changed_since(begun: Results) -> list[str]:
    """Return the names of what has changed in the environment; if any, ``begun`` cannot go on."""
    kind, _ = generator_command()
    was, now = asdict(begun.environment), asdict(Environment.here(two_cores(), kind))
    return [name for name, value in now.items() if name != "date" and was[name] != value]


def go_on(plan: Plan, begun: Results, on_run: OnRun = lambda run, made, planned: None) -> Results:
    """Make the runs of ``plan`` that ``begun`` does not hold yet, and return all runs.

    A server that does not start, dies or delivers wrongly makes its own run invalid, and the
    measurement goes on. A run that other programs disturbed is kept and repeated, up to twice the
    number of processes. ``on_run`` is called after every run.

    The child processes do not receive the terminal's Ctrl-C. Any exception in the caller's thread,
    KeyboardInterrupt too, ends them and is passed on.
    """
    runs = list(begun.runs)
    cores = two_cores()
    scenarios = [one for one in plan.chosen(list(begun.interpreters)) if one.points]
    planned = sum(
        _planned(scenario, _servers(scenario, plan, _usable(begun)), plan) for scenario in scenarios
    )

    def make(scenario: Scenario, server: str, process: int, point: Workload) -> None:
        nonlocal planned
        run = _run(scenario.name, server, process, point, cores)
        runs.append(run)
        planned += _is_crowded(run) and 0 < process < 2 * scenario.processes
        on_run(run, len(runs), planned)

    for scenario in scenarios:
        servers = _servers(scenario, plan, _usable(begun))
        for process in range(1, 2 * scenario.processes + 1):
            shift = (process - 1) % len(servers)  # each round begins with another server
            for place, point in enumerate(scenario.steps):
                climbing = _climbing(scenario, servers, runs, place, process)
                for server in servers[shift:] + servers[:shift]:
                    own = [run for run in runs if _is_of(run, scenario, server)]
                    cell = [run for run in own if run.workload == point and run.process]
                    counting = [run for run in cell if not _is_crowded(run)]
                    if len(cell) >= process or len(counting) >= scenario.processes:
                        continue
                    if server not in climbing:
                        planned -= process <= scenario.processes
                        continue
                    make(scenario, server, process, point)
        if _counts(scenario, plan):
            for server in servers:
                if not any(run.process == 0 for run in runs if _is_of(run, scenario, server)):
                    make(scenario, server, 0, scenario.points[0])
    return replace(begun, runs=tuple(runs))


def run_line(run: Run) -> str:
    """Return the result of a run in one line."""
    scenario = SCENARIOS[run.scenario]
    at = f" {scenario.axis}={scenario.value(run.workload)}" if scenario.axis else ""
    name = f"{run.scenario}{at} {run.server}"
    if run.process == 0:
        calls = run.account.syscalls if run.account else None
        return f"{name}: {calls or 'no'} system calls"
    name += f", process {run.process}:"
    if run.figures is None or run.verdict != "valid":
        return f"{name} {run.verdict}: {run.reason}"
    if run.workload.rate_hz is None:
        return f"{name} {run.figures.cost_us:.2f} µs per delivery"
    p50, p99 = (run.figures.percentile_ms(percent) for percent in (50, 99))
    return f"{name} p50 {p50:.1f} p99 {p99:.1f} ms"


def _usable(begun: Results) -> list[str]:
    """Return the peers that were judged and can be measured."""
    return [peer for peer in begun.judged if peer not in begun.skipped]


def _servers(scenario: Scenario, plan: Plan, usable: Sequence[str]) -> list[str]:
    """Return the servers and peers of a scenario; in some scenarios one of them comes twice."""
    known = [server.id for server in SERVERS]
    ours = list(plan.servers) or [id_ for id_ in known if id_ in (scenario.servers or known)]
    peers = []
    if not scenario.only_ours:
        peers = [
            peer
            for peer in usable
            if scenario.peers is None or plan.peers is not None or peer in scenario.peers
        ]
    servers = list(dict.fromkeys([*ours, *peers]))
    if scenario.name in _TWICE:
        twice = "asyncio-direct" if "asyncio-direct" in servers else servers[0]
        servers.append(twice + AGAIN)
    return servers


def _planned(scenario: Scenario, servers: Sequence[str], plan: Plan) -> int:
    cells = len(scenario.steps) * len(servers)
    return cells * scenario.processes + (len(servers) if _counts(scenario, plan) else 0)


def _counts(scenario: Scenario, plan: Plan) -> bool:
    """Return whether system calls are counted, in runs of their own."""
    return scenario.name == _COUNTED and not plan.quick and counter() is not None


def _is_of(run: Run, scenario: Scenario, server: str) -> bool:
    return run.scenario == scenario.name and run.server == server


def _is_crowded(run: Run) -> bool:
    """Return whether other programs disturbed a run.

    The answer does not depend on the result of the run, so repeating it favours no server.
    """
    return (
        run.verdict == "unknown" and run.account is not None and run.account.crowding > MAX_CROWDING
    )


def _climbing(
    scenario: Scenario, servers: Sequence[str], runs: Sequence[Run], place: int, process: int
) -> list[str]:
    """Return the servers that are measured at a step; ``process`` counts from 1.

    A server climbs a ladder if one of its processes so far goes on from the step below. A ladder
    that ends where a server breaks is not climbed by a server that is left alone: the others have
    broken, so it is the best one. A step between two others is for servers that went on from the
    lower one, and did not from the higher one.
    """
    if not scenario.ladder or not place:
        return list(servers)

    def went_on(server: str, point: Workload) -> bool | None:
        found = [
            scenario.goes_on(run.workload, run.figures)
            for run in runs
            if _is_of(run, scenario, server) and run.workload == point and run.process <= process
        ]
        return any(found) if found else None

    if place >= len(scenario.points):
        low, high = scenario.around(scenario.steps[place])
        return [one for one in servers if went_on(one, low) and went_on(one, high) is False]
    climbing = [server for server in servers if went_on(server, scenario.points[place - 1])]
    alone = scenario.until_it_breaks and len(climbing) == 1 < len(servers)
    return [] if alone else climbing


def _run(
    scenario: str, server: str, process: int, workload: Workload, cores: tuple[int, int] | None
) -> Run:
    if not workload.pinned:
        cores = None
    server_core, generator_core = cores or (None, None)
    try:
        plain = server.removesuffix(AGAIN)
        command = server_command(plain, workload)
        within_s = PEERS[plain].start_within_s if plain in PEERS else READY_S
        with serving(command, server_core, within_s) as (pid, address):
            account, samples = run_load(
                address,
                workload,
                pid=pid,
                core=generator_core,
                poll=may_poll(cores),
                syscalls=process == 0,
            )
    except (LoadError, Unavailable) as error:
        return Run(scenario, server, process, workload, "invalid", str(error))
    counts = tally(samples, workload, behind=account.behind)
    found = None
    if not (account.behind or counts.lost or counts.duplicated or counts.altered):
        found = figures(samples, workload)
    lateness = 0.0
    if found is not None and workload.rate_hz is not None:
        lateness = found.lateness_p99_ns / 1e6 / found.percentile_ms(99)
    verdict, reason = judge(counts, account, workload, lateness=lateness)
    return Run(scenario, server, process, workload, verdict, reason, account, counts, found)


def version_of(server: str) -> str:
    """Return the versions of what a server is made of; empty if they are unknown."""
    if server in PEERS:
        return PEERS[server].version()
    libraries = ["websockets", "trio"] if server.startswith("trio-") else ["websockets"]
    versions = [f"{library} {metadata.version(library)}" for library in libraries]
    return ", ".join([f"Python {platform.python_version()}", *versions])

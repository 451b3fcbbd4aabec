"""Measure a delivery: microseconds and system calls from outside, hand-overs from inside."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.cores import may_poll, two_cores
from benchmarks.load import run_load
from benchmarks.results import read
from benchmarks.run_figures import figures
from benchmarks.server_process import server_command, serving
from benchmarks.summary import summarise
from benchmarks.syscalls import counter
from benchmarks.toolchains import Unavailable
from benchmarks.workload import Workload
from hubbub.learning.lessons import ROOT
from implementations.core.commands import Say
from implementations.core.message import TCP
from implementations.core.settings import Settings


ROUND = max((ROOT / "benchmarks" / "rounds").iterdir()) / "results.json.gz"  # the latest


@dataclass
class Cost:
    """The cost of one delivery. None where the system does not report it.

    Attributes:
        us: microseconds of processor time. On a busy machine, clock time would be longer.
    """

    server: str
    us: float
    calls: float | None = None
    switches: float | None = None
    note: str = ""


async def measured(server, **workload):
    """Return what a delivery costs a server or a peer, measured now on this machine."""
    return await asyncio.to_thread(_measured, server, Workload(**{**_QUICK, **workload}))


async def calls(server):
    """Return how many system calls a delivery takes, in words."""
    if counter() is not None:  # a separate process, because counting makes it slow
        few = Workload(**{**_QUICK, "messages": 20})
        counted = await asyncio.to_thread(_measured, server, few, count=True)
        if counted.calls is not None:
            return f"{counted.calls:.2f}"
    return f"{published()[server].calls:.2f} (from the published round: no counter here)"


def table(*found):
    """Print costs, one per row."""
    for cost in found:
        print(f"{cost.server:20} {cost.us:8.2f} µs per delivery {cost.note}".rstrip())


def published_table(*servers):
    """Print the costs of some servers from the published round."""
    print(f"{'':20} {'µs':>6} {'system calls':>14} {'switches':>10}   per delivery")
    for cost in (published()[server] for server in servers):
        print(f"{cost.server:20} {cost.us:6.2f} {cost.calls:14.2f} {cost.switches:10.3f}")


@cache
def published():
    """Return the costs from the published round, by server: medians of fresh processes."""
    closed = next(s for s in summarise(read(ROUND)) if s.scenario.name == "closed")
    return {
        cell.server: Cost(
            cell.server,
            cell.value("server"),
            closed.counted.get(cell.server),
            (cell.value("switches") or 0.0) / 1000,
        )
        for cell in closed.cells
    }


_QUICK = {"clients": 300, "messages": 200, "warmup_messages": 10}


def _measured(server, workload, *, count=False):
    deliveries = workload.messages * workload.clients
    cores = two_cores()
    server_core, generator_core = cores or (None, None)
    try:
        command = server_command(server, workload)
    except Unavailable as error:
        return replace(published()[server], note=f"(from the published round: {error})")
    with serving(command, server_core) as (pid, address):
        account, samples = run_load(
            address,
            workload,
            pid=pid,
            core=generator_core,
            poll=may_poll(cores),
            syscalls=count,
        )
    us = figures(samples, workload).cost_us
    if account.server_cpu_s is not None:
        us = account.server_cpu_s * 1e6 / deliveries
    return Cost(server, us, account.syscalls / deliveries if account.syscalls else None)


_TURNS = 20  # rounds of the event loop: more than anything here needs


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop that counts hand-overs: each callback that is put into its queue."""

    handed = 0

    def call_soon(self, *arguments, **more):
        self.handed += 1
        return super().call_soon(*arguments, **more)


async def hand_overs(hub_class, clients):
    """Return how many hand-overs one message to this many clients takes."""
    return await asyncio.to_thread(_counted, hub_class, clients)


def _counted(hub_class, clients):
    with asyncio.Runner(loop_factory=CountingLoop) as runner:
        return runner.run(_one_message(hub_class(Settings()), clients))


async def _one_message(hub, clients):
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(hub.run())]
    pairs = [socket.socketpair() for _ in range(clients)]
    for number, (ours, theirs) in enumerate(pairs):
        ours.setblocking(False)
        theirs.setblocking(False)
        outbox = hub.outbox(ours, TCP)
        await hub.join(number, f"client-{number}", outbox)
        tasks.append(loop.create_task(_write_pump(outbox, ours)))
    await _quiet()
    before = loop.handed
    await hub.submit(0, Say("hello"))
    await _quiet()
    handed = loop.handed - before - _TURNS  # without the hand-overs of the waiting itself
    assert all(theirs.recv(1 << 20).endswith(b": hello\n") for _, theirs in pairs)
    await hub.close()
    hub.stop()
    await asyncio.gather(*tasks)
    for end in (end for pair in pairs for end in pair):
        end.close()
    return handed


async def _write_pump(outbox, sock):
    while data := await outbox.take():
        sock.send(data)


async def _quiet():
    """Let the event loop run until every task waits."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)

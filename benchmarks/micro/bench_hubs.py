"""One fan-out of each hub: a message submitted, up to when the last of n clients is handed it.

A round is one message. A client of ``mutex`` or ``broadcaster`` has been handed it when
it is in the client's outbox; a client of ``direct``, when its socket, a fake one, has taken
it. Between the rounds what came is looked at and emptied; that is not measured. In a
direct hub n write pumps wait, as they do in a server. At the others' outboxes nobody
waits: to wake n write pumps and have them write, which is most of what those two cost a
server, is not in their numbers. So compare mutex with broadcaster here, and any hub with
itself in another runtime or revision; what all of a delivery costs, `hubbub compare` says.

The clock stops when the caller, a thread or a task, goes on after the last client was
handed the message. A mutex hub's ``submit`` has done it all by then; the other two hubs'
owner must have its turn first. In the threads runtime that is another thread, and a switch
there and one back are in the number, as they are in a server. In asyncio and trio
the loop runs on from where it stood still (frozen.py): its start is not in the number.

One group a number of clients, with all nine servers in it. For tables of the three hubs
of a runtime, or of the three runtimes of a hub:

    make bench ARGS="-k submit --benchmark-group-by=param:clients,param:runtime"
    make bench ARGS="-k submit --benchmark-group-by=param:clients,param:hub"

Expect all to grow with n. Direct grows the least, and alike in the three runtimes: one
call a client. Outboxes grow by what an offer costs: a lock in threads, a look into the
parking lot in trio, neither in asyncio. The owner's turn is a constant that shows with
few clients only.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import cast

import pytest

from benchmarks.micro.fakes import Scene
from benchmarks.micro.fixture import Benchmark
from implementations.servers import SERVERS


# Clients to rounds. pytest-benchmark does not calibrate what has a setup; this is less than
# a second each, and more when few clients make a round short.
ROUNDS = {10: 3000, 100: 1000, 1000: 200}
WARMUP_ROUNDS = 10


@pytest.mark.parametrize("clients", ROUNDS)
@pytest.mark.parametrize(
    ("runtime", "hub"),
    [pytest.param(server.runtime, server.hub, id=server.id) for server in SERVERS],
)
def bench_submit(benchmark: Benchmark, runtime: str, hub: str, clients: int) -> None:
    """Hand one message to n clients."""
    benchmark.group = f"hubs: one message to {clients:4} clients"
    with _opened(runtime, hub, clients) as scene:
        scene.fan_out()

        benchmark.pedantic(
            scene.fan_out,
            setup=scene.clear,
            rounds=ROUNDS[clients],
            warmup_rounds=WARMUP_ROUNDS,
        )

        scene.clear()


def _opened(runtime: str, hub: str, clients: int) -> AbstractContextManager[Scene]:
    opened = import_module(f"benchmarks.micro.scene_{runtime}").opened
    return cast("AbstractContextManager[Scene]", opened(hub, clients))

"""One fan-out of each hub: from submitting a message until the last of n clients has it.

A round is one message. With ``mutex`` and ``broadcaster`` a client has the message when it is in
the client's outbox; with ``direct``, when the client's fake socket has taken it. Between rounds the
messages are checked and removed, which is not measured.

In a direct hub n write pumps wait, as in a server. At the outboxes of the other two hubs no write
pump waits. Waking n write pumps and letting them write is most of what these hubs cost in a server,
and it is not in their numbers. So compare mutex with broadcaster here, and each hub with itself in
another runtime or revision. `hubbub compare` measures the whole cost of a delivery.

The clock stops when the caller, a thread or a task, goes on after the last client has the message.
The ``submit`` of a mutex hub does all the work itself; in the other two hubs their owner has to run
first. In the threads runtime the owner is another thread, so the number includes two thread
switches, as in a server. In asyncio and trio the loop goes on where it was frozen (frozen.py), so
the number does not include its start.

One group per number of clients, with all nine servers. For tables of the three hubs of a runtime,
or of the three runtimes of a hub:

    make bench ARGS="-k submit --benchmark-group-by=param:clients,param:runtime"
    make bench ARGS="-k submit --benchmark-group-by=param:clients,param:hub"

Expected: All grow with n. Direct grows least, and equally in the three runtimes, by one call per
client. Outboxes grow by the cost of one offer: threads takes a lock, trio checks its parking lot,
asyncio does neither. The owner's turn is constant, so it shows only with few clients.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from typing import cast

import pytest

from benchmarks.micro.fakes import Scene
from benchmarks.micro.fixture import Benchmark
from implementations.servers import SERVERS


# Rounds, by clients. pytest-benchmark does not calibrate a benchmark with a setup. These numbers
# take less than a second each; short rounds with few clients are made more often.
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

"""Measures a server with the live load generator, to compare it with the one of the benchmark.

    python -m benchmarks.audit --live asyncio-direct

Both have open loops, so they can differ in two ways: the live one sleeps where the other one may
poll, and it knows latencies by buckets of 12 %.
"""

from __future__ import annotations

from benchmarks.audit.agreement import Cores, Seen
from benchmarks.generator.live import LiveGenerator
from benchmarks.generator.live_columns import add_counts, percentile_us
from benchmarks.load import CONNECT_S, LoadError
from benchmarks.server_process import server_command, serving
from benchmarks.workload import Workload


__all__ = ["live"]

_SPARE_S = 30.0


def live(server: str, workload: Workload, cores: Cores, kind: str = "") -> Seen:
    """Measure a fresh process of ``server``; the cost of a delivery is not measured, and is 0.

    Args:
        workload: an open loop.
        kind: ``c`` or ``python``; empty: C if it can be built.

    Raises:
        LoadError: the run could not be finished, or deliveries are missing.
        Unavailable: the server needs something that is missing here.
    """
    assert workload.rate_hz is not None
    server_core, generator_core = cores or (None, None)
    with (
        serving(server_command(server, workload), server_core) as (_, address),
        LiveGenerator(address, core=generator_core, kind=kind) as generator,
    ):
        generator.send(f"bytes {workload.payload_bytes}", f"speakers {workload.speakers}")
        generator.send(f"clients {workload.clients}")
        arrived = 0
        for message in generator.wait(CONNECT_S):
            if message["is"] == "states":
                arrived += sum(state == "in" for _, state in message["changed"])
            if arrived == workload.clients:
                break
        else:
            raise LoadError(f"only {arrived} of {workload.clients} clients are in the room")
        generator.send(f"rate {workload.rate_hz}")
        sent = heard = untimed = missing = 0
        counts: dict[int, int] = {}
        for message in generator.wait(workload.messages / workload.rate_hz + _SPARE_S):
            if message["is"] == "gone":
                raise LoadError(f"client {message['client']} is gone: {message['reason']}")
            if message["is"] != "column":
                continue
            before, sent = sent, sent + message["sent"]
            if before >= workload.warmup_messages:
                add_counts(counts, message["counts"])
                heard, untimed = heard + message["heard"], untimed + message["untimed"]
            missing = message["missing"]
            if sent >= workload.warmup_messages + workload.messages:
                break
        else:
            raise LoadError(f"only {sent} messages were said: {generator.ended=}")
    if missing or untimed or sum(counts.values()) != heard:
        raise LoadError(f"{missing} deliveries are missing, {untimed} have no time")
    p50_us, p99_us = percentile_us(counts.items(), 0.5), percentile_us(counts.items(), 0.99)
    assert p50_us is not None
    assert p99_us is not None
    return 0.0, p50_us / 1000, p99_us / 1000

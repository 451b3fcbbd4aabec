"""Both generators at work: when they send, when they wait, and when they give up."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import replace

import pytest

from benchmarks.deliveries import tally
from benchmarks.generator.process import LoadError
from benchmarks.load import run_load
from benchmarks.run_figures import figures
from benchmarks.server_process import server_command, serving
from tests.benchmarks.generator.programs import FAULTY, SMALL, Command, faults, load
from tests.benchmarks.relay import relaying


MS = 1_000_000


def test_delay_is_measured(command: Command) -> None:
    """If the server delays every message by 20 ms, no delivery is measured as faster."""
    with relaying(delay_s=0.020) as address:
        _, samples, _ = load(address, command)

    measured = figures(samples, SMALL)
    assert measured.percentile_ms(0) >= 20
    assert measured.cost_us >= 20_000 / SMALL.clients


def test_generator_that_polls_sleeps_for_no_message(command: Command) -> None:
    """With polling it never sleeps, and the time in which it polls for nothing is not busy time."""
    sleeps = {}
    for poll in (True, False):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw
        with relaying(delay_s=0.020) as address:
            account, samples = run_load(address, SMALL, pid=os.getpid(), command=command, poll=poll)
        sleeps[poll] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_nvcsw - before
        assert faults(tally(samples, SMALL)) == {}
        assert account.generator_busy_s < account.counted_s / 2

    assert sleeps[True] < SMALL.messages <= sleeps[False]


def test_delayed_messages_are_charged_from_when_they_were_due(command: Command) -> None:
    """If the server stops for 200 ms, every message that falls due meanwhile counts as late."""
    stopped: list[int] = []

    def stop(client: int, message: int, text: str) -> list[str]:
        if client == 0 and message == FAULTY and not stopped:
            stopped.append(message)
            time.sleep(0.2)  # the planted fault
        return [text]

    workload = replace(SMALL, rate_hz=100.0)
    with relaying(stop) as address:
        _, samples, _ = load(address, command, workload)

    # Twenty messages fell due in those 200 ms. Without coordinated omission, all of them are late;
    # a closed loop would have charged one.
    late_ns = (
        samples.deliveries["at_ns"] - samples.messages["intended_ns"][samples.deliveries["message"]]
    )
    late = samples.deliveries["message"][late_ns > 20 * MS]
    assert len(set(late.tolist())) >= 10
    assert figures(samples, workload).percentile_ms(99) >= 150


def test_server_that_does_not_keep_up_is_behind(command: Command) -> None:
    """If messages are missing a while after the last one, the account says that it is behind."""
    workload = replace(SMALL, rate_hz=1000.0)
    with relaying(delay_s=0.1) as address:  # 40 messages take 4 s
        account, _, found = load(address, command, workload, drain_s=1.0)

    assert account.behind
    assert faults(found) == {}
    assert found.expected < 4 * (2 + 40)


def test_churn_is_no_fault(command: Command) -> None:
    """Visitors are counted, and the room's announcements of them are not taken for messages."""
    workload = replace(SMALL, rate_hz=50.0, churn_hz=50.0)
    with serving(server_command("asyncio-direct", workload), None) as (pid, address):
        account, samples = run_load(address, workload, pid=pid, command=command)

    found = tally(samples, workload)
    assert samples.churned > 10
    assert found.announced > 0
    assert (found.lost, found.duplicated, found.altered, found.finding) == (0, 0, 0, "")
    assert account.server_cpu_s is not None


def test_client_that_stalls_is_cut_off_and_costs_nobody_a_message(command: Command) -> None:
    """A client that stops reading is cut off in the end, and the others lose nothing."""
    workload = replace(
        SMALL,
        clients=20,
        messages=1500,
        rate_hz=500.0,
        payload_bytes=3000,
        stalled_clients=1,
        stall_after_s=0.2,
    )
    with serving(server_command("asyncio-direct", workload), None) as (pid, address):
        account, samples = run_load(address, workload, pid=pid, command=command)

    found = tally(samples, workload)
    assert (found.lost, found.duplicated, found.altered, found.finding) == (0, 0, 0, "")
    assert len(figures(samples, workload).cut_off_s) == 1
    assert account.moments


def test_silent_server_is_said(command: Command) -> None:
    """A server that lets clients in and relays nothing ends the run as silent."""

    def swallow(client: int, message: int, text: str) -> list[str]:
        return []

    with relaying(swallow) as address, pytest.raises(LoadError, match="the server is silent"):
        load(address, command, replace(SMALL, clients=1))

"""trio under its own scheduler, seeded: what it finds, and that a seed decides everything."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from conformance.contenders import WRITER_VARIABLE
from schedules.explore import first_failure, play
from schedules.under_trio import seeded
from tests.schedules.planted import (
    WITHIN,
    ForgetfulRing,
    TrioAwaitInFanout,
    TrioCheckThenAct,
    TrioForgetfulPace,
    TrioUnspiltTooSoon,
    found,
)


def test_exhibit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One task per message is found within some seeds, and its tasks are helpers."""
    run = found("exhibit-task-per-message", monkeypatch)

    assert {violation.rule_id for violation in run.violations} >= {"order.speaker"}
    assert "a helper" in {step.actor for step in run.steps}


@pytest.mark.parametrize(
    ("server_id", "planted"),
    [
        ("trio-mutex", {"implementations.on_trio.MutexHub": TrioAwaitInFanout}),
        ("trio-mutex", {"implementations.on_trio.MutexHub": TrioCheckThenAct}),
        ("trio-broadcaster", {"implementations.on_trio.hub_broadcaster.Pace": TrioForgetfulPace}),
        ("trio-direct", {"implementations.on_trio.hub_direct.DirectOutbox": TrioUnspiltTooSoon}),
    ],
)
def test_planted_bug_is_found(
    server_id: str, planted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bugs of asyncio's exhibits are found here too, and bugs that only schedules show."""
    assert found(server_id, monkeypatch, planted).violations


@pytest.mark.parametrize("ring", ["as it is", "forgetful"])
def test_batched_writer_is_played_too(ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the writer ``uring`` every seed keeps the promises, and a planted bug is found."""
    monkeypatch.setenv(WRITER_VARIABLE, "uring")
    if ring == "forgetful":
        assert found("trio-direct", monkeypatch, {"schedules.stage.MemoryRing": ForgetfulRing})
    else:
        assert first_failure("trio-direct", range(WITHIN)) is None


@pytest.mark.parametrize("server_id", ["trio-direct", "exhibit-task-per-message"])
def test_seed_decides(server_id: str) -> None:
    """A seed gives the same steps each time, and another seed gives others."""
    once, again, other = play(server_id, 1), play(server_id, 1), play(server_id, 2)

    assert once == again
    assert once.steps != other.steps


def test_private_names_of_trio_have_their_effect() -> None:
    """What `seeded` sets still decides the order of tasks."""
    orders = {seed: {_order(seed) for _ in range(3)} for seed in range(10)}

    assert all(len(same) == 1 for same in orders.values())
    assert len(set.union(*orders.values())) > 5


def test_scheduler_is_put_back() -> None:
    """After a run, even a failed one, trio draws as if the run had not been."""
    before = trio._core._run._r.getstate()

    with pytest.raises(KeyError), seeded(1):
        raise KeyError

    assert trio._core._run._r.getstate() == before


def test_stuck_run_comes_to_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock finds a hub that waits for ever, and its tasks are ended."""

    class Forgetful(TrioAwaitInFanout):
        def stop(self) -> None:
            pass

        async def run(self) -> None:
            await trio.sleep_forever()

    monkeypatch.setattr("implementations.on_trio.MutexHub", Forgetful)
    run = play("trio-mutex", 3)

    assert run.waits == ("the hub waits",)
    assert run.violations[0].rule_id == "shutdown.exit"


def _order(seed: int) -> tuple[int, ...]:
    order: list[int] = []

    async def task(number: int) -> None:
        for _ in range(3):
            await trio.lowlevel.checkpoint()
            order.append(number)

    async def tasks() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(task, number)

    with seeded(seed):
        trio.run(tasks)
    return tuple(order)

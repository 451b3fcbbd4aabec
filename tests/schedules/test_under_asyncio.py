"""asyncio under simloop: what it finds, and that a seed decides everything."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.contenders import WRITER_VARIABLE
from schedules.explore import first_failure, play
from tests.schedules.planted import (
    WITHIN,
    AsyncioForgetfulPace,
    AsyncioUnspiltTooSoon,
    ForgetfulRing,
    TaskPerMessage,
    UnguardedInbox,
    found,
)
from tests.schedules.tools import needs


pytestmark = needs("asyncio")


@pytest.mark.parametrize(
    "exhibit",
    [
        "await-in-fanout-asyncio",
        "check-then-act-asyncio",
        "send-under-lock-asyncio",
        "deadlocked-pair",
    ],
)
def test_exhibit_is_found(exhibit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each race or deadlock between tasks in the gallery is found within some seeds."""
    assert found(f"exhibit-{exhibit}", monkeypatch).violations


@pytest.mark.parametrize(
    ("server_id", "planted"),
    [
        ("asyncio-mutex", {"implementations.on_asyncio.MutexHub": TaskPerMessage}),
        ("asyncio-broadcaster", {"implementations.on_asyncio.BroadcasterHub": UnguardedInbox}),
        (
            "asyncio-broadcaster",
            {"implementations.on_asyncio.hub_broadcaster.Pace": AsyncioForgetfulPace},
        ),
        (
            "asyncio-direct",
            {"implementations.on_asyncio.hub_direct.DirectOutbox": AsyncioUnspiltTooSoon},
        ),
    ],
)
def test_planted_bug_is_found(
    server_id: str, planted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bugs that asyncio's own first-in-first-out order hides are found within some seeds."""
    assert found(server_id, monkeypatch, planted).violations


@pytest.mark.parametrize("ring", ["as it is", "forgetful"])
def test_batched_writer_is_played_too(ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the writer ``uring`` every seed keeps the promises, and a planted bug is found."""
    monkeypatch.setenv(WRITER_VARIABLE, "uring")
    if ring == "forgetful":
        assert found("asyncio-direct", monkeypatch, {"schedules.stage.MemoryRing": ForgetfulRing})
    else:
        assert first_failure("asyncio-direct", range(WITHIN)) is None


@pytest.mark.parametrize("server_id", ["asyncio-direct", "exhibit-deadlocked-pair"])
def test_seed_decides(server_id: str) -> None:
    """A seed gives the same steps each time, and another seed gives others."""
    once, again, other = play(server_id, 1), play(server_id, 1), play(server_id, 2)

    assert once == again
    assert once.steps != other.steps


def test_deadlock_says_who_waits_where(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a deadlock, each task that has not ended is shown with its place."""
    run = found("exhibit-deadlocked-pair", monkeypatch)

    assert any(
        wait.startswith("the hub waits in run, at deadlocked_pair.py:") for wait in run.waits
    )
    assert run.violations[0].sentence.startswith("deadlock: ")


def test_every_task_has_its_own_name() -> None:
    """Every step of a run has the name of a pump or of the hub."""
    actors = {step.actor for step in play("asyncio-direct", 1).steps}

    assert {"the hub", "olga's read pump", "olga's write pump", "anna's read pump"} <= actors
    assert "a helper" not in actors

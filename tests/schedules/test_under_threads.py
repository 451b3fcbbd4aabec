"""Threads under interleave-test: what it finds, and that a seed decides everything."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from conformance.contenders import WRITER_VARIABLE
from schedules.explore import first_failure, play
from tests.schedules.planted import (
    WITHIN,
    ForgetfulRing,
    LostWakeUp,
    ThreadsUnguardedLeave,
    ThreadsUnspiltTooSoon,
    UncountedInbox,
    found,
)
from tests.schedules.tools import needs


pytestmark = needs("threads")


@pytest.mark.parametrize(
    "exhibit", ["unguarded-map", "copy-then-send", "lock-per-client", "two-locks"]
)
def test_exhibit_is_found(exhibit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each race or deadlock between threads in the gallery is found within some seeds."""
    assert found(f"exhibit-{exhibit}", monkeypatch).violations


@pytest.mark.parametrize(
    ("server_id", "planted"),
    [
        ("threads-mutex", {"implementations.on_threads.hub_mutex.Outbox": LostWakeUp}),
        ("threads-mutex", {"implementations.on_threads.MutexHub": ThreadsUnguardedLeave}),
        ("threads-broadcaster", {"implementations.on_threads.BroadcasterHub": UncountedInbox}),
        (
            "threads-direct",
            {"implementations.on_threads.hub_direct.DirectOutbox": ThreadsUnspiltTooSoon},
        ),
    ],
)
def test_planted_bug_is_found(
    server_id: str, planted: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bugs that are a few lines wide, even lost wake-ups, are found within some seeds."""
    assert found(server_id, monkeypatch, planted).violations


@pytest.mark.parametrize("ring", ["as it is", "forgetful"])
def test_batched_writer_is_played_too(ring: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the writer ``uring`` every seed keeps the promises, and a planted bug is found."""
    monkeypatch.setenv(WRITER_VARIABLE, "uring")
    if ring == "forgetful":
        assert found("threads-direct", monkeypatch, {"schedules.stage.MemoryRing": ForgetfulRing})
    else:
        assert first_failure("threads-direct", range(WITHIN)) is None


@pytest.mark.parametrize("server_id", ["threads-direct", "exhibit-two-locks"])
def test_seed_decides(server_id: str) -> None:
    """A seed gives the same steps each time, and another seed gives others."""
    once, again, other = play(server_id, 1), play(server_id, 1), play(server_id, 2)

    assert once == again
    assert once.steps != other.steps


def test_deadlock_says_who_holds_what(monkeypatch: pytest.MonkeyPatch) -> None:
    """If two threads wait for each other's lock, both are named, with what each waits for."""
    run = found("exhibit-two-locks", monkeypatch)

    holding = [wait.split(" waits for a lock that ") for wait in run.waits if " holds, " in wait]
    waiting = {name: rest.split(" holds, ")[0] for name, rest in holding}
    assert any(waiting.get(holder) == name for name, holder in waiting.items())
    assert run.violations[0].sentence.startswith("deadlock: ")
    assert not any(wait.startswith("play ") for wait in run.waits)


def test_run_leaves_the_process_as_it_was() -> None:
    """An exhibit's switch interval is put back, and so is what was replaced for the run."""
    interval_s, hook = sys.getswitchinterval(), sys.unraisablehook

    play("exhibit-unguarded-map", 1)

    assert (sys.getswitchinterval(), sys.unraisablehook) == (interval_s, hook)


def test_every_thread_has_its_own_name() -> None:
    """Every step of a run has the name of a pump or of the hub."""
    actors = {step.actor for step in play("threads-broadcaster", 1).steps}

    assert {"the hub", "olga's read pump", "olga's write pump", "anna's read pump"} <= actors
    assert "a helper" not in actors

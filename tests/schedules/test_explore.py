"""Correct servers under many schedules; also what a run is, and what a missing tool does.

The seeds of each server are cut into stretches, so that pytest's workers can share them.
"""

from __future__ import annotations

import signal
import sys

import pytest

from implementations.core.errors import SettingsError
from implementations.on_trio.hub_mutex import MutexHub
from implementations.servers import SERVERS
from schedules.explore import MissingTool, first_failure, play
from tests.schedules.tools import needs


# Seeds per server: a run of threads takes ten times as long as a run of tasks.
SEEDS = {"threads": 640, "asyncio": 1600, "trio": 1200}
STRETCHES = 16


@pytest.mark.parametrize("stretch", range(STRETCHES))
@pytest.mark.parametrize(
    ("server_id", "runtime"),
    [
        pytest.param(server.id, server.runtime, marks=needs(server.runtime), id=server.id)
        for server in SERVERS
    ],
)
def test_good_server_keeps_its_promises(server_id: str, runtime: str, stretch: int) -> None:
    """Under every schedule that is tried, a correct server breaks nothing and ends."""
    length = SEEDS[runtime] // STRETCHES

    failed = first_failure(server_id, range(stretch * length, (stretch + 1) * length))

    assert failed is None, f"hubbub replay {server_id} --seed {failed.seed} shows it"


def test_run_has_all_that_happened() -> None:
    """A run has its steps, what each client said and got, and what it broke: here nothing."""
    run = play("trio-mutex", 1)

    assert (run.server_id, run.seed, run.waits, run.violations) == ("trio-mutex", 1, (), ())
    assert run.steps[0].actor == "olga's write pump"
    assert [session.label for session in run.history.sessions][:2] == ["olga", "anna"]


def test_search_ends_at_the_first_that_fails() -> None:
    """A search returns the run of the first seed that breaks a promise, or None."""
    found = first_failure("exhibit-task-per-message", range(60))

    assert found is not None
    assert first_failure("exhibit-task-per-message", range(found.seed)) is None
    assert first_failure("exhibit-task-per-message", [found.seed]) == found


def test_unknown_server_is_an_error() -> None:
    """An unknown id cannot be played."""
    with pytest.raises(SettingsError, match="asyncio-magic"):
        play("asyncio-magic", 1)


@pytest.mark.parametrize("server_id", ["threads-mutex", "exhibit-await-in-fanout-asyncio"])
def test_missing_tool_is_named(server_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a newer Python or the packages, the error says what to do, in one line."""
    with monkeypatch.context() as old:
        old.setattr(sys, "version_info", (3, 11, 9))
        with pytest.raises(MissingTool, match=r"Python 3\.12 .* this is Python 3\.11"):
            play(server_id, 1)

    monkeypatch.setattr(sys, "version_info", (3, 12, 1))
    monkeypatch.setattr("schedules.explore.find_spec", lambda _: None)
    with pytest.raises(MissingTool, match=r"needs .*: pip install 'hubbub\[schedules\]'"):
        play(server_id, 1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupt_waits_for_the_end_of_a_run(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, SIGTERM or SIGHUP in a run ends the search, and not a task of the server."""

    class Interrupted(MutexHub):
        def stop(self) -> None:
            signal.raise_signal(number)
            stopped.append(True)

    stopped: list[bool] = []
    monkeypatch.setattr("implementations.on_trio.MutexHub", Interrupted)
    before = signal.signal(number, signal.default_int_handler)  # the command line's, or alike

    try:
        with pytest.raises(KeyboardInterrupt):
            first_failure("trio-mutex", range(5))

        assert stopped == [True]
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_second_interrupt_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second Ctrl-C acts at once, in case the run never ends."""

    class Interrupted(MutexHub):
        def stop(self) -> None:
            signal.raise_signal(signal.SIGINT)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            stopped.append(True)

    stopped: list[bool] = []
    monkeypatch.setattr("implementations.on_trio.MutexHub", Interrupted)

    with pytest.raises(KeyboardInterrupt):
        play("trio-mutex", 1)

    assert stopped == [True]

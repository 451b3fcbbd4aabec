"""The three runtimes mirror one another: the same files, classes and methods, in the same order.

A reader who knows one folder finds everything in the next. What a runtime has of
its own is in one table here, with its reason.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.meta.folders import ROOT, modules_in


MOULD, *MIRRORS = "asyncio", "trio", "threads"

# A file that only some runtimes have, and why the others need none.
OWN_FILES = {
    ("asyncio", "readiness"): "trio.lowlevel waits for sockets",
    ("threads", "readiness"): "trio.lowlevel waits for sockets",
    ("asyncio", "hub_replicated"): "the engine's client library is for asyncio",
    ("asyncio", "live_node"): "the same",
    ("trio", "answer"): "asyncio and threads have futures",
    ("threads", "relay"): "a loop wakes its tasks one after the other by itself",
}

# A name that a runtime has more than the mould, or that the mould has more, and why.
OWN_NAMES = {
    ("threads", "connection", "Connection.cancel"): "a thread cannot be cancelled from outside",
    ("threads", "connection", "Connection._log_bug"): "an error does not come out of a thread",
    ("threads", "wire", "Wire.shut_down"): "the end of its socket is what ends a thread's wait",
    ("threads", "server", "_Server._wait_for_signal"): "signals reach the main thread only",
    ("threads", "server", "_Server._vital"): "an error does not come out of a thread",
    ("threads", "server", "_Server._drain"): "no nursery or group waits for threads",
    ("threads", "server", "_Server._left"): "the same",
    ("threads", "server", "_Server._serve"): "what a thread does at its end, a callback elsewhere",
    ("threads", "server", "_Server._stop"): "stopping is the closing of a socket, see `_stopping`",
    ("threads", "server", "_measure_lag"): "threads have no loop that could be late",
    ("trio", "server", "_Server._serve"): "what a task does at its end, a callback elsewhere",
    ("trio", "server", "_Server._watch"): "signals come as a stream, not as callbacks",
    ("trio", "outbox", "Outbox._cancelled"): "a bare wait in trio is told of its cancellation",
    ("trio", "hub_broadcaster", "BroadcasterHub._take"): "receiving is a checkpoint each time",
}

# Parameters that only some have: the group that a task runs in, the relay, and the hub's lock.
OWN_PARAMETERS = {"connections", "pumps", "relay", "hub_lock"}

MOST_LINES = 250  # of one file


def names(runtime: str, module: str) -> dict[str, list[str]]:
    """Return the functions and methods of a module, in order, with their parameters."""
    path = ROOT / "implementations" / f"on_{runtime}" / f"{module}.py"
    found: dict[str, list[str]] = {}
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = []
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[f"{node.name}.{member.name}"] = parameters(member)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found[node.name] = parameters(node)
    return found


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return a function's parameters, less those that only some have."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [argument.arg for argument in every if argument.arg not in OWN_PARAMETERS]


def shared(runtime: str, module: str) -> dict[str, list[str]]:
    """Return a module's names less those that a table above says only some runtimes have."""
    own = {name for _, where, name in OWN_NAMES if where == module}
    return {name: value for name, value in names(runtime, module).items() if name not in own}


def modules(runtime: str) -> set[str]:
    return set(modules_in(ROOT / "implementations" / f"on_{runtime}"))


MODULES = sorted(modules(MOULD) - {module for _, module in OWN_FILES})


@pytest.mark.parametrize("runtime", MIRRORS)
def test_same_files(runtime: str) -> None:
    """Each runtime has the files of the mould, save those in the table."""
    own = {module for _, module in OWN_FILES}

    assert modules(runtime) - own == modules(MOULD) - own
    assert {(runtime, module) for module in modules(runtime) & own} == {
        key for key in OWN_FILES if key[0] == runtime
    }


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("runtime", MIRRORS)
def test_same_names_in_the_same_order_with_the_same_parameters(runtime: str, module: str) -> None:
    """A file has the classes, methods and parameters of its sibling, in the same order."""
    assert list(shared(runtime, module).items()) == list(shared(MOULD, module).items())


def test_table_names_nothing_that_is_not_there() -> None:
    """Each exception is one: the name stands there, and not in every runtime."""
    for runtime, module, name in OWN_NAMES:
        there = [name in names(each, module) for each in (MOULD, *MIRRORS)]
        assert any(there), f"{name} is nowhere"
        assert not all(there), f"{name} is everywhere, so {runtime} is no exception"


@pytest.mark.parametrize("runtime", [MOULD, *MIRRORS])
def test_each_file_names_its_mirrors(runtime: str) -> None:
    """The head of a file says where its siblings are."""
    folder = ROOT / "implementations" / f"on_{runtime}"
    for module in MODULES:
        head = (folder / f"{module}.py").read_text().split('"""')[1]
        for other in {MOULD, *MIRRORS} - {runtime}:
            assert f"on_{other}/{module}.py" in head, f"on_{runtime}/{module}.py"


@pytest.mark.parametrize("runtime", [MOULD, *MIRRORS])
def test_files_can_be_read_in_one_sitting(runtime: str) -> None:
    """No file of a runtime is longer than about five screens."""
    longest: Path = max(
        modules_in(ROOT / "implementations" / f"on_{runtime}").values(),
        key=lambda path: len(path.read_text().splitlines()),
    )

    assert len(longest.read_text().splitlines()) <= MOST_LINES, longest.name

"""The core never waits: it imports nothing that could, and has no ``await``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.meta.folders import ROOT, modules_in


CORE = modules_in(ROOT / "implementations" / "core")

# Sockets, threads, clocks, runtimes, and what stands on one of them.
IMPURE = {
    *("_thread", "concurrent", "contextvars", "multiprocessing", "queue", "sched", "threading"),
    *("anyio", "asyncio", "curio", "gevent", "trio"),
    *("http.client", "http.server", "select", "selectors", "socket", "socketserver", "ssl"),
    *("datetime", "signal", "time", "timeit"),
    *("io", "os", "pathlib", "shutil", "subprocess", "sys", "tempfile"),
    *("websockets.asyncio", "websockets.legacy", "websockets.sync", "websockets.trio"),
}
OURS = "implementations"

AWAITS = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)


def impurities(source: str) -> Iterator[str]:
    """Yield what in ``source`` may not be in the core."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, AWAITS) or (isinstance(node, ast.comprehension) and node.is_async):
            yield f"{type(node).__name__}{line_of(node)}"
        for name in imported_by(node):
            parents = {name.rsplit(".", depth)[0] for depth in range(name.count(".") + 1)}
            if parents & IMPURE or (name.split(".")[0] == OURS and f"{OURS}.core" not in parents):
                yield f"imports {name}{line_of(node)}"


def line_of(node: ast.AST) -> str:
    """Return where ``node`` stands; a comprehension does not know."""
    return f" in line {node.lineno}" if hasattr(node, "lineno") else ""


def imported_by(node: ast.AST) -> list[str]:
    """Return the full names that an import statement binds, or may be loading."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
    return []


@pytest.mark.parametrize("path", CORE.values(), ids=CORE)
def test_core_module_never_waits(path: Path) -> None:
    """A module of the core imports nothing that waits, and nothing outside the core."""
    assert list(impurities(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "planted",
    [
        "import socket",
        "import time as clock",
        "import asyncio.queues",
        "from concurrent import futures",
        "from http import client",
        "from websockets.sync.server import serve",
        "from websockets import trio",
        "from implementations import doors",
        "from implementations.on_asyncio.pace import Pace",
        "import implementations.logs",
        "def late():\n    import threading",
        "async def waits(): pass",
        "async def waits():\n    await something",
        "def generate():\n    return [x async for x in y]",
    ],
)
def test_impurity_is_found(planted: str) -> None:
    """The check above finds each kind of thing that it is there to find."""
    assert list(impurities(planted))


@pytest.mark.parametrize(
    "innocent",
    [
        "import json",
        "from http import HTTPStatus",
        "from websockets.frames import Frame",
        "from implementations.core import room",
        "from implementations.core.room import Room",
        "def generate():\n    return [x for x in y]",
    ],
)
def test_innocence_is_not_found_guilty(innocent: str) -> None:
    """The check above lets through what does not wait."""
    assert list(impurities(innocent)) == []

"""Engines and nodes as processes: a cluster on this machine, for tests."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.clients import Client
from conformance.guard import guard, release
from conformance.python import module_command
from conformance.server import Server
from conformance.tcp_client import TcpClient
from conformance.timing import WITHIN


__all__ = ["BACK_WITHIN_S", "DEAD_WITHIN_S", "NATS_SERVER", "Cluster"]

NATS_SERVER = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which(
    "nats-server"
)
DEAD_WITHIN_S = 10.0 + WITHIN  # five beats of one second, on a busy machine
BACK_WITHIN_S = 25.0 + WITHIN  # the servers' election time-out is 4 to 9 s


class Cluster:
    """Engines, the nodes of one room, and clients.

    Args:
        folder: for what the engines store.
        engines: 1 or 3.
    """

    def __init__(self, folder: Path, engines: int) -> None:
        # Three engines elect a leader when one dies: on a busy machine some nodes hear of it late.
        self._environ = {**os.environ, "HUBBUB_BEAT_S": "5" if engines > 1 else "1"}
        if NATS_SERVER is None:
            pytest.skip("nats-server is not here: pip install 'hubbub[cluster]'")
        self._program = NATS_SERVER
        self.clients: list[Client] = []
        self.nodes: dict[str, Server] = {}
        self._servers: list[Server] = []
        self._folder = folder
        self._ports = [_free_port() for _ in range(2 * engines)]
        self.engines = [self._start_engine(number) for number in range(engines)]

    @property
    def url(self) -> str:
        """What ``--engine`` gets."""
        ports = self._ports[: len(self._ports) // 2]
        return ",".join(f"nats://127.0.0.1:{port}" for port in ports)

    def node(self, name: str, *flags: str) -> Server:
        """Start a node; return it when its doors are open."""
        server = Server(
            name,
            process=self._process(
                subprocess.PIPE,
                [
                    *module_command("implementations", "asyncio-replicated"),
                    *("--engine", self.url, "--node", name, *flags),
                    *("--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"),
                ],
            ),
        )
        self.nodes[name] = server
        self._servers.append(server)
        return server.wait_ready()

    def client(self, node: str, label: str) -> Client:
        """Return a client of a node, in the room under that name."""
        client = TcpClient(self.nodes[node].tcp, label=label)
        self.clients.append(client)
        client.wait_for(lambda line: line.startswith("* you are "), within=BACK_WITHIN_S)
        client.say(f"/rename {label}")
        client.wait_for(f"* {client.address} is now {label}")
        return client

    def stop(self) -> None:
        """End all of it."""
        for client in self.clients:
            client.abandon()
        for server in self._servers:
            with contextlib.suppress(ProcessLookupError):
                server.signal(signal.SIGCONT)
            server.stop()
        for engine in self.engines:
            engine.kill()
            engine.wait()
            release(engine.pid)

    def leader(self) -> subprocess.Popen[bytes]:
        """Return the engine that leads the room's stream, by what the engines log."""
        deadline = time.monotonic() + BACK_WITHIN_S
        while time.monotonic() < deadline:
            found = max(
                (when, number)
                for number in range(len(self.engines))
                for when in _elected(self._log(number).read_text(errors="replace"))
            )
            return self.engines[found[1]]
        raise AssertionError("no engine leads")

    def _start_engine(self, number: int) -> subprocess.Popen[bytes]:
        half = len(self._ports) // 2
        command = [self._program, "-js", "-sd", str(self._folder / f"e{number}"), "-a", "127.0.0.1"]
        command += ["-p", str(self._ports[number]), "-l", str(self._log(number))]
        if half > 1:
            routes = ",".join(f"nats://127.0.0.1:{port}" for port in self._ports[half:])
            command += ["-n", f"e{number}", "--cluster_name", "tests", "--routes", routes]
            command += ["--cluster", f"nats://127.0.0.1:{self._ports[half + number]}"]
        return self._process(subprocess.DEVNULL, command)

    def _log(self, number: int) -> Path:
        return self._folder / f"e{number}.log"

    def _process(self, output: int, command: list[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env=self._environ,
        )
        guard(process.pid)
        return process


def _elected(log: str) -> Iterator[str]:
    yield from re.findall(r"(\d{4}/\d\d/\d\d [\d:.]+).*new stream leader", log)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port

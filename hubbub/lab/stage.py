"""The server and the load generator of a scene: started, watched, switched and ended.

Invariants:
  1. At most one server and one generator run, and both have ended when `Stage.run` returns.
  2. The server is changed by one task only; wishes wait in a queue.
  3. Nothing here waits for a page.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import math
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.cores import two_cores
from benchmarks.generator.live import LiveGenerator
from benchmarks.load import LoadError
from benchmarks.procfs import runs, send_queues
from benchmarks.server_process import serving
from conformance.dialect import read_dialect
from conformance.python import module_command
from hubbub.lab.figures import Figures, ask, with_percentiles
from hubbub.lab.scene import COMMAND, LIMITS, Scene
from hubbub.lab.verdicts import Judge
from implementations.core.backlog import SlowConsumer
from implementations.exhibits.catalogue import exhibits
from implementations.servers import SERVERS


__all__ = ["Stage"]

Message = dict[str, Any]
Tell = Callable[[Message], None]

FIGURES_S = 0.5
DEPTHS_S = 0.2
VERDICTS_S = 1.0
MANY = 1000  # clients: with more, their depths are read half as often
MOST_PINNED = 6
FULL_QUEUE_BYTES = 256 * 1024  # a send queue of the kernel that is drawn as full
LINES_HZ = 600  # lines of pinned clients that a page gets; the checker gets all
LINE_SHOWN = 60  # characters; a message's number is at its end
SIGTERM_S = 15.0  # a server that still runs so long after SIGTERM is not waited for
MOST_AT_ONCE = 5000  # of a reconnect or a burst


class Stage:
    """What runs. `run` drives it, `do` carries out the wishes of pages.

    Args:
        command: the words of a server of the user's own; None: there is none.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._command = list(command) if command else None
        self._scene = Scene(server=COMMAND) if command else Scene()
        self._state: Message = {"state": "starting", "why": None}
        self._tell: Tell = lambda message: None
        self._wishes: asyncio.Queue[Message] = asyncio.Queue()
        self._cores = two_cores()
        self._serving: contextlib.AbstractContextManager[tuple[int, str]] | None = None
        self._pid = 0
        self._address = ""
        self._generator: LiveGenerator | None = None
        self._figures: Figures | None = None
        self._judge = Judge()
        self._pinned: list[int] = []
        self._paused = False
        self._cells: dict[int, str] = {}  # the state of each client that the generator has told
        self._departed: dict[tuple[int | None, str], list[int]] = {}  # not told yet
        self._ports: dict[int, int] = {}  # of each client, by client
        self._lab: Message | None = None  # the server's last answer to GET /lab

    def hello(self) -> list[Message]:
        """Return what a new page has to know."""
        hello = {
            "is": "hello",
            "version": 1,
            "servers": [
                {"id": s.id, "runtime": s.runtime, "ownership": s.hub, "title": s.summary}
                for s in SERVERS
            ],
            "exhibits": [
                {"id": e.id, "title": e.header.title, "runtime": e.name.rpartition("-")[2]}
                for e in exhibits()
            ],
            "command": " ".join(self._command) if self._command else None,
            "policies": [policy.value for policy in SlowConsumer],
            "limits": LIMITS,
            "generator": self._generator.kind if self._generator else "c",
            "shared_cores": len(os.sched_getaffinity(0)) < 4,
            "recorded": False,
        }
        cells = [[client, state] for client, state in self._cells.items()]
        states = {"is": "states", "t": time.monotonic(), "changed": cells}
        return [hello, self._scene_message(), states]

    def do(self, wish: Mapping[str, Any]) -> None:
        """Note what a page asks for. Anything that makes no sense is left out. Never waits."""
        self._wishes.put_nowait(dict(wish))

    async def run(self, tell: Tell) -> None:
        """Run scenes until cancelled.

        Args:
            tell: gets each message for the pages. It does not wait.
        """
        self._tell = tell
        try:
            await self._start()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._every(FIGURES_S, self._tell_figures))
                tasks.create_task(self._every(DEPTHS_S, self._tell_depths))
                tasks.create_task(self._every(VERDICTS_S, self._tell_verdicts))
                while True:
                    await self._carry_out(await self._wishes.get())
        finally:
            await self._end()

    # The server and the generator.

    async def _start(self) -> None:
        self._set_state("starting")
        began = time.monotonic()
        self._serving = serving(self._words(), self._cores[0] if self._cores else None)
        try:
            self._pid, self._address = await asyncio.to_thread(self._serving.__enter__)
            foreign = self._scene.server == COMMAND
            self._generator = LiveGenerator(
                self._address,
                dialect=read_dialect("raw") if foreign else None,
                core=self._cores[1] if self._cores else None,
            )
        except LoadError as error:
            self._serving = None
            self._set_state("failed", str(error))
            self._event("trouble", str(error))
            return
        self._cells, self._ports = {}, {}
        self._figures = Figures(self._pid, None if foreign else self._scene.outbox)
        asyncio.get_running_loop().add_reader(self._generator.fileno(), self._hear)
        self._load(None)
        self._pin(self._pinned)
        self._set_state("running")
        took_ms = (time.monotonic() - began) * 1000
        self._event("start", f"{self._scene.server} started in {took_ms:.0f} ms")

    async def _end(self) -> None:
        self._end_generator()
        serving, self._serving = self._serving, None
        if serving is not None:
            await asyncio.to_thread(serving.__exit__, None, None, None)

    def _end_generator(self) -> None:
        generator, self._generator = self._generator, None
        if generator is not None:
            asyncio.get_running_loop().remove_reader(generator.fileno())
            generator.close()

    def _words(self) -> list[str]:
        if self._scene.server == COMMAND:
            assert self._command is not None
            return self._command
        command = module_command("hubbub", "serve", self._scene.server)
        command += ["--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0", "--log-level", "WARNING"]
        return [*command, "--lab", *self._scene.settings()]

    # What the generator tells.

    def _hear(self) -> None:
        generator = self._generator
        if generator is None:
            return
        for message in generator.messages():
            self._pass_on(message)
        self._tell_departures()
        if generator.ended:
            why = generator.last_words()
            self._end_generator()
            self._set_state("gone", f"the load generator has ended {why}".strip())
            self._event("trouble", f"the load generator has ended {why}".strip())

    def _pass_on(self, message: Message) -> None:
        match message["is"]:
            case "column":
                message = with_percentiles(message)
                if self._figures is not None:
                    self._figures.column(message)
            case "states":
                self._cells.update(map(tuple, message["changed"]))
                self._ports.update(map(tuple, message.pop("ports", ())))
                if not message["changed"]:
                    return
            case "heard" | "said":
                self._judge.take(message)
                if message["line"] is not None and not self._shows(message["line"]):
                    return
                message["line"] = _short(message["line"])
            case "gone":
                if message["reason"] not in ("left", "killed"):
                    how = message["code"], message["reason"]
                    self._departed.setdefault(how, []).append(message["client"])
                return
            case "evicted":
                text = f"client {message['client']} {message['reason']}"
                self._event("evict", text, message["client"])
                return
            case "trouble":
                self._event("trouble", message["text"])
                return
        self._tell(message)

    def _shows(self, line: str) -> bool:
        """Whether the page gets this line: all lines of some messages, where there are too many."""
        number = line.rpartition("#")[2]
        lines_hz = self._scene.rate * (1 + len(self._pinned))
        return not number.isdecimal() or int(number) % math.ceil(max(1, lines_hz / LINES_HZ)) == 0

    def _tell_departures(self) -> None:
        """Tell of the clients whose connections have ended: one event for all that ended alike."""
        for (code, reason), clients in self._departed.items():
            how = ("" if code is None else f" with {code}") + (f" ({reason})" if reason else "")
            if len(clients) == 1:
                self._event("leave", f"client {clients[0]} was closed{how}", clients[0])
            else:
                self._event("leave", f"{len(clients)} clients were closed{how}")
        self._departed.clear()

    # What pages ask for.

    async def _carry_out(self, wish: Message) -> None:
        client, count = _whole(wish.get("client")), _whole(wish.get("count"))
        match wish.get("do"):
            case "scene":
                await self._change(self._scene.changed(wish, command=self._command is not None))
            case "stall" | "wake" | "kill" as what if client in self._cells:
                words = {"stall": "stops reading", "wake": "reads again", "kill": "is killed"}
                self._send(f"{what} {client}")
                self._event(what, f"client {client} {words[what]}", client)
            case "pin":
                clients = wish.get("clients")
                given = clients if isinstance(clients, list) else []
                whole = [number for each in given if (number := _whole(each)) is not None]
                self._pin([number for number in whole if number < LIMITS["clients"]])
            case "pause" | "resume" as what:
                self._paused = what == "pause"
                self._send(what)
                self._event(what, "nobody talks" if self._paused else "the clients talk again")
            case "sigterm":
                await self._stop_server()
            case "restart":
                await self._end()
                await self._start()
            case "reconnect" if count:
                self._event("leave", f"{count} clients reconnect at once")
                self._send(f"reconnect {min(count, MOST_AT_ONCE)}")
            case "burst" if count:
                self._event("burst", f"each speaker says {count} messages at once")
                self._send(f"burst {min(count, MOST_AT_ONCE)}")

    async def _change(self, scene: Scene) -> None:
        before, self._scene = self._scene, scene
        if scene.needs_restart(before) or self._state["state"] in ("failed", "gone"):
            await self._end()
            await self._start()
            return
        if scene != before:
            self._load(before)
            self._tell(self._scene_message())

    def _load(self, before: Scene | None) -> None:
        """Tell the generator what has changed."""
        for name in ("bytes", "speakers", "rate", "clients"):
            value = getattr(self._scene, name)
            if before is None or getattr(before, name) != value:
                if name == "clients" and before is not None and value < before.clients:
                    self._send(f"remove {before.clients - value}")
                    for client in [cell for cell in self._cells if cell >= value]:
                        del self._cells[client]
                else:
                    self._send(f"{name} {value:g}" if name == "rate" else f"{name} {value}")
        if self._paused:
            self._send("pause")

    def _pin(self, clients: list[int]) -> None:
        self._pinned = clients[:MOST_PINNED]
        self._judge.pin(self._pinned)
        self._send(f"pin {','.join(map(str, self._pinned))}")

    async def _stop_server(self) -> None:
        self._event("signal", "the server gets SIGTERM")
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        began = time.monotonic()
        await asyncio.to_thread(_wait_end, self._pid, SIGTERM_S)
        took_s = time.monotonic() - began
        self._set_state("gone", "it got SIGTERM")
        self._event("signal", f"the server ended {took_s:.1f} s after SIGTERM")

    def _send(self, command: str) -> None:
        if self._generator is not None:
            self._generator.send(command)

    # What is told again and again.

    async def _every(self, seconds: float, tell: Callable[[], Any]) -> None:
        while True:
            await asyncio.sleep(seconds)
            await tell()

    async def _tell_figures(self) -> None:
        if self._figures is None or self._state["state"] != "running":
            return
        if not runs(self._pid):
            self._set_state("gone", "the server has ended")
            self._event("trouble", "the server has ended")
            return
        figures, lab = self._figures, self._lab
        if lab is None and self._scene.server != COMMAND:
            lab = await asyncio.to_thread(ask, self._address, "/healthz")
        self._tell(await asyncio.to_thread(figures.now, time.monotonic(), lab))

    async def _tell_depths(self) -> None:
        if self._generator is None or self._state["state"] != "running":
            return
        if len(self._cells) > MANY:
            await asyncio.sleep(DEPTHS_S)
        count = max(self._cells, default=-1) + 1
        depths = bytearray(1 + count)
        self._lab = None
        if self._scene.server != COMMAND:
            self._lab = await asyncio.to_thread(ask, self._address, "/lab")
        if self._lab is not None:
            depths[0] = 1
            by_port = dict(map(tuple, self._lab["clients"]))
        else:
            depths[0] = 2
            port = int(self._address.rpartition(":")[2])
            queues = await asyncio.to_thread(send_queues, port)
            by_port = {p: min(255, 255 * size // FULL_QUEUE_BYTES) for p, size in queues.items()}
        for client, port in self._ports.items():
            if client < count:
                depths[1 + client] = by_port.get(port, 0)
        text = base64.b64encode(depths).decode()
        self._tell({"is": "depths", "t": time.monotonic(), "base64": text})

    async def _tell_verdicts(self) -> None:
        for verdict in self._judge.verdicts():
            self._tell({"is": "verdict", "t": time.monotonic(), **verdict})
            self._event("verdict", f"{verdict['rule']}: {verdict['text']}")

    def _scene_message(self) -> Message:
        return {"is": "scene", **self._scene.told(), **self._state}

    def _set_state(self, state: str, why: str | None = None) -> None:
        self._state = {"state": state, "why": why}
        self._tell(self._scene_message())

    def _event(self, kind: str, text: str, client: int | None = None) -> None:
        now = time.monotonic()
        self._tell({"is": "event", "t": now, "kind": kind, "text": text, "client": client})


def _short(line: str | None) -> str | None:
    if line is None or len(line) <= LINE_SHOWN:
        return line
    return f"{line[: LINE_SHOWN // 2]}…{line[-LINE_SHOWN // 2 :]}"


def _runtime(exhibit: str) -> str:
    found = exhibit.rpartition("-")[2]
    return found if found in ("threads", "trio") else "asyncio"


def _whole(value: object) -> int | None:
    """Return a whole number that is not negative; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _wait_end(pid: int, within_s: float) -> None:
    deadline_s = time.monotonic() + within_s
    while runs(pid) and time.monotonic() < deadline_s:
        time.sleep(0.02)

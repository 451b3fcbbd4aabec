"""What the operating system and the server tell about the server that runs.

Each figure is None if it cannot be measured: the page leaves it blank.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from benchmarks.generator.live_columns import add_counts, percentile_us
from benchmarks.procfs import Clocks, Spent, Usage, rss_bytes, tasks


__all__ = ["Figures", "ask", "with_percentiles"]

SPAN = 10  # columns: the figures are about the last second
ANSWER_S = 1.0
MOST_THREADS = 200  # of a process whose context switches are counted: that takes 0.1 ms per thread

_open = build_opener(ProxyHandler({})).open


class Figures:
    """The figures of one server process, from its columns and two readings of its clocks."""

    def __init__(self, pid: int, capacity: int | None) -> None:
        self._pid = pid
        self._capacity = capacity
        self._columns: deque[Mapping[str, Any]] = deque(maxlen=SPAN)
        self._clocks = Clocks.of(pid)
        self._usage: Usage | None = None
        self._before: dict[str, Any] = {}  # what the server said before

    def column(self, column: Mapping[str, Any]) -> None:
        """Take one column of the generator."""
        self._columns.append(column)

    def now(self, t: float, said: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the figures; ``said`` is the server's answer to ``GET /lab``, if it has one."""
        counts: dict[int, int] = {}
        for column in self._columns:
            add_counts(counts, column["counts"])
        threads = tasks(self._pid)
        clocks, before = Clocks.of(self._pid), self._clocks
        self._clocks = clocks
        cpu = None
        if clocks.cpu_s is not None and before.cpu_s is not None:
            cpu = (clocks.cpu_s - before.cpu_s) / max(1e-3, clocks.clock_s - before.clock_s)
        heard = sum(column["heard"] for column in self._columns)
        span_s = max(0.1, len(self._columns) / SPAN)
        late = [column["late_us"] for column in self._columns]
        figures: dict[str, Any] = {
            "is": "figures",
            "t": t,
            "p50_ms": _ms(percentile_us(counts.items(), 0.5)),
            "p99_ms": _ms(percentile_us(counts.items(), 0.99)),
            "deliveries_hz": heard / span_s if self._columns else None,
            "cpu": cpu,
            "rss_bytes": rss_bytes(self._pid),
            "threads": threads,
            "switches_hz": self._switches_hz(threads),
            "late_ms": max(late) / 1000 if late else None,
            "capacity": self._capacity,
        }
        return figures | self._of_server(said)

    def _switches_hz(self, threads: int | None) -> float | None:
        if threads is None or threads > MOST_THREADS:
            return None
        usage, before = Usage.of(self._pid), self._usage
        self._usage = usage
        if before is None:
            return None
        spent = Spent.between(before, usage)
        return None if spent.switches is None else spent.switches / max(spent.clock_s, 1e-3)

    def _of_server(self, said: Mapping[str, Any] | None) -> dict[str, Any]:
        names = ("tasks", "lag_ms", "dropped", "held")
        if said is None:
            return dict.fromkeys((*names, "writes_per_delivery", "evicted", "deepest"))
        before, self._before = self._before, dict(said)
        writes = _more(said, before, "writes")
        deliveries = _more(said, before, "deliveries")
        clients = said.get("clients")  # a list in the answer to /lab, a number in that to /healthz
        depths = [depth for _, depth in clients] if isinstance(clients, list) else []
        deepest = max(depths) if depths else None
        return {name: said.get(name) for name in names} | {
            "writes_per_delivery": writes / deliveries if writes and deliveries else None,
            "evicted": said.get("evictions"),
            "deepest": _of(deepest, self._capacity),
        }


def with_percentiles(column: dict[str, Any]) -> dict[str, Any]:
    """Return a column of the generator with its p50 and p99, in milliseconds."""
    counts = column["counts"]
    return column | {
        "p50_ms": _ms(percentile_us(counts, 0.5)),
        "p99_ms": _ms(percentile_us(counts, 0.99)),
    }


def ask(address: str, path: str) -> dict[str, Any] | None:
    """Return the JSON that the server answers; None if it answers none. Waits a second at most."""
    try:
        with _open(f"http://{address}{path}", timeout=ANSWER_S) as answer:
            found = json.load(answer)
    except (URLError, OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _more(said: Mapping[str, Any], before: Mapping[str, Any], name: str) -> int | None:
    now, then = said.get(name), before.get(name)
    return None if now is None or then is None else now - then


def _of(depth: int | None, capacity: int | None) -> int | None:
    return None if depth is None or capacity is None else round(depth * capacity / 255)


def _ms(value_us: float | None) -> float | None:
    return None if value_us is None else value_us / 1000

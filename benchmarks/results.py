"""What a measurement leaves behind: one JSON document, enough to draw everything again.

The verdict comes first in the file because it comes first in reading it. Written whole or not at
all; read back it is equal to what was written.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.environment import Environment
from benchmarks.load import LoadReport
from benchmarks.measure import Histogram
from benchmarks.workload import Verdict, Workload


__all__ = ["Results", "Run", "read", "write"]

SCHEMA = "hubbub-fanout"
VERSION = 1


@dataclass(frozen=True)
class Run:
    """One fresh process of one server under the whole workload.

    Everything after ``load`` is empty or None unless every delivery came; ``load`` is None when
    the run could not even be finished, and ``reason`` then says why.
    """

    server: str
    process: int  # from 1
    verdict: Verdict
    reason: str
    load: LoadReport | None = None
    first_ns: tuple[int, ...] = ()  # for each message: its first recipient,
    median_ns: tuple[int, ...] = ()  # the one in the middle,
    last_ns: tuple[int, ...] = ()  # and the last
    histogram: Histogram = ()  # of all deliveries
    typical_ns: tuple[int, ...] = ()  # by recipient: the message of median completion
    order_correlation: float | None = None
    worst_recipient_p99_ns: float | None = None


@dataclass(frozen=True)
class Results:
    """All runs of one measurement, in the order they were made."""

    scenario: str
    peer: str  # the server that the others are compared with
    workload: Workload
    environment: Environment
    runs: tuple[Run, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the servers' verdicts."""
        return _worst({self.verdict_of(run.server) for run in self.runs})

    def verdict_of(self, server: str) -> Verdict:
        """The worst of a server's runs, except that a crowded one made up for does no harm."""
        verdicts = [run.verdict for run in self.runs if run.server == server]
        if verdicts.count("valid") >= self.workload.processes:
            verdicts = [verdict for verdict in verdicts if verdict != "unknown"]
        return _worst(set(verdicts))


def write(results: Results, path: Path) -> None:
    """Write ``results`` to ``path``, which then holds the old content or all of the new.

    Raises:
        OSError: it cannot be written there.
    """
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "verdict": results.verdict,
        **asdict(results),
    }
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read(path: Path) -> Results:
    """Read what `write` wrote.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not such a document, or of a version this code does not know.
    """
    document = json.loads(path.read_text(encoding="utf-8"))
    found = (document.get("schema"), document.get("version")) if isinstance(document, dict) else ()
    if found != (SCHEMA, VERSION):
        raise ValueError(f"{path.name} is not a {SCHEMA} document of version {VERSION}")
    try:
        return Results(
            scenario=document["scenario"],
            peer=document["peer"],
            workload=Workload(**document["workload"]),
            environment=Environment(**document["environment"]),
            runs=tuple(_run(fields) for fields in document["runs"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path.name} lacks or misnames a field: {error}") from error


def _run(fields: dict[str, Any]) -> Run:
    load = fields.pop("load")
    buckets = fields.pop("histogram")
    arrays = {name: tuple(value) for name, value in fields.items() if isinstance(value, list)}
    return Run(
        **{**fields, **arrays},
        load=None if load is None else LoadReport(**load),
        histogram=tuple((upper_ns, count) for upper_ns, count in buckets),
    )


def _worst(verdicts: set[Verdict]) -> Verdict:
    if "invalid" in verdicts:
        return "invalid"
    return "unknown" if "unknown" in verdicts or not verdicts else "valid"

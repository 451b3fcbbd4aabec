"""The result file of a measurement: one JSON document, enough to draw every chart again.

``python -m benchmarks.results`` prints the JSON Schema, which results.schema.json keeps for other
programs. A file whose name ends in ``.gz`` is compressed. A file is written whole or not at all,
and reading it gives results equal to those written.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from benchmarks.deliveries import Tally
from benchmarks.environment import Environment
from benchmarks.files import replace_file
from benchmarks.interpreters import Interpreter
from benchmarks.load import Account
from benchmarks.run_figures import Figures
from benchmarks.scenarios import SCENARIOS
from benchmarks.trust import Verdict
from benchmarks.workload import Workload


__all__ = [
    "AGAIN",
    "Results",
    "ResultsError",
    "Run",
    "document_schema",
    "dump_results",
    "dump_run",
    "load_results",
    "load_run",
    "read",
    "worst",
    "write",
]

SCHEMA: Literal["hubbub-bench"] = "hubbub-bench"
VERSION: Literal[3] = 3
AGAIN = " (again)"  # after the id of a server that is measured a second time, to show the noise


class ResultsError(Exception):
    """A file does not hold results; the text is one line for a person."""


@dataclass(frozen=True)
class Run:
    """One fresh process of one server under one workload of a scenario."""

    scenario: str
    server: str
    process: int  # from 1; 0 is the run in which system calls were counted, without times
    workload: Workload
    verdict: Verdict
    reason: str  # empty when valid
    account: Account | None = None  # None if the run was not finished
    tally: Tally | None = None
    figures: Figures | None = None  # None if a delivery is missing


@dataclass(frozen=True)
class Results:
    """All runs of one measurement, in the order in which they were made."""

    environment: Environment
    peer: str  # the server that the others are compared with
    versions: dict[str, str]  # by server or peer: the versions that it is made with
    skipped: dict[str, str]  # by peer or Python that could not be measured: the reason
    judged: dict[str, dict[str, str]]  # by peer and rule: "pass", or what is wrong
    runs: tuple[Run, ...] = ()
    # By name, the default one first: the Pythons of the scenarios that measure several.
    interpreters: dict[str, Interpreter] = field(default_factory=dict)
    # By bytes: how long one copy of so many bytes in memory takes, in µs.
    copy_us: dict[int, float] = field(default_factory=dict)
    schema: Literal["hubbub-bench"] = SCHEMA
    version: Literal[3] = VERSION

    @property
    def scenarios(self) -> list[str]:
        """The names of the scenarios, in the order in which they were measured."""
        return list(dict.fromkeys(run.scenario for run in self.runs))

    def of(self, scenario: str) -> list[Run]:
        """The runs of one scenario, without those that count system calls."""
        return [run for run in self.runs if run.scenario == scenario and run.process]

    @property
    def verdict(self) -> Verdict:
        """The worst of all verdicts; runs of servers that did not keep up are left out."""
        return worst({run.verdict for run in self.runs if not (run.account and run.account.behind)})


def worst(verdicts: set[Verdict]) -> Verdict:
    """Return the verdict that decides; unknown if there is none."""
    if "invalid" in verdicts:
        return "invalid"
    return "unknown" if "unknown" in verdicts or not verdicts else "valid"


def write(results: Results, path: Path) -> None:
    """Write ``results`` to ``path``, which then holds the old content or all of the new.

    Raises:
        OSError: the file cannot be written.
    """
    octets = _adapter().dump_json(results) + b"\n"
    if path.suffix == ".gz":
        octets = gzip.compress(octets, mtime=0)
    replace_file(path, octets)


def read(path: Path) -> Results:
    """Read a file that `write` wrote.

    Raises:
        ResultsError: the file cannot be read, holds no results, or has another version.
    """
    try:
        octets = path.read_bytes()
        document = json.loads(gzip.decompress(octets) if octets[:2] == b"\x1f\x8b" else octets)
    except (ValueError, EOFError) as error:
        raise ResultsError(f"{path} is not JSON: {error}") from error
    except OSError as error:
        raise ResultsError(f"cannot read {path}: {error.strerror or error}") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ResultsError(f"{path} holds no results of hubbub bench")
    if document.get("version") != VERSION:
        found = document.get("version")
        raise ResultsError(f"{path} has version {found}; this program reads version {VERSION}")
    try:
        results = _adapter().validate_python(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ResultsError(f"{path}: {where}: {first['msg']}") from error
    unknown = [name for name in results.scenarios if name not in SCENARIOS]
    if unknown:
        raise ResultsError(f"{path}: there is no scenario {unknown[0]}")
    return results


def dump_results(results: Results) -> str:
    """Return the document as text."""
    return _adapter().dump_json(results).decode()


def load_results(document: object) -> Results:
    """Build results from a parsed document.

    Raises:
        ValueError: the document does not hold results.
    """
    return _adapter().validate_python(document)


def dump_run(run: Run) -> str:
    """Return one run as a line of JSON; `load_run` reads it."""
    return _run_adapter().dump_json(run).decode()


def load_run(line: str) -> Run:
    """Read a line that `dump_run` wrote.

    Raises:
        ValueError: the line does not hold a run.
    """
    return _run_adapter().validate_json(line)


def document_schema() -> str:
    """Return the JSON Schema of the document, as text."""
    return json.dumps(_adapter().json_schema(), indent=1) + "\n"


@cache
def _adapter() -> TypeAdapter[Results]:
    return TypeAdapter(Results)


@cache
def _run_adapter() -> TypeAdapter[Run]:
    return TypeAdapter(Run)


if __name__ == "__main__":
    print(document_schema(), end="")

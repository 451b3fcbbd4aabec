"""What the last ``make autobahn`` found: how it is kept, and what a report says of it.

The run itself is tests/autobahn/run.py. Its results count for the servers whose
code it saw, and for no others.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from implementations.servers import SERVERS


__all__ = ["CASES", "SUMMARY", "Outcome", "outcome_of", "read_lines", "runtimes", "write_outcomes"]

ROOT = Path(__file__).resolve().parents[1]
SUMMARY = ROOT / "report" / "autobahn.json"
CASES = 247  # in the sections that are run: 1 to 7, and 10

_PASSED = ("OK", "NON-STRICT", "INFORMATIONAL")  # as the suite spells it; all else is a failure


@dataclass(frozen=True)
class Outcome:
    """How one runtime's WebSocket door fared.

    Attributes:
        ok, non_strict, informational: how many cases went so.
        failed: the ids of those that failed, or ended badly.
    """

    runtime: str
    ok: int
    non_strict: int
    informational: int
    failed: tuple[str, ...]

    @property
    def cases(self) -> int:
        """How many ran."""
        return self.ok + self.non_strict + self.informational + len(self.failed)

    @property
    def passed(self) -> bool:
        """Whether all ran and none failed."""
        return self.cases == CASES and not self.failed

    def __str__(self) -> str:
        ran = f"{self.cases}" if self.cases == CASES else f"only {self.cases} of {CASES}"
        return (
            f"{self.runtime}: {ran} cases, {self.ok} ok, {self.non_strict} non-strict, "
            f"{self.informational} informational, {len(self.failed)} failed"
        )


def outcome_of(runtime: str, cases: Mapping[str, Mapping[str, Any]]) -> Outcome:
    """Count what the suite's ``index.json`` says of one agent: case id → verdicts."""
    verdicts = {case: _verdict(found) for case, found in cases.items()}
    counts = Counter(verdicts.values())
    failed = [case for case, verdict in verdicts.items() if verdict not in _PASSED]
    return Outcome(
        runtime,
        counts["OK"],
        counts["NON-STRICT"],
        counts["INFORMATIONAL"],
        tuple(sorted(failed, key=_place)),
    )


def write_outcomes(outcomes: Sequence[Outcome], suite: str, path: Path = SUMMARY) -> None:
    """Keep the outcomes of a run of ``suite`` (name and version) against the code as it is."""
    summary = {
        "schema": "hubbub-autobahn",
        "suite": suite,
        "hubbub": version("hubbub"),
        "code": _fingerprint(),
        "runtimes": [asdict(outcome) for outcome in outcomes],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")


def read_lines(ids: Iterable[str], path: Path = SUMMARY) -> list[str]:
    """Return a line for each runtime among the servers ``ids``; none where these are not ours."""
    wanted = runtimes(ids)
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
        fits = summary["code"] == _fingerprint()
        outcomes = {
            kept["runtime"]: Outcome(**{**kept, "failed": tuple(kept["failed"])})
            for kept in summary["runtimes"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        fits, outcomes = False, {}
    return [
        str(outcomes[runtime])
        if fits and runtime in outcomes
        else f"{runtime}: not run with this version (make autobahn does it)"
        for runtime in wanted
    ]


def runtimes(ids: Iterable[str] | None = None) -> list[str]:
    """Return the runtimes of the servers ``ids``, or of all, in the registry's order."""
    wanted = None if ids is None else set(ids)
    servers = [server for server in SERVERS if wanted is None or server.id in wanted]
    return list(dict.fromkeys(server.runtime for server in servers))


def _verdict(case: Mapping[str, Any]) -> str:
    """Return a case's verdict, or that of its closing where only this was bad."""
    behaviour, closing = case["behavior"], case["behaviorClose"]
    return str(closing if behaviour in _PASSED and closing not in _PASSED else behaviour)


def _place(case: str) -> list[int]:
    return [int(number) for number in case.split(".")]


def _fingerprint() -> str:
    """Return what tells the servers' code from any other."""
    digest = hashlib.sha256()
    folder = ROOT / "implementations"
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return digest.hexdigest()

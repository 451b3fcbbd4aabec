"""The results of a run of the suite: many runs become one verdict per rule.

Plain data that goes to JSON and comes back. It contains the sentences of the rules, so that an old
result can be shown when PROTOCOL.md has changed since. ``python -m conformance.results`` prints the
JSON Schema, which results.schema.json keeps for other programs.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, get_args

from conformance.protocol import Rule
from conformance.verdicts import Verdict, worst


__all__ = ["SCHEMA", "VERSION", "Cell", "Results", "Run", "document_schema", "runs_of"]

SCHEMA = "hubbub-conformance"
VERSION = 2  # of the schema
_READ = (1, 2)  # versions that this program reads: 2 has one more verdict, and what 1 has


@dataclass(frozen=True)
class Run:
    """One test against one server at one door."""

    rule: str
    server: str
    door: str  # "tcp", "ws" or "-"
    test: str
    claim: str  # what the test says of itself
    verdict: Verdict
    message: str = ""  # why it is not a pass
    measured: tuple[str, ...] = ()
    history_text: str = ""  # the smallest history that shows a failure
    history_svg: str = ""
    duration_s: float = 0.0


@dataclass(frozen=True)
class Cell:
    """What there is to say about one rule and one server."""

    verdict: Verdict
    runs: tuple[Run, ...]

    @property
    def blamed(self) -> tuple[Run, ...]:
        """The runs that decided the verdict."""
        return tuple(run for run in self.runs if run.verdict == self.verdict)


@dataclass(frozen=True)
class Results:
    """The verdicts of servers by rules.

    Attributes:
        about: where and when the suite ran, in words.
    """

    servers: tuple[str, ...]
    rules: tuple[Rule, ...]
    runs: tuple[Run, ...]
    quick: bool = False
    about: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _cells(self) -> dict[tuple[str, str], Cell]:
        grouped: dict[tuple[str, str], list[Run]] = {}
        for run in self.runs:
            grouped.setdefault((run.server, run.rule), []).append(run)
        return {
            key: Cell(worst(run.verdict for run in runs), tuple(runs))
            for key, runs in grouped.items()
        }

    def cell(self, server: str, rule: Rule) -> Cell:
        """Return the verdict of a rule for a server; ``unknown`` if no test ran for the rule."""
        return self._cells.get((server, rule.id), Cell("unknown", ()))

    def count(self, server: str, verdict: Verdict) -> int:
        """Return how many rules have that verdict."""
        return sum(self.cell(server, rule).verdict == verdict for rule in self.rules)

    def total(self, verdict: Verdict) -> int:
        """Return how many rules have that verdict, over all servers."""
        return sum(self.count(server, verdict) for server in self.servers)

    def areas(self) -> dict[str, list[Rule]]:
        """Return the rules by area, in the order of PROTOCOL.md."""
        by_area: dict[str, list[Rule]] = {}
        for rule in self.rules:
            by_area.setdefault(rule.area, []).append(rule)
        return by_area

    def with_verdict(self, verdict: Verdict) -> list[tuple[Rule, str, Cell]]:
        """Return every rule and server with that verdict, in the order of the rules."""
        return [
            (rule, server, cell)
            for rule in self.rules
            for server in self.servers
            if (cell := self.cell(server, rule)).verdict == verdict
        ]

    def measured(self) -> list[tuple[Rule, str, Run]]:
        """Return every run that measured something, in the order of the rules."""
        return [
            (rule, server, run)
            for rule in self.rules
            for server in self.servers
            for run in self.cell(server, rule).runs
            if run.measured
        ]

    @property
    def left_out(self) -> list[Rule]:
        """The rules that a quick run left out."""
        return [
            rule
            for rule in self.rules
            if any(self.cell(server, rule).verdict == "left out" for server in self.servers)
        ]

    @property
    def exit_code(self) -> int:
        """0: every rule passed or was declared · 1: one failed · 3: one is unknown."""
        if self.with_verdict("fail"):
            return 1
        return 3 if self.with_verdict("unknown") else 0

    def to_json(self) -> str:
        """Return the results as a JSON document."""
        return json.dumps(
            {"schema": SCHEMA, "version": VERSION, "summary": self._summary(), **asdict(self)},
            indent=1,
            ensure_ascii=False,
        )

    @classmethod
    def from_json(cls, text: str) -> "Results":
        """Return the results that ``to_json`` wrote.

        Raises:
            ValueError: it is another kind of document, or another version of it.
        """
        document = json.loads(text)
        kind = document.get("schema"), document.get("version")
        if kind[0] != SCHEMA or kind[1] not in _READ:
            raise ValueError(
                f"expected {SCHEMA} version {VERSION}, got {kind[0]} version {kind[1]}"
            )
        return cls(
            servers=tuple(document["servers"]),
            rules=tuple(
                Rule(**{**rule, "doors": tuple(rule["doors"])}) for rule in document["rules"]
            ),
            runs=runs_of(document["runs"]),
            quick=document["quick"],
            about=document["about"],
        )

    def _summary(self) -> dict[str, dict[str, str]]:
        """Return only the verdicts: server → rule → verdict."""
        return {
            server: {rule.id: self.cell(server, rule).verdict for rule in self.rules}
            for server in self.servers
        }


def runs_of(records: Iterable[Mapping[str, Any]]) -> tuple[Run, ...]:
    """Return the runs of records that came through JSON."""
    return tuple(Run(**{**record, "measured": tuple(record["measured"])}) for record in records)


def document_schema() -> str:
    """Return the JSON Schema of what ``Results.to_json`` writes, as text. Needs pydantic."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Results).json_schema()
    verdict = {"enum": list(get_args(Verdict)), "type": "string"}
    by_rule = {"additionalProperties": verdict, "type": "object"}
    head = {
        "schema": {"const": SCHEMA},
        "version": {"const": VERSION},
        "summary": {
            "description": "The verdicts alone: server, rule, verdict.",
            "additionalProperties": by_rule,
            "type": "object",
        },
    }
    schema["properties"] = head | schema["properties"]
    schema["required"] = [*head, *schema["required"]]
    return json.dumps(schema, indent=1) + "\n"


if __name__ == "__main__":
    print(document_schema(), end="")

"""Your own server in a notebook: test it with the suite, measure it with the benchmark.

The server is a Python program. It takes ``--tcp HOST:PORT``; to be measured, it also takes
``--ws HOST:PORT``.
"""

from __future__ import annotations

import html
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.matrix import SYMBOLS
from conformance.results import Results
from hubbub.conform import judge_command
from hubbub.learning.judge import tick_s
from hubbub.notebook.pictures import Picture


__all__ = ["Matrix", "bench", "conform", "evidence", "matrix"]

_COLOURS = {"pass": "#009e73", "fail": "#d55e00", "unknown": "#8a5a00", "declared": "#1f83c9"}


def conform(program: str | Path, rules: Sequence[str]) -> Results:
    """Test a program at its line door: one test per rule, each in a fresh process."""
    command = f"{shlex.join([sys.executable, str(program)])} --tcp {{tcp}}"
    return judge_command(command, rules, quick=True, tick_s=tick_s())


class Evidence(Picture):
    """What a rule says, and what the server did instead. Displays itself."""

    def __init__(self, rule: str, said: str, svg: str, text: str) -> None:
        super().__init__(svg, "\n\n".join(filter(None, [f"{rule}\n{said}", text])))
        self._html = f"<p><b>{html.escape(rule)}</b></p><p>{html.escape(said)}</p>{svg}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._html}


def evidence(results: Results, rule: str) -> Evidence:
    """Return what PROTOCOL.md says of a rule, and what the suite found for the first server."""
    (asked,) = (one for one in results.rules if one.id == rule)
    cell = results.cell(results.servers[0], asked)
    found = next(iter(cell.blamed), None)
    message = found.message.partition("\n")[0] if found is not None else ""
    said = f"{cell.verdict}: {message}" if message else cell.verdict
    return Evidence(
        f"{rule}: {asked.sentence.replace('`', '')}",
        said[:400],
        found.history_svg if found is not None else "",
        found.history_text if found is not None else "",
    )


class Matrix:
    """A table with one row per rule and one column per server. Displays itself.

    Attributes:
        kept: how many rules pass, per server.
    """

    def __init__(self, results: Sequence[Results]) -> None:
        self._rules = results[0].rules
        self._columns = [(server, one) for one in results for server in one.servers]
        self.kept = {server: one.count(server, "pass") for server, one in self._columns}

    def __repr__(self) -> str:
        width = max(len(rule.id) for rule in self._rules)
        rows = [
            " " * (width + 2) + "│ " * place + f"┌ {server}"
            for place, (server, _) in enumerate(self._columns)
        ]
        for rule in self._rules:
            marks = [SYMBOLS[one.cell(server, rule).verdict] for server, one in self._columns]
            rows.append(f"{rule.id:{width}}  {' '.join(marks)}")
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        upright = "writing-mode:vertical-rl;transform:rotate(180deg)"
        head = "".join(
            f'<th style="{upright}">{html.escape(server)}</th>' for server, _ in self._columns
        )
        rows = []
        for rule in self._rules:
            cells = []
            for server, one in self._columns:
                verdict = one.cell(server, rule).verdict
                colour = _COLOURS.get(verdict, "inherit")
                cells.append(
                    f'<td title="{verdict}" style="color:{colour};text-align:center;'
                    f'font-weight:bold">{SYMBOLS[verdict]}</td>'
                )
            rows.append(f'<tr><td style="text-align:left">{rule.id}</td>{"".join(cells)}</tr>')
        return f"<table><tr><th></th>{head}</tr>{''.join(rows)}</table>"


def matrix(*results: Results) -> Matrix:
    """Show the verdicts of several runs side by side, for the rules of the first run."""
    return Matrix(results)


def bench(program: str | Path, *, beside: str = "asyncio-direct", clients: int = 100) -> Picture:
    """Measure a program beside one of our servers: one short run of each.

    The load is a closed loop: the next message is sent when every client has the last one. The
    program is judged first, as every peer is; a server that loses or alters messages is not
    measured.
    """
    from benchmarks.campaign import Plan, begin, go_on, run_line
    from benchmarks.peers import PEERS, own_peer
    from benchmarks.results import Run

    own = own_peer(shlex.join([sys.executable, str(program)]))
    PEERS[own.id] = own
    said: list[str] = []

    def tell(run: Run, made: int, planned: int) -> None:
        said.append(run_line(run) + (", valid" if run.verdict == "valid" else ""))

    plan = Plan(("closed",), (beside,), (own.id,), processes=1, clients=clients, quick=True)
    try:
        go_on(plan, begin(plan, said.append), tell)
    finally:
        del PEERS[own.id]
    return Picture("", "\n".join(said))

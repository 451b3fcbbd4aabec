"""The table on the terminal."""

from __future__ import annotations

import io

from rich.console import Console

from benchmarks.table import print_table
from tests.benchmarks.made import PEER, make_results, make_run


def printed(console_width: int = 80) -> str:
    lossy = make_run("trio-mutex", 5.0, verdict="invalid", reason="deliveries: 1 lost")
    costs_us = {"threads-broadcaster": [120.0, 130.0, 140.0], PEER: [10.0, 10.1, 10.2]}
    console = Console(file=io.StringIO(), width=console_width)

    print_table(make_results(costs_us, extra=[lossy]), console)

    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_table_fits_eighty_columns() -> None:
    """The widest ids and figures fit 80 columns, nothing cut off."""
    text = printed()

    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    assert "threads-broadcaster" in text
    assert "websockets-broadcast" in text


def test_table_says_what_it_leaves_out() -> None:
    """A server without figures has its verdict in the table, and its reason below."""
    text = printed()

    assert "invalid" in text
    assert "Left out: trio-mutex (invalid: deliveries: 1 lost)." in " ".join(text.split())

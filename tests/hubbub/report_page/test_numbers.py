"""The file of all medians: one line per server and point."""

from __future__ import annotations

import csv
import io

from benchmarks.summary import summarise
from hubbub.report_page.numbers import as_csv
from tests.hubbub.report_page.made import round_of


def test_every_cell_is_a_line() -> None:
    """Each cell of the round is a line with its medians; what is not known is empty."""
    lines = list(csv.DictReader(io.StringIO(as_csv({"": round_of()}))))

    assert len(lines) == sum(len(summary.cells) for summary in summarise(round_of()))
    first = lines[0]
    assert (first["scenario"], first["server"], first["rate_hz"]) == ("closed", "asyncio-mutex", "")
    assert float(first["µs/delivery"]) == 20.0
    assert {line["outcome"] for line in lines} == {"valid", "behind"}


def test_rounds_are_named() -> None:
    """With two rounds each line says its round; a single round is named by its date."""
    two = as_csv({"before": round_of(), "after": round_of()})
    one = as_csv({"": round_of()})

    assert {line.partition(",")[0] for line in two.splitlines()[1:]} == {"before", "after"}
    assert {line.partition(",")[0] for line in one.splitlines()[1:]} == {"2024-05-01"}

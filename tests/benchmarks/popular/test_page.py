"""The page: each studied server has a row and a proof; the saved page is up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.popular.__main__ import STUDIED, main
from benchmarks.popular.findings import COLUMNS
from benchmarks.popular.page import ASKED, page
from tests.benchmarks.popular.test_findings import BAD, ORDER, STALL


DOCS = Path(__file__).parents[3] / "docs"
RESULTS: dict[str, dict[str, Any]] = {
    "aiohttp-loop": {
        "version": "aiohttp 3",
        "date": "2026-11-30",
        "stall": STALL | {"curve": [[0.0, 1, 0, 0.0], [20.0, 4000, 4000, 2.1]]},
        "order": ORDER | {"messages": 600, "history": ["c0 got a, b", "c1 got b, a"]},
        "binary": BAD,
    },
    "go-xnet": {"version": "", "date": "2026-11-30", "skipped": "no Go (install golang-go)"},
}


def test_page_has_rows_and_proofs() -> None:
    """A studied server has a row and a section with its history; a skipped one is named."""
    text = page(RESULTS)

    assert "| [Python, aiohttp](#aiohttp-loop) | no | " in text
    assert "### aiohttp-loop" in text
    assert "0 s: 1 said, 0 heard, +0 MiB → 20 s: 4,000 said" in text
    assert "The smallest history: c0 got a, b; c1 got b, a." in text
    assert "- **go-xnet** was skipped: no Go (install golang-go)" in text


def test_saved_page_is_that_of_the_saved_results() -> None:
    """docs/popular.md is made from docs/popular.json, which has all studied servers."""
    results = json.loads((DOCS / "popular.json").read_text("utf-8"))

    assert list(results) == list(STUDIED)
    assert (DOCS / "popular.md").read_text("utf-8") == page(results)


def test_every_column_is_explained() -> None:
    """Each column of the table has a sentence that says what is done, in the same order."""
    assert list(ASKED) == list(COLUMNS)


def test_unknown_server_is_misuse(tmp_path: Path) -> None:
    """An unknown server is refused, and nothing is written."""
    assert main(["no-such-server", "--folder", str(tmp_path)]) == 2
    assert list(tmp_path.iterdir()) == []

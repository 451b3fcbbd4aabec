"""``hubbub gallery``: the line for an exhibit, and the page with its picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.results import Run
from hubbub.cli import main
from hubbub.gallery import Finding, render
from implementations.exhibits.catalogue import find_exhibit


AWAITS = find_exhibit("exhibit-await-in-fanout-asyncio")


def seen(rule: str, svg: str = "") -> Run:
    return Run(rule, AWAITS.id, "tcp", "test", "claim", "fail", "anna & ben disagree", (), "", svg)


def test_header_is_held_to_both_its_lists() -> None:
    """A header is wrong if it names a rule that is kept, or omits a rule that is broken."""
    broken = {"order.total": seen("order.total")}

    assert Finding(AWAITS, broken, (), ()).as_said
    assert not Finding(AWAITS, broken, ("order.speaker",), ()).as_said
    assert not Finding(AWAITS, broken, (), ("names.race",)).as_said


def test_page_shows_what_was_seen() -> None:
    """A section tells the exhibit's story and shows the picture; text from a run is escaped."""
    drawn = render(
        [Finding(AWAITS, {"order.total": seen("order.total", "<svg id='it'/>")}, (), ())]
    )

    assert "<svg id='it'/>" in drawn
    assert "anna &amp; ben disagree" in drawn
    assert "`" not in drawn
    assert "<code>await</code>" in drawn
    for words in (
        AWAITS.header.title,
        "hubbub serve exhibit-await-in-fanout-asyncio",
        "order.total",
    ):
        assert words in drawn


def test_page_without_a_finding_says_so() -> None:
    """If nothing was found there is no picture, and no empty space for one."""
    drawn = render([Finding(AWAITS, {}, ("order.total",), ())])

    assert "no rule that was checked" in drawn
    assert "<figure>" not in drawn


def test_one_exhibit_is_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line says what was found, and the page is written."""
    page = tmp_path / "gallery.html"

    assert main(["gallery", "exhibit-empty-lines-said", "--html", str(page)]) == 0

    assert capsys.readouterr().out == "✓ empty-lines-said: framing.empty\n"
    assert "framing.empty" in page.read_text(encoding="utf-8")


def test_exhibit_that_cannot_run_here_is_not_judged(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a kernel lacks what an exhibit is about, a line says so, and nothing is wrong."""
    monkeypatch.setattr("implementations.exhibits.reused_buffer.LACKS", lambda: "no luck")

    assert main(["gallery", "reused-buffer"]) == 0

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "- reused-buffer: cannot run here: no luck\n"


def test_exhibit_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown name is one line, and nothing is judged."""
    assert main(["gallery", "await-in-fanout-asyncio", "of-nothing"]) == 2

    said = capsys.readouterr()
    assert "unknown exhibit 'exhibit-of-nothing'" in said.err
    assert said.out == ""

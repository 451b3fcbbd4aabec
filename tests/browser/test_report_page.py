"""The report, opened in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hubbub.report import render
from tests.benchmarks.made import PEER, make_results


@pytest.mark.parametrize("width_px", [375, 1280])
def test_report_fits_its_window(browser: Browser, tmp_path: Path, width_px: int) -> None:
    """Nothing is wider than the screen, on a phone as on a desk, and nothing complains."""
    path = tmp_path / "report.html"
    costs = {"asyncio-mutex": [20.0, 21.0, 22.0], PEER: [9.0, 9.1, 9.2]}
    path.write_text(render(make_results(costs)), encoding="utf-8")
    page = browser.new_context(viewport={"width": width_px, "height": 667}).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(path.as_uri())
    # The made-up results have one section; the published ones have one for each scenario.
    page.locator("nav").evaluate("nav => { nav.innerHTML = nav.innerHTML.repeat(8) }")

    assert page.locator("html").evaluate("e => e.scrollWidth") <= width_px
    assert not complaints
    page.context.close()


def test_report_tells_its_age(browser: Browser, tmp_path: Path) -> None:
    """A reader sees on the first screen when and on what it was measured, and how long ago."""
    path = tmp_path / "report.html"
    path.write_text(render(make_results({PEER: [9.0, 9.1, 9.2]})), encoding="utf-8")
    page = browser.new_page()
    page.clock.install(time="2024-05-11T12:30:00Z")
    page.goto(path.as_uri())

    assert page.get_by_text("2024-05-01, 10 days ago.").is_visible()
    page.close()


def test_headings_sort_their_table(browser: Browser, tmp_path: Path) -> None:
    """A click sorts by a column, as numbers; Enter on the heading turns it round."""
    path = tmp_path / "report.html"
    costs = {"asyncio-mutex": [100.0, 101.0, 102.0], PEER: [9.0, 9.1, 9.2]}
    path.write_text(render(make_results(costs)), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    page.locator("details summary").first.click()
    table = page.locator("table.figures").first
    names = table.locator("tbody tr td:first-child")
    heading = table.locator("th", has_text="µs/delivery").first

    heading.click()
    assert names.all_text_contents() == [PEER, "asyncio-mutex"]
    heading.press("Enter")
    assert names.all_text_contents() == ["asyncio-mutex", PEER]
    page.close()

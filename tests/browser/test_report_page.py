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

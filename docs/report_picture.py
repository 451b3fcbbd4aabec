"""Make the README's picture: the top of a round's report, as a browser shows it.

    python docs/report_picture.py benchmarks/rounds/2026-11/report.html

Needs a Chromium on the PATH; playwright drives it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright


ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "report.png"
WIDTH_PX, HEIGHT_PX = 1100, 900


def main() -> int:
    """Take the picture; 1 when there is no report or no browser."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    report = Path(sys.argv[-1]).resolve()
    if chromium is None or report.suffix != ".html" or not report.exists():
        print("picture: needs a Chromium, and a report (make round)", file=sys.stderr)
        return 1
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        viewport: ViewportSize = {"width": WIDTH_PX, "height": HEIGHT_PX}
        # Without its script: that would tell how old the report is, and a picture does not age.
        page = browser.new_page(viewport=viewport, java_script_enabled=False)
        page.goto(report.as_uri())
        page.screenshot(path=PICTURE)
        browser.close()
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())

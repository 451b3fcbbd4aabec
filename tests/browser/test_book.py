"""The site of lessons, protocol and results: every page opens offline, and on a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect


ROOT = Path(__file__).parents[2]
PHONE = ViewportSize(width=390, height=844)
LINKS = "() => [...document.querySelectorAll('a[href]')].map(link => link.href)"
IDS = "() => [...document.querySelectorAll('[id]')].map(element => element.id)"
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make book` builds it; a warning is an error."""
    folder = tmp_path_factory.mktemp("book")
    where = ["-d", str(folder / "doctrees"), "-c", "docs/book", ".", str(folder / "book")]
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", *where]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder / "book"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page on a phone, with no network."""
    context = browser.new_context(viewport=PHONE, offline=True)
    yield context.new_page()
    context.close()


def test_every_page_is_whole(book: Path, page: Page) -> None:
    """Whatever a link leads to is there, nothing complains, and nothing is wider than a phone."""
    trouble: list[str] = []
    page.on("console", lambda said: trouble.extend([said.text] * (said.type == "error")))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(f"not loaded: {request.url}"))
    ids: dict[str, set[str]] = {}
    wanted: dict[str, set[str]] = {}  # of a page's anchors, where a link to one stands
    seen, waiting = set(), [(book / "index.html").as_uri()]
    while waiting:
        url = waiting.pop()
        page.goto(url, wait_until="load")
        if url.endswith("/index.html") and "/docs/" not in url and "/report/" not in url:
            page.wait_for_url("**/docs/book/index.html")
            url = page.url
        seen.add(url)
        ids[url] = set(page.evaluate(IDS))
        if (wide_px := page.evaluate(TOO_WIDE)) > 0:
            trouble.append(f"{wide_px} px too wide")
        assert trouble == [], url
        for link in page.evaluate(LINKS):
            to = urlsplit(link)
            if to.scheme != "file":
                continue
            target = to._replace(fragment="", query="").geturl()
            wanted.setdefault(f"{target}#{unquote(to.fragment)}", set()).add(url)
            assert Path(unquote(to.path)).is_file(), f"{link}, in {url}"
            if to.path.endswith(".html") and target not in seen and target not in waiting:
                waiting.append(target)
    assert len(seen) > 100  # pages of the code that is linked to among them
    for link, pages in wanted.items():
        target, _, anchor = link.partition("#")
        assert not anchor or target not in ids or anchor in ids[target], f"{link}, in {pages}"


def test_search_finds_without_a_network(book: Path, page: Page) -> None:
    """Who looks for a word is led to the page it stands on."""
    page.goto((book / "docs" / "book" / "index.html").as_uri())
    page.goto((book / "search.html").as_uri() + "?q=backpressure")
    expect(page.locator("#search-results li").first).to_be_visible()

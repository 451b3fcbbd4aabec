"""The site of lessons, protocol and results: every page opens offline, and on a phone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

import conformance
import conformance.checker


ROOT = Path(__file__).parents[2]
PHONE = ViewportSize(width=390, height=844)
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Html(HTMLParser):
    """What a page links to and loads, and where in it a link can lead."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Called by the base class."""
        attributes = {name: value or "" for name, value in attrs}
        self.anchors.add(attributes.get("id", ""))
        if tag == "a" and "href" in attributes:
            self.links.append(attributes["href"])
        if tag in {"link", "script", "img"}:
            self.loaded += [attributes[key] for key in ("href", "src") if key in attributes]


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


def test_every_link_leads_somewhere(book: Path) -> None:
    """To a file of the site and a place in it, or to the web; nothing is loaded from there."""
    pages = {path: Html(path) for path in sorted(book.rglob("*.html"))}
    astray = []
    for path, html in pages.items():
        for link in html.links + html.loaded:
            url = urlsplit(link)
            if url.scheme in ("http", "https", "mailto", "data"):
                if link in html.loaded and url.scheme != "data":
                    astray.append((path, link))
                continue
            target = (path.parent / unquote(url.path)).resolve() if url.path else path
            anchors = pages[target].anchors if target in pages else {""}
            if not target.is_file() or unquote(url.fragment) not in anchors | {""}:
                astray.append((path, link))
    assert astray == []


@pytest.mark.parametrize("package", [conformance, conformance.checker], ids=lambda p: p.__name__)
def test_reference_has_every_public_name(book: Path, package: ModuleType) -> None:
    """The reference of the suite has an entry for each name that a package exports."""
    anchors = Html(book / "docs" / "book" / "conformance.html").anchors

    entries = {anchor.rpartition(".")[2] for anchor in anchors if anchor.startswith("conformance.")}
    assert set(package.__all__) - entries == set()


def test_every_page_opens_on_a_phone(book: Path, page: Page) -> None:
    """Nothing complains, and nothing is wider than the screen; of the pages of code, at a few."""
    trouble: list[str] = []
    page.on("console", lambda said: trouble.extend([said.text] * (said.type == "error")))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("requestfailed", lambda request: trouble.append(f"not loaded: {request.url}"))
    code = sorted((book / "code").rglob("*.html"))
    others = set(book.rglob("*.html")) - set(code)
    for path in [*sorted(others), *code[::20]]:
        page.goto(path.as_uri())
        if path == book / "index.html":
            page.wait_for_url("**/docs/book/index.html")
        if (wide_px := page.evaluate(TOO_WIDE)) > 0:
            trouble.append(f"{wide_px} px too wide")
        assert trouble == [], path


def test_search_finds_without_a_network(book: Path, page: Page) -> None:
    """A reader that looks for a word is led to the page it stands on."""
    page.goto((book / "docs" / "book" / "index.html").as_uri())
    page.goto((book / "search.html").as_uri() + "?q=backpressure")
    expect(page.locator("#search-results li").first).to_be_visible()

"""The page of ``hubbub report``: one file, complete without scripts, with anchors."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from benchmarks.results import write
from conformance.protocol import rules
from conformance.results import Results, Run
from hubbub.cli import main
from hubbub.report import render
from tests.hubbub.report_page.made import COSTS_US, round_of


LOADED = ("src", "srcset", "data", "action", "poster", "background")  # attributes that load a file


class Page(HTMLParser):
    """What the tests ask of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.ids: list[str] = []
        self.headings: list[str | None] = []
        self.targets: list[str] = []
        self.contents: list[str] = []
        self.loads: list[str] = []
        self.stack: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note ids, headings, links, and everything that would be loaded."""
        known = dict(attrs)
        self.stack.append(tag)
        if known.get("id"):
            self.ids.append(known["id"] or "")
        if tag in ("h2", "h3"):
            self.headings.append(known.get("id"))
        target = known.get("href") or ""
        if tag == "a" and len(target) > 1:
            self.targets.append(target)
            if "nav" in self.stack:
                self.contents.append(target)
        if tag == "link":
            self.loads.append(target)
        self.loads += [known[name] or "" for name in LOADED if name in known]

    def handle_endtag(self, tag: str) -> None:
        """Leave an element; a void one has no end."""
        while self.stack and self.stack.pop() != tag:
            pass


def judged() -> Results:
    """Return a run of the suite in which every server of ours keeps every rule."""
    servers = tuple(server for server in COSTS_US if server != "go-gorilla")
    runs = tuple(
        Run(rule.id, server, "tcp", "test_it", "A claim.", "pass", "")
        for rule in rules()
        for server in servers
    )
    return Results(servers, rules(), runs)


@pytest.fixture(scope="module", params=["one round", "judged", "two rounds"])
def page(request: pytest.FixtureRequest) -> Page:
    """The page of one round, of a comparison, and of two rounds."""
    match request.param:
        case "one round":
            return Page(render(round_of()))
        case "judged":
            return Page(render(round_of(), judged()))
        case _:
            return Page(render(round_of(), before=round_of(2.0)))


def test_every_heading_has_an_anchor(page: Page) -> None:
    """Every heading can be linked to, and no two anchors are the same."""
    assert None not in page.headings
    assert len(set(page.ids)) == len(page.ids)


def test_every_link_has_its_target(page: Page) -> None:
    """Each link leads to an anchor of this page, and the contents name every section."""
    assert {target[1:] for target in page.targets} <= set(page.ids)
    assert all(target.startswith("#") for target in page.targets)
    in_main = [name for name in page.headings if f'<h2 id="{name}"><a class="anchor"' in page.html]
    assert [target[1:] for target in page.contents] == in_main


def test_page_loads_nothing(page: Page) -> None:
    """No style sheet, script, font or picture comes from outside; the page is a single file."""
    assert [one for one in page.loads if not one.startswith("data:")] == []
    addresses = set(re.findall(r"https?://[\w./-]+", page.html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert "@import" not in page.html
    assert len(page.html.encode()) < 2_000_000


def test_data_are_embedded_once(page: Page) -> None:
    """One element holds the data, as JSON that ends where the element ends."""
    assert page.html.count('type="application/json"') == 1
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page.html)

    data = json.loads(text)

    assert set(data) == {"rounds", "styles", "plots", "answers"}
    assert set(data["styles"]) == set(COSTS_US)


def test_page_is_complete_without_scripts(page: Page) -> None:
    """Each interactive chart has its picture; the answer and the CSV are in the page."""
    drawn = re.findall(
        r'<div class="plot" data-plot="([\w-]+)"></div>\s*(<figure[^>]*>\s*<svg)?', page.html
    )
    assert {name for name, _ in drawn} == {"knee", "closed", "slow"}
    assert all(picture for _, picture in drawn)
    body = page.html[page.html.index("<body>") : page.html.index("<script type")]
    table = body[body.index('class="plain ranking"') :]
    assert table.index("asyncio-direct") < table.index("asyncio-mutex") < table.index("</table>")
    assert "\n2024-05-01,closed,asyncio-mutex,50" in body or "\nafter,closed" in body


def test_load_curve_comes_first() -> None:
    """The first section of measurements is the load curve."""
    sections = re.findall(r'<h2 id="(closed|knee|slow)">', render(round_of()).replace("\n", ""))

    assert sections[0] == "knee"


def test_green_areas_are_folded_with_their_sentences() -> None:
    """An area in which every server keeps every rule is folded, and holds each rule's sentence."""
    html = render(round_of(), judged())

    assert html.count('<details class="green">') == len(judged().areas())
    for rule in rules():
        assert f"<dt>{rule.id}" in html


def test_two_files_become_one_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``hubbub report A B`` writes one page, beside B, with both rounds in each chart."""
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    write(round_of(2.0), before)
    write(round_of(), after)

    assert main(["report", str(before), str(after)]) == 0

    assert capsys.readouterr().out.strip() == str(tmp_path / "after.html")
    assert "What changed between the two rounds" in (tmp_path / "after.html").read_text("utf-8")


def test_three_files_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """More than two files are one clear line."""
    assert main(["report", "a.json", "b.json", "c.json"]) == 2

    assert capsys.readouterr().err == "hubbub: give one file of hubbub bench, or two\n"

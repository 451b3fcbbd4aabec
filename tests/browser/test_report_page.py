"""The report, opened in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from hubbub.report import render
from tests.benchmarks.made import PEER, make_results
from tests.hubbub.report_page.made import COSTS_US, round_of


PUBLISHED = max((Path(__file__).parents[2] / "benchmarks" / "rounds").glob("*/report.html"))


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


def test_published_report_fits_a_phone(browser: Browser) -> None:
    """With the longest names of servers, too, nothing is wider than the screen."""
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()

    page.goto(PUBLISHED.as_uri())

    assert page.locator("html").evaluate("e => e.scrollWidth") <= 390
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
    section = page.locator("section:has(#closed)")
    section.locator("details summary").click()
    table = section.locator("table.figures")
    names = table.locator("tbody th")
    heading = table.locator("th", has_text="µs/delivery").first

    heading.click()
    assert names.all_text_contents() == [PEER, "asyncio-mutex"]
    heading.press("Enter")
    assert names.all_text_contents() == ["asyncio-mutex", PEER]
    page.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report with loads, stalls and a server that breaks."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(round_of()), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def visit(browser: Browser, report: str) -> Iterator[Callable[[str], Page]]:
    """Open the report at a hash; at the end nothing must have been complained of."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def open_at(address: str) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(report + address)
        return page

    yield open_at
    context.close()
    assert complaints == []


def test_server_is_switched_off_and_on(visit: Callable[[str], Page]) -> None:
    """The legend switches a server, by keyboard too, and the address remembers what is shown."""
    page = visit("")
    knee = page.locator("[data-plot=knee]")
    line = page.locator("g.line[data-server=asyncio-mutex]")
    button = knee.locator("button[data-server=asyncio-mutex]")
    expect(line).to_have_count(3)  # in the three charts

    button.click()
    expect(line).to_have_count(0)
    expect(button).to_have_attribute("aria-pressed", "false")
    assert "hide=asyncio-mutex" in page.url

    button.press("Space")
    expect(line).to_have_count(3)
    assert "hide" not in page.url


def test_sliders_answer(visit: Callable[[str], Page]) -> None:
    """The rate is chosen by keyboard; a broken server is listed, and interpolation is marked."""
    page = visit("#clients=50&rate=63")
    answer = page.locator("#answer-box")
    first = answer.locator(".ranking tbody tr").first
    expect(first).to_contain_text("asyncio-direct")
    expect(first).to_contain_text("interpolated")

    answer.locator("input[name=rate]").press("End")
    expect(answer.locator(".asked")).to_contain_text("50 clients, 100 messages per second")
    expect(first).to_contain_text("measured")
    expect(answer.locator(".broke")).to_contain_text("trio-mutex")
    expect(answer.locator("input[name=clients]")).to_be_disabled()  # only one was measured


def test_address_brings_back_the_view(visit: Callable[[str], Page]) -> None:
    """The address shows another reader the same servers, scales, values and place."""
    page = visit("")
    page.locator("[data-plot=knee] button", has_text="p50").click()
    page.locator("[data-plot=slow] button[data-setting=y]", has_text="linear").click()
    page.locator(f"[data-plot=closed] button[data-server={PEER}]").click()
    page.locator("input[name=rate]").press("Home")
    page.locator("nav a", has_text="How it was measured").click()
    expect(page).to_have_url(re.compile("#method&"))
    address = page.url.partition("#")[2]

    again = visit(f"#{address}")

    expect(again).to_have_url(page.url)
    expect(again.locator("[data-plot=knee] button", has_text="p50")).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(
        again.locator("[data-plot=slow] button[data-setting=y]", has_text="linear")
    ).to_have_attribute("aria-pressed", "true")
    expect(again.locator(f"g.line[data-server={PEER}]")).to_have_count(0)
    expect(again.locator(".asked [data-rate]")).to_have_text("25")
    expect(again.locator("#method")).to_be_in_viewport()


def test_arrow_keys_read_a_chart(visit: Callable[[str], Page]) -> None:
    """Arrow keys go along a line and to the next value above; the values are said as text."""
    page = visit("#show=asyncio-direct,asyncio-mutex")
    chart, tip = (
        page.locator("[data-plot=knee] svg[tabindex]"),
        page.locator("[data-plot=knee] .tip"),
    )
    chart.focus()

    chart.press("ArrowRight")
    expect(tip).to_contain_text("asyncio-mutex")
    expect(tip).to_contain_text("25 messages per second")
    chart.press("ArrowRight")
    expect(tip).to_contain_text("50 messages per second")
    chart.press("ArrowDown")
    expect(tip).to_contain_text("asyncio-direct")
    expect(page.locator("g.line.on").first).to_have_attribute("data-server", "asyncio-direct")
    chart.press("Escape")
    expect(tip).to_be_hidden()


def test_numbers_are_saved(visit: Callable[[str], Page]) -> None:
    """The links save every median as CSV, and the data of the charts as JSON."""
    page = visit("")

    for name, words in (("csv", "round,scenario,server"), ("json", '"plots"')):
        with page.expect_download() as download:
            page.locator(f"#save-{name}").click()
        assert words in download.value.path().read_text("utf-8")


@pytest.mark.parametrize("way", ["without scripts", "on paper"])
def test_pictures_stand_in_for_the_charts(browser: Browser, report: str, way: str) -> None:
    """Without scripts and on paper every chart is a picture, and no control is in the way."""
    page = browser.new_context(java_script_enabled=way == "on paper").new_page()
    if way == "on paper":
        page.emulate_media(media="print")
    page.goto(report)

    for section in ("knee", "slow", "closed"):
        picture = page.locator(f"section:has(#{section}) figure.picture svg").first
        expect(picture).to_be_visible()
    expect(page.locator(".plot:visible, .sliders:visible")).to_have_count(0)
    expect(page.locator(".ranking tbody tr")).to_have_count(len(COSTS_US) - 1)
    page.context.close()

"""The live lab's page in a real browser, beside a test double that plays invented messages."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from conformance.timing import TICK
from tests.hubbub.lab.invented import PAGE, Invented, invented_lab


MODULES = sorted(PAGE.glob("*.js"))
SLIDERS = ("clients", "rate", "bytes", "speakers", "outbox")
Opener = Callable[..., tuple[Page, Invented]]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Open the page with a hash; no test may leave an error on the console."""
    with ExitStack() as stack:
        complaints: list[str] = []

        def opener(
            scene: str = "", lab: Invented | None = None, width_px: int = 1280, **more: Any
        ) -> tuple[Page, Invented]:
            lab = stack.enter_context(invented_lab(lab))
            context = browser.new_context(viewport={"width": width_px, "height": 800}, **more)
            stack.callback(context.close)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text))
            page.goto(f"http://127.0.0.1:{lab.port}/?token=t{scene}")
            expect(page.locator("#status")).to_contain_text("is running")
            return page, lab

        yield opener
    # The browser itself reports a lost connection; the page cannot silence that.
    assert [one for one in complaints if "WebSocket connection" not in one] == []


def until(found: Callable[[], Any]) -> Any:
    """Return what `found` finds, when it finds something."""
    deadline = time.monotonic() + 50 * TICK
    while not (one := found()):
        assert time.monotonic() < deadline
        time.sleep(TICK / 20)
    return one


def wish(lab: Invented, **fields: Any) -> dict[str, Any]:
    """Return the page's wish with these fields, when it has come."""
    fields["do"] = fields.pop("what")
    found = until(lambda: [one for one in lab.asked if fields.items() <= one.items()])
    return dict(found[-1])


@pytest.mark.parametrize("module", MODULES, ids=[path.name for path in MODULES])
def test_module_is_javascript(module: Path) -> None:
    """Node reads each module of the page without an error."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    source = module.read_bytes()
    subprocess.run([node, "--check", "--input-type=module"], input=source, check=True)


def test_modules_can_stand_in_one_file() -> None:
    """No two modules export one name, and each import fits in one line: a tool can join them."""
    names: list[str] = []
    for path in MODULES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("export "):
                words = line.replace("async ", "").replace("(", " ").split()
                names.append(words[2])
            assert not line.startswith("import ") or line.endswith('.js";'), line
    assert len(names) == len(set(names))


@pytest.mark.parametrize("width_px", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_its_window(opened: Opener, width_px: int, scheme: str) -> None:
    """Nothing is wider than the screen, on a phone as on a desk, in light as in dark."""
    page, _ = opened(width_px=width_px, color_scheme=scheme)
    page.get_by_role("button", name="One client stops reading").click()

    assert page.locator("html").evaluate("e => e.scrollWidth") <= width_px


def test_address_holds_the_scene(opened: Opener) -> None:
    """A link to a scene asks for it, shows it, and stays in the address."""
    scene = "#server=trio-direct&policy=block&clients=300&rate=12.5&bytes=99&speakers=2&outbox=64"
    page, lab = opened(f"{scene}&pins=7,9&paused&theme=light&story=knee")

    asked = {"server": "trio-direct", "policy": "block", "clients": 300, "rate": 12.5}
    wish(lab, what="scene", bytes=99, speakers=2, outbox=64, **asked)
    wish(lab, what="pin", clients=[7, 9])
    wish(lab, what="pause")
    expect(page.get_by_role("radio", name="trio")).to_be_checked()
    expect(page.get_by_role("radio", name="direct", exact=True)).to_be_checked()
    expect(page.locator("#clients")).to_have_value("300")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("#story")).to_contain_text("Cross the knee")
    assert page.evaluate("location.hash") == f"{scene}&pins=7,9&story=knee&theme=light&paused"


def test_each_choice_asks_for_its_scene(opened: Opener) -> None:
    """Runtime, ownership, policy, a wrong server and the user's command, by mouse and keyboard."""
    page, lab = opened()

    page.get_by_role("radio", name="threads").check()
    wish(lab, what="scene", server="threads-broadcaster")
    page.get_by_role("radio", name="threads").press("ArrowRight")
    wish(lab, what="scene", server="asyncio-broadcaster")
    page.get_by_role("radio", name="mutex").check()
    wish(lab, what="scene", server="asyncio-mutex")
    page.get_by_role("radio", name="block").check()
    wish(lab, what="scene", policy="block")
    page.locator("#wrong").select_option("exhibit-await-in-fanout-asyncio")
    wish(lab, what="scene", server="exhibit-await-in-fanout-asyncio")
    page.get_by_role("button", name="your command").press("Enter")
    wish(lab, what="scene", server="command")


@pytest.mark.parametrize("name", SLIDERS)
def test_each_slider_has_keys_and_a_number(opened: Opener, name: str) -> None:
    """A key moves the slider and asks for a scene; a number that is typed does so too."""
    page, lab = opened()
    page.locator(f"#{name}-slider").press("ArrowRight")
    page.locator(f"#{name}-slider").press("End")
    most = int(page.locator(f"#{name}").get_attribute("max") or 0)
    wish(lab, what="scene", **{name: 1000 if name == "speakers" else most})  # of 1,000 clients

    page.locator(f"#{name}").fill("50")
    page.locator(f"#{name}").press("Enter")

    wish(lab, what="scene", **{name: 50})


def test_each_button_does_what_it_says(opened: Opener) -> None:
    """Each button sends its wish, and the page shows what came of it."""
    page, lab = opened()
    page.locator("#pause").click()
    wish(lab, what="pause")
    page.locator("#pause").press("Enter")
    wish(lab, what="resume")
    page.locator("#stall").click()
    expect(page.locator("#room-says")).to_contain_text("1 stalled")
    expect(page.locator("#log")).to_contain_text("stops reading")
    page.locator("#wake").click()
    wish(lab, what="wake")
    page.locator("#burst").click()
    wish(lab, what="burst")
    page.locator("#kill").click()
    expect(page.locator("#room-says")).to_contain_text("1 gone")
    page.locator("#sigterm").click()
    expect(page.locator("#status")).to_contain_text("has ended")
    page.locator("#restart").click()
    expect(page.locator("#status")).to_contain_text("is running")


def test_room_by_keyboard(opened: Opener) -> None:
    """Arrows move over the clients; Enter stalls and wakes, P pins, K kills."""
    page, lab = opened()
    room = page.locator("#room")
    until(lambda: page.evaluate("hubbubLab.room.count") == 1000)
    room.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Enter"):
        room.press(key)
    wish(lab, what="stall", client=1)
    expect(page.locator("#room-says")).to_contain_text("client 1: stalled")
    room.press("Enter")
    wish(lab, what="wake", client=1)
    room.press("p")
    wish(lab, what="pin", clients=[0, 2, 3, 4, 5])
    room.press("k")
    wish(lab, what="kill", client=1)


def test_room_by_mouse(opened: Opener) -> None:
    """A click opens the menu of a client, Escape closes it, and shift-click kills."""
    page, lab = opened()
    until(lambda: page.evaluate("hubbubLab.room.count") == 1000)
    page.locator("#room").click(position={"x": 3, "y": 3})
    page.keyboard.press("Escape")
    expect(page.locator("#room-menu")).to_be_hidden()
    page.locator("#room").click(position={"x": 3, "y": 3})
    page.get_by_role("menuitem", name="Stall").click()
    wish(lab, what="stall", client=0)
    page.locator("#room").click(position={"x": 3, "y": 3}, modifiers=["Shift"])
    wish(lab, what="kill", client=0)


def test_previous_server_stays_as_a_ghost(opened: Opener) -> None:
    """After a change of server the previous one keeps two lines, with its name."""
    page, _ = opened()
    page.wait_for_timeout(1500)  # less than a second of a server is not kept
    page.get_by_role("radio", name="trio").check()

    expect(page.locator("#ghost-says")).to_contain_text("asyncio-broadcaster, the previous server")


def test_what_is_not_measured_is_blank(opened: Opener) -> None:
    """A figure that is null has no number and says so; no figure becomes a zero."""
    page, _ = opened("#server=threads-mutex")

    expect(page.locator("#figures .blank").first).to_contain_text("not measured")
    lag = page.locator("#figures div", has_text="loop lag")
    expect(lag).to_have_text("loop lag, worst: not measured")


def test_broken_rule_turns_red_and_stays(opened: Opener) -> None:
    """A verdict is said in words, the checker says it too, and the picture is held."""
    page, _ = opened("#server=exhibit-await-in-fanout-asyncio&clients=6&rate=20")

    expect(page.locator("#verdict")).to_contain_text("Broken rule order.total")
    expect(page.locator("#checker")).to_contain_text("order.total is broken")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#verdict")).to_be_hidden()


def test_recording_disables_what_cannot_work(opened: Opener) -> None:
    """In a recording each control of the server is disabled and its tooltip says why."""
    page, lab = opened("#server=trio-mutex&clients=9", Invented(recorded=True))

    controls = page.locator("[data-live]")
    expect(page.locator("#stall")).to_be_disabled()
    assert controls.evaluate_all("all => all.every(one => one.disabled)")
    assert controls.evaluate_all("all => all.every(one => one.title.includes('recording'))")
    assert lab.asked == []


def test_lost_lab_is_said_and_tried_again(opened: Opener) -> None:
    """When the connection is lost the page says so, and it goes on when the lab answers."""
    page, lab = opened()
    page.evaluate("""() => {
        window.statuses = [];
        new MutationObserver(() => statuses.push(document.getElementById("status").textContent))
            .observe(document.getElementById("status"), { childList: true });
    }""")
    lab.cut()

    until(lambda: "does not answer" in json.dumps(page.evaluate("statuses")))
    expect(page.locator("#status")).to_contain_text("is running")


def test_hidden_page_draws_nothing(opened: Opener) -> None:
    """While its tab is hidden the page draws no frame; it draws again when it is shown."""
    page, _ = opened()
    until(lambda: page.evaluate("hubbubLab.frames.drawn") > 5)
    hide = """hidden => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.evaluate("() => new Promise(requestAnimationFrame)")  # the one that was asked for before
    before = page.evaluate("hubbubLab.frames.drawn")
    expect(page.locator("#load")).to_be_visible()
    page.wait_for_timeout(1000)
    assert page.evaluate("hubbubLab.frames.drawn") == before
    page.evaluate(hide, False)
    until(lambda: page.evaluate("hubbubLab.frames.drawn") > before)


def test_story_shows_the_guess_beside_what_happened(opened: Opener) -> None:
    """A story waits for a guess, runs its steps, and its result comes from the figures."""
    page, lab = opened()
    page.get_by_role("button", name="An await in the fan-out").click()
    page.get_by_role("button", name="Run it").click()
    expect(page.locator("#story")).to_contain_text("what is your guess?")  # no guess, no run
    page.get_by_label("Yes, within five seconds").check()
    page.get_by_role("button", name="Run it").click()
    wish(lab, what="scene", server="exhibit-await-in-fanout-trio", clients=6)

    expect(page.locator("#story")).to_contain_text("as you guessed", timeout=40_000)
    expect(page.locator("#story table")).to_contain_text("order.total")


def test_summary_is_read_aloud(opened: Opener) -> None:
    """Every five seconds a summary in words stands where a screen reader finds it."""
    page, _ = opened()

    expect(page.locator("#summary")).to_contain_text("1000 clients read, p99", timeout=15_000)


def test_memory_does_not_grow(opened: Opener) -> None:
    """After its buffers exist, the page's heap does not grow with what comes."""
    page, _ = opened()
    session = page.context.new_cdp_session(page)

    def heap_bytes() -> int:
        session.send("HeapProfiler.collectGarbage")
        return int(session.send("Runtime.getHeapUsage")["usedSize"])

    page.wait_for_timeout(3000)
    before = heap_bytes()
    page.wait_for_timeout(6000)
    assert heap_bytes() < before + 2_000_000


def test_held_picture_stays_as_it_is(opened: Opener) -> None:
    """While the diagram is held, no new message changes it."""
    page, _ = opened("#server=asyncio-mutex&clients=6&rate=20")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Hold").click()
    expect(page.locator("#spacetime-says")).to_contain_text("held")
    picture = "document.getElementById('spacetime').toDataURL()"
    page.wait_for_timeout(300)
    before = page.evaluate(picture)
    page.wait_for_timeout(1000)
    assert page.evaluate(picture) == before

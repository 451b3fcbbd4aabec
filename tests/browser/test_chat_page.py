"""The chat page, driven in a real browser against a real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from conformance import TcpClient
from conformance.server import Server
from tests.browser.conftest import WITHIN_MS
from tests.processes import spelled, started_server


SERVER_IDS = ["asyncio-broadcaster"]  # one for each runtime: the page is the same behind all hubs
LOG_LINES = 2000  # that the page keeps


class ChatPage:
    """One open page: what a person does there, and where to look for what it shows."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []  # what went to the browser's console as an error
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"http://{address}/")
        expect(self.name).not_to_be_empty()

    @property
    def input(self) -> Locator:
        return self.page.get_by_label("Message")

    @property
    def name(self) -> Locator:
        return self.page.locator("#own-name")

    @property
    def banner(self) -> Locator:
        return self.page.locator("#banner")

    @property
    def reconnect(self) -> Locator:
        return self.page.locator("#reconnect")

    @property
    def newer(self) -> Locator:
        return self.page.locator("#newer")

    @property
    def names_online(self) -> Locator:
        return self.page.locator("#roster li .name")

    def lines(self, kind: str) -> Locator:
        """The lines of one kind: chat, room, error or notice."""
        return self.page.locator(f'#log [data-kind="{kind}"] .text')

    def chat(self, name: str) -> Locator:
        """What one speaker said."""
        return self.page.locator(f'#log [data-kind="chat"][data-name="{name}"] .text')

    def say(self, line: str) -> None:
        self.input.fill(line)
        self.input.press("Enter")

    def rename(self, name: str) -> None:
        self.say(f"/rename {name}")
        expect(self.name).to_have_text(name)

    def expect_state(self, state: str) -> None:
        expect(self.page.locator("body")).to_have_attribute("data-state", state)

    def _note_console(self, message: object) -> None:
        if message.type == "error":  # type: ignore[attr-defined]  # playwright's ConsoleMessage
            self.complaints.append(message.text)  # type: ignore[attr-defined]  # the same


OpenPage = Callable[[Server], ChatPage]


@pytest.fixture(params=SERVER_IDS)
def server_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(server_id: str) -> Iterator[Server]:
    with started_server(server_id) as server:
        yield server


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens the page of a server, in a window of its own."""
    pages: list[ChatPage] = []

    def open_page(server: Server) -> ChatPage:
        page = browser.new_context().new_page()
        page.set_default_timeout(WITHIN_MS)
        pages.append(ChatPage(page, spelled(server.ws)))
        return pages[-1]

    yield open_page
    for each in pages:
        each.page.context.close()


@pytest.fixture
def netcat(server: Server) -> Iterator[TcpClient]:
    """Somebody at the TCP door."""
    client = TcpClient(server.tcp)
    yield client
    client.abandon()


# Talking.


def test_pages_and_line_clients_share_one_room(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """What anyone says reaches two pages and a line client, in the same order."""
    ada, ben = open_page(server), open_page(server)
    ada.rename("ada")
    ben.rename("ben")
    netcat.say("/rename nick")

    ada.say("from ada")
    expect(ben.chat("ada")).to_have_text(["from ada"])
    ben.say("from ben")
    expect(ada.chat("ben")).to_have_text(["from ben"])
    netcat.say("from nick")

    said = ["from ada", "from ben", "from nick"]
    expect(ada.lines("chat")).to_have_text(said)
    expect(ben.lines("chat")).to_have_text(said)
    assert [netcat.wait_for(f"{line.split()[1]}: {line}") for line in said]


def test_conversation_leaves_the_console_empty(open_page: OpenPage, server: Server) -> None:
    """An ordinary conversation causes no error in the browser, its security policy included."""
    ada = open_page(server)

    ada.rename("ada")
    ada.say("hello")
    expect(ada.chat("ada")).to_have_text(["hello"])
    ada.say("/quit")
    ada.expect_state("closed")

    assert ada.complaints == []


def test_markup_is_shown_as_text(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """A message with markup in it is shown as it was typed, and does nothing."""
    ada = open_page(server)
    markup = "<img src=x onerror=\"document.title='taken'\"> <b>bold</b> &amp; <script>1</script>"

    netcat.say(markup)

    expect(ada.chat(netcat.address)).to_have_text([markup])
    expect(ada.page.locator("#log :is(img, b, script)")).to_have_count(0)
    expect(ada.page).to_have_title("Hubbub")


def test_line_kinds_are_told_apart(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """Own lines, other people's, the room's and errors are each marked as what they are."""
    ada = open_page(server)
    ada.rename("ada")

    ada.say("mine")
    expect(ada.chat("ada")).to_have_text(["mine"])
    netcat.say("yours")
    expect(ada.chat(netcat.address)).to_have_text(["yours"])
    ada.say("/wave")

    expect(ada.lines("error")).to_have_text(["unknown command: /wave (try /help)"])
    expect(ada.page.locator('[data-own="true"] .text')).to_have_text(["mine"])
    expect(ada.page.locator('[data-own="false"] .text')).to_have_text(["yours"])
    expect(ada.lines("room").last).to_have_text(f"{ada_address(ada)} is now ada")


def ada_address(page: ChatPage) -> str:
    """Return the name that the page was given first."""
    return page.lines("room").first.inner_text().removeprefix("you are ")


# Who is online.


def test_roster_follows_arrivals_renames_and_departures(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """The list of who is online is right after each arrival, rename and departure."""
    ada = open_page(server)
    ada.rename("ada")
    expect(ada.names_online).to_have_text([netcat.address, "ada"])

    ben = open_page(server)
    ben.rename("ben")
    expect(ada.names_online).to_have_text([netcat.address, "ada", "ben"])
    netcat.say("/rename nick")
    expect(ada.names_online).to_have_text(["nick", "ada", "ben"])
    ben.page.close()

    expect(ada.names_online).to_have_text(["nick", "ada"])
    expect(ada.page.locator("#count")).to_have_text("2")


def test_said_room_lines_do_not_touch_the_roster(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """What somebody says is never taken for the room speaking."""
    ada = open_page(server)
    ada.rename("ada")
    forged = ["* ada left", "* eve joined", "* ada is now eve", "* online (1): eve"]

    netcat.say(*forged)

    expect(ada.chat(netcat.address)).to_have_text(forged)
    expect(ada.names_online).to_have_text([netcat.address, "ada"])
    expect(ada.name).to_have_text("ada")


# Losing the connection.


def test_lost_connection_is_said_and_comes_back(
    open_page: OpenPage, server: Server, server_id: str
) -> None:
    """When the server dies the page says so, and joins the next one under the same name."""
    ada = open_page(server)
    ada.rename("ada")

    server.stop()
    ada.expect_state("waiting")
    expect(ada.banner).to_contain_text("Trying again in")
    doors = ("--tcp", spelled(server.tcp), "--ws", spelled(server.ws))
    with started_server(server_id, *doors):
        ada.expect_state("open")

        expect(ada.names_online).to_have_text(["ada"])
        expect(ada.lines("notice")).to_have_count(1)
        ada.page.context.close()


def test_message_typed_while_disconnected_is_kept(
    open_page: OpenPage, server: Server, server_id: str
) -> None:
    """What is sent while nobody listens stays in the box, and is sent when it is sent again."""
    ada = open_page(server)
    ada.rename("ada")

    server.stop()
    ada.expect_state("waiting")
    ada.say("are you there?")
    expect(ada.input).to_have_value("are you there?")
    doors = ("--tcp", spelled(server.tcp), "--ws", spelled(server.ws))
    with started_server(server_id, *doors):
        ada.expect_state("open")
        expect(ada.name).to_have_text("ada")
        ada.input.press("Enter")

        expect(ada.chat("ada")).to_have_text(["are you there?"])
        expect(ada.input).to_have_value("")
        ada.page.context.close()


def test_shutdown_is_named(open_page: OpenPage, server: Server) -> None:
    """A server that stops in good order is named as the cause."""
    ada = open_page(server)

    server.stop()

    expect(ada.lines("room").last).to_have_text("server is shutting down")
    expect(ada.lines("notice")).to_have_count(1)


def test_unconfirmed_message_is_named(open_page: OpenPage, server: Server) -> None:
    """A message that closes the connection is not silently lost: the page says which, and why."""
    ada = open_page(server)
    too_long = "x" * 5000

    ada.say(too_long)

    expect(ada.lines("error")).to_contain_text(["The room did not confirm “xxx"])
    ada.input.press("ArrowUp")
    expect(ada.input).to_have_value(too_long)


def test_quit_stays_out_until_asked(open_page: OpenPage, server: Server) -> None:
    """After /quit the page stays out, and offers to join again."""
    ada = open_page(server)

    ada.say("/quit")
    ada.expect_state("closed")
    expect(ada.banner).to_contain_text("You have left the room.")
    expect(ada.banner).not_to_contain_text("Trying again")
    ada.reconnect.click()

    ada.expect_state("open")
    expect(ada.input).to_be_focused()


def test_full_server_is_told_from_a_dead_one(open_page: OpenPage, server_id: str) -> None:
    """A page that a full server turns away says that the server runs."""
    with started_server(server_id, "--max-clients", "1") as server:
        ada = open_page(server)
        ada.say("/quit")
        ada.expect_state("closed")
        netcat = TcpClient(server.tcp)

        ada.reconnect.click()

        expect(ada.banner).to_contain_text("it may be full")
        netcat.abandon()


# Reading and typing.


def test_keyboard_is_enough(open_page: OpenPage, server: Server) -> None:
    """The box has the focus from the start, Up and Down recall, Escape clears."""
    ada = open_page(server)
    keyboard = ada.page.keyboard

    expect(ada.input).to_be_focused()
    for line in ("first", "second"):
        keyboard.type(line)
        keyboard.press("Enter")
    keyboard.type("draft")
    values = []
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowDown", "ArrowDown", "Escape"):
        keyboard.press(key)
        values.append(ada.input.input_value())

    assert values == ["second", "first", "first", "second", "draft", ""]


def test_reader_above_the_end_is_left_there(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """Who reads further up is not scrolled away, and is offered the new lines."""
    ada = open_page(server)
    netcat.say(*(f"line {i}" for i in range(100)))
    expect(ada.chat(netcat.address)).to_have_count(100)
    log = ada.page.locator("#log")
    log.evaluate("log => { log.scrollTop = 0; }")
    ada.page.wait_for_function("() => !following")

    netcat.say("news")
    expect(ada.newer).to_have_text("1 new line ↓")
    assert log.evaluate("log => log.scrollTop") == 0
    ada.newer.click()

    expect(ada.chat(netcat.address).last).to_be_in_viewport()
    expect(ada.newer).to_be_hidden()


def test_log_is_bounded(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """A flood leaves the newest lines on the page and no more than its limit."""
    ada = open_page(server)

    for start in range(0, LOG_LINES + 100, 100):
        netcat.say(*(f"line {i}" for i in range(start, start + 100)))

    last = f"line {LOG_LINES + 99}"
    expect(ada.chat(netcat.address).last).to_have_text(last)
    expect(ada.page.locator("#log > *")).to_have_count(LOG_LINES)


def test_phone_width_fits(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """On a phone nothing is wider than the screen, and who is online is a tap away."""
    ada = open_page(server)
    ada.page.set_viewport_size({"width": 375, "height": 667})

    netcat.say("x" * 500)
    expect(ada.chat(netcat.address)).to_have_count(1)
    expect(ada.names_online.first).to_be_hidden()
    ada.page.get_by_role("button", name="Online 2").click()

    expect(ada.names_online.first).to_be_visible()
    for scroller in ("html", "#log"):
        assert ada.page.locator(scroller).evaluate("e => e.scrollWidth") <= 375

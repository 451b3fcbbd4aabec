"""The chat page, driven in a real browser against a real server.

Longer than other test files: one page has all of what people look at and type into.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect

from conformance import TcpClient, http_request
from conformance.server import Server
from tests.browser.colours import Colour, contrast, difference, from_hex
from tests.browser.conftest import WITHIN_MS
from tests.processes import spelled, started_server


SERVER_IDS = ["asyncio-broadcaster"]  # one for each runtime: the page is the same behind all hubs
LOG_LINES = 2000  # that the page keeps
LINES_PER_FRAME = 25  # that it draws at once
LONGEST_FRAME_MS = 50
LONGEST_WAIT_MS = 30_000  # between two attempts to reconnect
SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
WIDTHS_PX = [390, 1280]


class ChatPage:
    """One open page: what a person does there, and where to look for what it shows."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []  # what went to the browser's console as an error
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(f"http://{address}/")

    def join(self, name: str = "") -> None:
        """Go in from the name field; without a name, under the address."""
        self.name_field.fill(name)
        self.name_field.press("Enter")
        expect(self.name).to_have_text(name or re.compile("."))

    @property
    def name_field(self) -> Locator:
        return self.page.get_by_label("Your name in the room")

    @property
    def input(self) -> Locator:
        return self.page.get_by_label("Message")

    @property
    def name(self) -> Locator:
        return self.page.locator("#own-name")

    @property
    def problem(self) -> Locator:
        """Why a line was not sent."""
        return self.page.locator("#problem")

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


OpenPage = Callable[..., ChatPage]


@pytest.fixture(params=SERVER_IDS)
def server_id(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(server_id: str) -> Iterator[Server]:
    with started_server(server_id) as server:
        yield server


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens the page of a server, in a window of its own, and goes in unless told otherwise.

    ``script`` plays the server to the page: it gets the page's WebSocket.
    """
    pages: list[ChatPage] = []

    def open_page(
        server: Server,
        name: str = "",
        *,
        join: bool = True,
        script: Callable[[WebSocketRoute], None] | None = None,
        health: dict[str, Any] | None = None,
    ) -> ChatPage:
        page = browser.new_context().new_page()
        page.set_default_timeout(WITHIN_MS)
        if script is not None:
            page.route_web_socket(re.compile("/ws$"), script)
        if health is not None:
            page.route("**/healthz", lambda route: route.fulfill(**health))
        pages.append(ChatPage(page, spelled(server.ws)))
        if join:
            pages[-1].join(name)
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


# Going in.


def test_name_is_asked_for_first(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """The name field has the focus, the room hears of nobody yet, and Enter goes in by name."""
    ada = open_page(server, join=False)

    expect(ada.name_field).to_be_focused()
    expect(ada.input).to_be_hidden()
    netcat.wait_for("* online (1): " + netcat.address)
    fence = netcat.send_fence()
    netcat.expect_nothing_but(fence)
    ada.page.keyboard.type("ada")
    ada.page.keyboard.press("Enter")

    expect(ada.name).to_have_text("ada")
    expect(ada.names_online).to_have_text([netcat.address, "ada"])
    expect(ada.input).to_be_focused()


def test_name_is_remembered_for_the_session(open_page: OpenPage, server: Server) -> None:
    """After a reload the last name stands in its field, and one key goes in."""
    ada = open_page(server, "ada")
    ada.rename("countess")

    ada.page.reload()

    expect(ada.name_field).to_have_value("countess")
    ada.page.keyboard.press("Enter")
    expect(ada.name).to_have_text("countess")


def test_page_goes_in_where_the_browser_keeps_nothing(open_page: OpenPage, server: Server) -> None:
    """A browser that refuses to store a thing does not keep its reader out."""
    ada = open_page(server, join=False)
    ada.page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no') } })"
    )
    ada.page.reload()

    ada.join("ada")

    assert ada.complaints == []


def test_name_that_cannot_be_is_refused_at_once(open_page: OpenPage, server: Server) -> None:
    """A name that no room takes is refused beside its field, and the reader stays there."""
    ada = open_page(server, join=False)
    problems = {
        "x" * 33: "at most 32 characters; this one has 33",
        "ada lovelace": "no white space and no colon",
        "127.0.0.1:80": "no white space and no colon",
        "/ada": "does not begin with",
        "*": "does not begin with",
    }

    for name, problem in problems.items():
        ada.name_field.fill(name)
        ada.name_field.press("Enter")
        expect(ada.page.locator("#name-problem")).to_contain_text(problem)
        expect(ada.name_field).to_be_focused()

    ada.expect_state("naming")


def test_taken_name_is_said_with_a_way_out(open_page: OpenPage, server: Server) -> None:
    """A newcomer whose name is taken is in the room, and reads what it is called and what to do."""
    open_page(server, "ada")
    other = open_page(server)

    other.page.reload()
    other.name_field.fill("ada")
    other.name_field.press("Enter")

    address = re.escape(other_address(other))
    expect(other.lines("error")).to_have_text(
        [re.compile(rf"^name taken: ada\. You are {address} for now: /rename NAME")]
    )


def other_address(page: ChatPage) -> str:
    """Return the name that the page was given first, once it is there."""
    expect(page.lines("room").first).to_contain_text("you are ")
    return ada_address(page)


@pytest.mark.parametrize("policy", ["disconnect", "drop-oldest", "drop-newest", "block"])
def test_server_and_policy_are_named(open_page: OpenPage, server_id: str, policy: str) -> None:
    """Before and after going in, the page says which server it talks to and under which policy."""
    with started_server(server_id, "--slow-consumer", policy) as server:
        ada = open_page(server, join=False)

        about = f"You talk to {server_id} at {spelled(server.ws)}. Its policy is {policy}: "
        expect(ada.page.locator("#about")).to_contain_text(about)
        ada.join()
        expect(ada.page.locator("#server")).to_have_text(f"{server_id} · policy {policy}")


@pytest.mark.parametrize(
    "health",
    [{"status": 404}, {"body": "no JSON"}, {"json": {"id": 5, "policy": [], "max_line": "x"}}],
    ids=["none", "garbled", "senseless"],
)
def test_server_that_says_nothing_of_itself_can_be_used(
    open_page: OpenPage, server: Server, health: dict[str, Any]
) -> None:
    """The page works with a server whose report is missing or makes no sense."""
    ada = open_page(server, "ada", health=health)

    ada.say("hello")

    expect(ada.chat("ada")).to_have_text(["hello"])
    expect(ada.page.locator("#server")).to_have_text("a server that does not say its name")


@pytest.mark.parametrize("path", ["/chat/", "/chat", "/a/b/?x=1#y"])
def test_page_asks_beside_its_own_path(browser: Browser, server: Server, path: str) -> None:
    """Behind a proxy that adds a prefix, both requests of the page have the prefix."""
    page = browser.new_context().new_page()
    html = http_request(server.ws, "/").body
    asked: list[str] = []
    page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/healthz", lambda route: route.fulfill(status=404))
    page.on("request", lambda request: asked.append(request.url))
    page.route_web_socket(re.compile("."), lambda socket: asked.append(socket.url))

    page.goto(f"http://{spelled(server.ws)}{path}")
    page.locator("#name").press("Enter")
    expect(page.locator("body")).to_have_attribute("data-state", "open")

    prefix = f"{spelled(server.ws)}{path.partition('?')[0].rstrip('/')}"
    assert set(asked[1:]) == {f"http://{prefix}/healthz", f"ws://{prefix}/ws"}
    page.context.close()


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


# The roster.


def test_roster_follows_arrivals_renames_and_departures(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """The roster is right after each arrival, rename and departure."""
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
        expect(ada.name).to_have_text("ada")
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
    expect(ada.lines("notice")).to_contain_text(
        ["The server is shutting down (1001: server is shutting down)."]
    )


def test_unconfirmed_message_is_named(open_page: OpenPage, server: Server) -> None:
    """A message that closes the connection is not silently lost: the page says which, and why.

    The page of a server that does not say its limit cannot refuse the message beforehand.
    """
    ada = open_page(server, health={"status": 404})
    too_long = "x" * 5000

    ada.say(too_long)

    expect(ada.lines("error")).to_contain_text(["The room did not confirm “xxx"])
    expect(ada.lines("notice")).to_contain_text(["longer than this server accepts (1009"])
    ada.input.press("ArrowUp")
    expect(ada.input).to_have_value(too_long)


def test_quit_stays_out_until_asked(open_page: OpenPage, server: Server) -> None:
    """After /quit the page stays out, and offers to join again."""
    ada = open_page(server)

    ada.say("/quit")
    ada.expect_state("closed")
    expect(ada.banner).to_contain_text("You have left the room (1000")
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

        expect(ada.banner).to_contain_text("The server is full: it has 1 of 1 clients.")
        netcat.abandon()


@pytest.mark.parametrize(
    ("code", "reason", "shown"),
    [
        (1000, "you quit", "You have left the room (1000: you quit)."),
        (1001, "", "The server is shutting down (1001)."),
        (
            1008,
            "timed out: heard nothing",
            "ended the connection (1008: timed out: heard nothing).",
        ),
        (1009, "too long", "longer than this server accepts (1009: too long)."),
        (1013, "too slow: you read slower", "read too slowly (1013: too slow: you read slower)."),
        (4321, "<b>why</b>", "The server closed the connection (4321: <b>why</b>)."),
    ],
)
def test_reason_of_a_close_stays_readable(
    open_page: OpenPage, server: Server, code: int, reason: str, shown: str
) -> None:
    """A close's code and reason are in the log for good, and in the banner until the page is back.

    Neither an attempt to reconnect nor its failure takes their place.
    """
    sockets: list[WebSocketRoute] = []

    def welcome(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if len(sockets) == 2:  # the first attempt to reconnect fails
            socket.close(code=1011)
            return
        socket.send("* you are ada")
        socket.send("* online (1): ada")

    ada = open_page(server, script=welcome)
    sockets[0].close(code=code, reason=reason)

    expect(ada.lines("notice").first).to_contain_text(shown)
    expect(ada.banner).to_contain_text(shown)
    ada.page.evaluate("setState('connecting', 'Connecting…')")
    expect(ada.banner).to_contain_text(shown)
    ada.page.evaluate("openedAt = 0; disconnected({ code: 1006, reason: '' })")
    expect(ada.banner).to_contain_text("did not let you in")
    expect(ada.banner).to_contain_text(shown)
    ada.reconnect.click()
    ada.reconnect.click()

    ada.expect_state("open")
    expect(ada.banner).not_to_contain_text(shown)
    expect(ada.lines("notice").first).to_contain_text(shown)


def test_text_that_was_heard_counts_as_confirmed(open_page: OpenPage, server: Server) -> None:
    """The room's echo is recognised, whatever sending a text made of it."""
    ada = open_page(server, "ada")
    texts = {
        r"half a pair \ud83d here": "half a pair � here",
        r"\udc00": "�",
        r"a\u2028b\u0085c": "a b c",
        r"\ufeffmarked": "\ufeffmarked",
        "/say  two spaces": " two spaces",
        "/say /say twice": "/say twice",
        " who": " who",
    }

    for line in texts:
        ada.page.evaluate(f'input.value = "{line}"')
        ada.input.press("Enter")
    expect(ada.chat("ada")).to_have_count(len(texts))
    assert ada.chat("ada").all_text_contents() == list(texts.values())
    server.stop()

    expect(ada.lines("notice")).to_have_count(1)
    expect(ada.lines("error")).to_have_count(0)


def test_line_that_says_nothing_needs_no_confirmation(open_page: OpenPage, server: Server) -> None:
    """A command, and a ``/say`` without a text, are not called unconfirmed when the server ends."""
    ada = open_page(server, "ada")

    for line in ("/say ", "/say", "/who", "who", "rename|ada", "/help", "/wave"):
        ada.say(line)
    assert ada.page.evaluate("unconfirmed.length") == 0
    server.stop()

    expect(ada.lines("notice")).to_have_count(1)
    expect(ada.lines("error").filter(has_text="did not confirm")).to_have_count(0)


def test_echo_without_surplus_marks_counts_as_confirmed(
    open_page: OpenPage, server: Server
) -> None:
    """A room that drops combining marks from a text has confirmed it all the same."""

    def echo_plainly(socket: WebSocketRoute) -> None:
        socket.send("* you are ada")
        socket.on_message(lambda line: socket.send(f"ada: {str(line).replace(chr(0x301), '')}"))

    ada = open_page(server, script=echo_plainly)

    ada.say("e" + 9 * "\u0301" + "!")
    expect(ada.chat("ada")).to_have_text(["e!"])

    assert ada.page.evaluate("unconfirmed.length") == 0


def test_page_of_a_full_server_waits_longer_each_time(open_page: OpenPage, server: Server) -> None:
    """The waits between attempts double up to 30 s, each shortened by chance by up to half."""
    ada = open_page(server)

    waits_ms = ada.page.evaluate(
        """() => [...Array(12).keys()].map((before) => {
            failures = before;
            openedAt = 0;
            disconnected({ code: 1006, reason: "" });
            clearInterval(countdownTimer);
            return retryAt - performance.now();
        })"""
    )

    for before, wait_ms in enumerate(waits_ms):
        longest_ms = min(LONGEST_WAIT_MS, 1000 * 2**before)
        assert longest_ms / 2 - 50 <= wait_ms <= longest_ms
    assert len({round(wait_ms) for wait_ms in waits_ms[-6:]}) > 1


@pytest.mark.parametrize(
    ("status", "shown"),
    [(431, "the request is too large (431)"), (403, "this address may not use it (403)")],
)
def test_refusal_for_good_is_not_tried_again(
    open_page: OpenPage, server: Server, status: int, shown: str
) -> None:
    """After a refusal that waiting does not change, the page says why and waits to be asked."""
    ada = open_page(server, health={"status": status})
    server.stop()
    ada.expect_state("closed")

    expect(ada.banner).to_contain_text(shown)
    expect(ada.banner).not_to_contain_text("Trying again")
    expect(ada.reconnect).to_have_text("Try again")


def test_too_many_cookies_are_named(open_page: OpenPage, server: Server) -> None:
    """A page whose cookies are too much for the server says so, and does not go on trying."""
    ada = open_page(server, join=False)
    url = f"http://{spelled(server.ws)}/"
    ada.page.context.add_cookies(
        [{"name": f"c{i}", "value": "x" * 3900, "url": url} for i in range(12)]
    )

    ada.page.keyboard.press("Enter")

    expect(ada.banner).to_contain_text("Delete this site's cookies")
    ada.expect_state("closed")


@pytest.mark.parametrize(
    ("health", "shown"),
    [
        ({"status": 502}, "it answers 502"),
        ({"json": {"clients": 1, "max_clients": 5}}, "A proxy may not pass WebSockets on"),
    ],
)
def test_refusal_is_explained_as_far_as_it_can_be(
    open_page: OpenPage, server: Server, health: dict[str, Any], shown: str
) -> None:
    """A page that is not let in says what the server's report lets it know, and tries again."""
    ada = open_page(server, health=health)

    server.stop()

    expect(ada.banner).to_contain_text(shown)
    expect(ada.banner).to_contain_text("Trying again in")


# Reading and typing.


def test_line_too_long_is_refused_with_its_size(open_page: OpenPage, server_id: str) -> None:
    """The limit counts bytes of UTF-8. A line at it is sent; one byte more stays in the box."""
    with started_server(server_id, "--max-line", "64") as server:
        ada = open_page(server, "ada")
        size = ada.page.locator("#size")
        expect(size).to_be_hidden()
        longest = "ä" * 31 + "xx"

        ada.say(longest)
        expect(ada.chat("ada")).to_have_text([longest])
        ada.input.fill(longest + "y")
        expect(size).to_have_text("65 of 64 bytes")
        expect(ada.input).to_have_attribute("aria-invalid", "true")
        ada.input.press("Enter")

        expect(ada.problem).to_have_text(
            "Not sent: this has 65 bytes, 1 more than the server takes (64)."
        )
        expect(ada.input).to_have_value(longest + "y")
        ada.input.press("Backspace")
        expect(ada.problem).to_be_empty()
        ada.input.press("Enter")
        expect(ada.chat("ada")).to_have_text([longest] * 2)
        ada.expect_state("open")


def test_default_limit_is_known(open_page: OpenPage, server: Server) -> None:
    """A line of 4097 bytes is not sent to a server that takes 4096; half a pair counts as three."""
    ada = open_page(server, "ada")

    ada.page.evaluate(r'input.value = "\ud83d".repeat(1365) + "xy"')
    ada.input.press("Enter")

    expect(ada.problem).to_contain_text("this has 4097 bytes, 1 more than")
    ada.page.evaluate("input.value = input.value.slice(0, -1)")
    ada.input.press("Enter")
    expect(ada.chat("ada")).to_have_text(["�" * 1365 + "x"])


def test_each_line_has_its_time(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """Every line of every kind shows the local time, and its tooltip the full date."""
    ada = open_page(server, "ada")
    ada.say("one")
    ada.say("/wave")
    netcat.say("two", "three")
    expect(ada.chat(netcat.address)).to_have_count(2)

    lines = ada.page.locator("#log .line").count()
    stamps = ada.page.locator("#log .line time").evaluate_all(
        """times => times.map((time) => {
            const at = new Date(time.dateTime);
            const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
            return { at: at.getTime(), right: time.textContent === clock, title: time.title,
                     year: String(at.getFullYear()), seen: time.checkVisibility() };
        })"""
    )

    assert len(stamps) == lines
    for stamp in stamps:
        assert abs(stamp["at"] / 1000 - time.time()) < 600
        assert stamp["right"]
        assert stamp["seen"]
        assert stamp["year"] in stamp["title"]


def test_web_addresses_are_links(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """An http or https address is a link that tells its target nothing; all else stays text."""
    ada = open_page(server)
    links = {
        "see https://example.org/a?b=c#d.": ["https://example.org/a?b=c#d"],
        "(http://example.org/x_(y)) and": ["http://example.org/x_(y)"],
        "HTTPS://EXAMPLE.ORG, http://b.test!": ["HTTPS://EXAMPLE.ORG", "http://b.test"],
        '"https://a.test/"onmouseover="x': ["https://a.test/"],
        "https://a.test/<b>bold</b>": ["https://a.test/"],
        "https://a.test/\u202etxt.exe": ["https://a.test/"],
        "javascript:alert(1) JAVASCRIPT://x data:text/html,x file:///etc ftp://a.test": [],
        "https:// http://[ https://%zz/ xhttps://a.test": [],
        "https://a.test/" + "x" * 2000: [],
        "javascript:x//https://a.test/": ["https://a.test/"],
        "* https://a.test/ joined": ["https://a.test/"],
    }

    netcat.say(*links)

    said = ada.chat(netcat.address)
    expect(said).to_have_count(len(links))
    assert said.all_text_contents() == list(links)
    for i, expected in enumerate(links.values()):
        assert said.nth(i).locator("a").all_text_contents() == expected
    expect(ada.page.locator("#log .text :not(a)")).to_have_count(0)
    for link in ada.page.locator("#log a").all():
        assert re.match("https?://", link.get_attribute("href") or "")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        expect(link).to_have_attribute("target", "_blank")


def test_links_of_a_line_are_limited(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """A line full of addresses costs a limited number of links, and loses no character."""
    ada = open_page(server)
    text = " ".join(["http://a.b"] * 300)

    netcat.say(text)

    expect(ada.chat(netcat.address)).to_have_text([text])
    expect(ada.page.locator("#log a")).to_have_count(20)


def test_thousand_lines_at_once_keep_frames_short(
    open_page: OpenPage, server: Server, browser: Browser
) -> None:
    """A flood is drawn a few lines per frame, complete and in order, and no frame is long.

    What counts is the main thread's own processor time, so that a busy machine changes nothing.
    """
    ada = open_page(server)
    ada.page.evaluate(
        """() => {
            window.drawn = [];
            new MutationObserver((changes) => drawn.push(
                changes.flatMap((change) => [...change.addedNodes])
                    .filter((node) => node.matches(".line")).length
            )).observe(lines, { childList: true, subtree: true });
        }"""
    )

    longest_ms = []
    for flood in range(3):
        browser.start_tracing(page=ada.page, categories=["toplevel"])
        ada.page.evaluate(
            """(flood) => { for (let i = 0; i < 1000; i++)
                receive(`ben${i % 7}: ${flood}/${i} see https://example.org/${i}`) }""",
            flood,
        )
        expect(ada.lines("chat").last).to_contain_text(f"{flood}/999 see")
        longest_ms.append(longest_task_ms(browser.stop_tracing()))
    texts = ada.lines("chat").all_text_contents()

    numbers = [tuple(map(int, re.findall(r"\d+", text)[:2])) for text in texts]
    assert len(numbers) == LOG_LINES
    assert numbers == [(1, i) for i in range(1000)] + [(2, i) for i in range(1000)]
    assert max(ada.page.evaluate("drawn")) <= LINES_PER_FRAME
    assert min(longest_ms) < LONGEST_FRAME_MS


def longest_task_ms(trace: bytes) -> float:
    """Return the longest processor time that one task took on a page's main thread."""
    events = json.loads(trace)["traceEvents"]
    mains = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    times_us = [
        event["tdur"]
        for event in events
        if (event["pid"], event["tid"]) in mains
        and event["name"].endswith("RunTask")
        and "tdur" in event  # a task that the end of the trace cut off has none
    ]
    assert times_us, "the trace has no task in it"
    return float(max(times_us)) / 1000


def test_reader_above_the_end_sees_the_same_lines(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """Lines that come while a reader is in the middle of the log move nothing on its screen."""
    ada = open_page(server)
    netcat.say(*(f"line {i}" for i in range(300)))
    expect(ada.chat(netcat.address)).to_have_count(300)
    middle = ada.chat(netcat.address).nth(150)
    middle.evaluate("line => line.scrollIntoView({ block: 'center' })")
    ada.page.wait_for_function("() => !following")
    settled = "() => new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok)))"
    ada.page.evaluate(settled)
    before = middle.bounding_box()

    netcat.say(*(f"news {i}" for i in range(100)))
    expect(ada.chat(netcat.address)).to_have_count(400)
    ada.page.evaluate(settled)

    assert middle.bounding_box() == before
    expect(ada.newer).to_have_text("100 new lines ↓")


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
    """A reader of earlier lines is not scrolled away, and is offered the new lines."""
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
    expect(ada.page.locator("#log .line")).to_have_count(LOG_LINES)


def test_phone_width_fits(open_page: OpenPage, server: Server, netcat: TcpClient) -> None:
    """On a phone nothing is wider than the screen, and the roster is a tap away."""
    ada = open_page(server)
    ada.page.set_viewport_size({"width": 375, "height": 667})

    netcat.say("x" * 500)
    expect(ada.chat(netcat.address)).to_have_count(1)
    expect(ada.names_online.first).to_be_hidden()
    ada.page.get_by_role("button", name="Online 2").click()

    expect(ada.names_online.first).to_be_visible()
    for scroller in ("html", "#log"):
        assert ada.page.locator(scroller).evaluate("e => e.scrollWidth") <= 375


def test_end_stays_in_sight_when_the_window_gets_lower(
    open_page: OpenPage, server: Server, netcat: TcpClient
) -> None:
    """A reader at the end stays there when a banner or a keyboard takes room, even in a flood."""
    ada = open_page(server)
    ada.page.set_viewport_size({"width": 390, "height": 700})
    netcat.say(*(f"line {i}" for i in range(50)))
    expect(ada.chat(netcat.address)).to_have_count(50)

    # A scroll event is told after the window has changed and before the log is put at its end.
    ada.page.evaluate(
        """() => {
            receive("ben: one more");
            draw();
            byId("problem").textContent = "It is long. ".repeat(40);
        }"""
    )
    server.stop()
    expect(ada.reconnect).to_be_visible()

    expect(ada.lines("notice").last).to_be_in_viewport()
    expect(ada.newer).to_be_hidden()


# Seeing.


@pytest.mark.parametrize("scheme", SCHEMES)
def test_name_colours_can_be_read_and_told_apart(
    open_page: OpenPage, server: Server, scheme: Literal["light", "dark"]
) -> None:
    """All 24 colours have a contrast of 4.5 on each ground, and any two differ clearly."""
    ada = open_page(server)
    ada.page.emulate_media(color_scheme=scheme)

    names = [from_hex(style_of(ada, f"--name-{i}")) for i in range(24)]
    grounds = [painted(ada, style_of(ada, ground)) for ground in ("--page", "--surface")]

    assert min(contrast(name, ground) for name in names for ground in grounds) >= 4.5
    assert min(difference(*pair) for pair in combinations(names, 2)) >= 14


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(
    open_page: OpenPage, server: Server, scheme: Literal["light", "dark"]
) -> None:
    """Every other text has a contrast of 4.5 too."""
    ada = open_page(server, join=False)
    ada.page.emulate_media(color_scheme=scheme)
    grounds = {
        "--ink": ["--page", "--surface", "--own"],
        "--quiet": ["--page", "--surface"],
        "--warn": ["--page", "--warn-back"],
        "--bad": ["--page", "--bad-back"],
        "--on-accent": ["--accent"],
    }

    contrasts = {
        (ink, ground): contrast(
            painted(ada, style_of(ada, ink)), painted(ada, style_of(ada, ground))
        )
        for ink in grounds
        for ground in grounds[ink]
    }

    assert min(contrasts.values()) >= 4.5, contrasts


def style_of(page: ChatPage, variable: str) -> str:
    """Return what a variable of the style sheet holds."""
    script = "name => getComputedStyle(document.documentElement).getPropertyValue(name)"
    return str(page.page.evaluate(script, variable))


def painted(page: ChatPage, style: str) -> Colour:
    """Return the colour that the browser paints for a style."""
    red, green, blue, _ = page.page.evaluate(
        """style => {
            const pen = new OffscreenCanvas(1, 1).getContext("2d");
            pen.fillStyle = style;
            pen.fillRect(0, 0, 1, 1);
            return [...pen.getImageData(0, 0, 1, 1).data];
        }""",
        style,
    )
    return red, green, blue


def test_name_keeps_its_colour(open_page: OpenPage, server: Server) -> None:
    """A name has one colour: on each page, after a reload and after a rename and back."""
    ada, ben = open_page(server, "ada"), open_page(server, "ben")
    script = "names => names.map((name) => getComputedStyle(name).color)"

    def colours_of(page: ChatPage, name: str) -> set[str]:
        shown = page.page.locator(
            f'#roster [data-name="{name}"] .name, #log [data-name="{name}"] .name'
        )
        return set(shown.evaluate_all(script))

    ada.say("hello")
    expect(ben.chat("ada")).to_have_count(1)
    before = colours_of(ben, "ada")
    ada.rename("countess")
    ada.rename("ada")
    ben.page.reload()
    ben.join("ben")
    ada.say("again")
    expect(ben.chat("ada")).to_have_text(["again"])

    assert len(before) == 1
    assert colours_of(ben, "ada") == before == colours_of(ada, "ada")
    assert colours_of(ada, "ben") != before


def test_many_names_use_all_colours(open_page: OpenPage, server: Server) -> None:
    """Names are spread over all 24 colours."""
    ada = open_page(server, join=False)

    used = ada.page.evaluate("[...Array(500).keys()].map((i) => colourOf(`ada${i}`))")

    assert set(used) == set(range(24))


@pytest.mark.parametrize("width_px", WIDTHS_PX)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_page_fits_its_window(
    open_page: OpenPage, server: Server, width_px: int, scheme: Literal["light", "dark"]
) -> None:
    """Nothing is wider than the window and no control is out of it, before and after going in."""
    ada = open_page(server, join=False)
    ada.page.set_viewport_size({"width": width_px, "height": 700})
    ada.page.emulate_media(color_scheme=scheme)

    require_fit(ada, width_px)
    ada.join("n" * 32)
    ada.say("x" * 500)
    ada.say("https://example.org/" + "y" * 300)
    ada.input.fill("z" * 4000)
    expect(ada.lines("chat")).to_have_count(2)
    require_fit(ada, width_px)
    server.stop()
    ada.expect_state("waiting")
    require_fit(ada, width_px)


def require_fit(page: ChatPage, width_px: int) -> None:
    """Fail if a thing to read or to press is outside the window, or scrolls it sideways."""
    for scroller in ("html", "#log", "#join"):
        assert page.page.locator(scroller).evaluate("e => e.scrollWidth - e.clientWidth") == 0
    for control in page.page.locator("button, input, #server, #banner").all():
        box = control.bounding_box()
        if box is not None:
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width_px
            assert box["y"] + box["height"] <= 700


def test_whole_page_works_by_keyboard(open_page: OpenPage, server: Server) -> None:
    """Tab reaches each control in an order that makes sense, and none is a trap."""
    ada = open_page(server, "ada")
    ada.page.set_viewport_size({"width": 390, "height": 700})
    ada.say("https://example.org/")
    expect(ada.page.locator("#log a")).to_have_count(1)
    people = ada.page.locator("#show-people")
    people.focus()

    order = []
    for _ in range(4):
        ada.page.keyboard.press("Tab")
        order.append(
            ada.page.evaluate("document.activeElement.id || document.activeElement.localName")
        )

    assert order == ["log", "a", "input", "send"]
    people.focus()
    ada.page.keyboard.press("Enter")
    expect(ada.names_online.first).to_be_visible()
    expect(people).to_have_attribute("aria-expanded", "true")


def test_new_lines_are_announced_politely(open_page: OpenPage, server: Server) -> None:
    """The log is a polite live region with a name; the state and the refusals have their roles."""
    ada = open_page(server, "ada")

    log = ada.page.get_by_role("log", name="Conversation")

    expect(log).to_have_attribute("aria-live", "polite")
    expect(log.locator(".text").first).to_be_attached()
    expect(ada.page.locator("#banner [role=status]")).to_have_count(1)
    expect(ada.page.locator("#problem[role=alert]")).to_have_count(1)


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_by_itself(
    open_page: OpenPage, server: Server, motion: Literal["reduce", "no-preference"]
) -> None:
    """The page has no animation, no transition and no smooth scrolling."""
    ada = open_page(server, join=False)
    ada.page.emulate_media(reduced_motion=motion)
    ada.join("ada")
    ada.say("hello")
    expect(ada.chat("ada")).to_have_count(1)

    moving = ada.page.evaluate(
        """[...document.querySelectorAll("*")].filter((element) => {
            const style = getComputedStyle(element);
            return style.animationName !== "none" || style.scrollBehavior !== "auto"
                || style.transitionDuration.split(", ").some((time) => time !== "0s");
        }).length"""
    )

    assert moving == 0
    assert ada.page.evaluate("document.getAnimations().length") == 0

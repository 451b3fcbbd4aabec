"""Rules of the area ``websocket``: frames, close codes and who may connect (RFC 6455)."""

from collections.abc import Mapping

from conformance import (
    ClientFactory,
    Connect,
    Refused,
    Server,
    WebSocketClient,
    rule,
    settings,
)
from conformance.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    close_payload,
    encode_frame,
)


SCRIPTS = "héllo, 你好, Привет, 🎉!"
LONGEST_LINE_BYTES = 64
LONGEST_PING = bytes(range(125))


def fragmented(*parts: bytes) -> bytes:
    """Return the frames of one text message in several parts."""
    last = len(parts) - 1
    return b"".join(
        encode_frame(CONTINUATION if number else TEXT, part, fin=number == last)
        for number, part in enumerate(parts)
    )


def close_codes(connect: Connect, cases: Mapping[str, bytes]) -> dict[str, int | None]:
    """Have a new client send each of some bytes; return the close code that each gets."""
    __tracebackhide__ = True
    codes = {}
    for name, data in cases.items():
        client: WebSocketClient = connect(name)
        client.send_raw(data)
        _lines, end = client.lines_until_end()
        codes[name] = end.code
    return codes


@rule("websocket.fragments")
def test_parts_are_one_line(clients: ClientFactory) -> None:
    """A message in three parts is one line."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(fragmented(b"one, ", b"two, ", b"three"))

    anna.expect("ben: one, two, three")


@rule("websocket.fragments")
def test_parts_may_cut_a_character(clients: ClientFactory) -> None:
    """A message whose every byte is a part of its own is one line, in any script."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(fragmented(*(bytes([byte]) for byte in SCRIPTS.encode())))

    anna.expect(f"ben: {SCRIPTS}")


@rule("websocket.fragments")
def test_parts_may_be_empty(clients: ClientFactory) -> None:
    """An empty part adds nothing, be it the first, the last or any other."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(fragmented(b"", b"", b"hel", b"", b"lo", b""))

    anna.expect("ben: hello")


@rule("websocket.fragments")
def test_parts_may_be_many(clients: ClientFactory) -> None:
    """A message in hundreds of parts is one line, and the next message is another."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(fragmented(*[b"ab"] * 400))
    ben.say("next")

    anna.expect(f"ben: {'ab' * 400}", "ben: next")


@rule("websocket.fragments")
def test_nothing_is_said_before_the_last_part(clients: ClientFactory) -> None:
    """A message is said when its last part has come, and no sooner."""
    anna, ben = clients("anna", "ben")

    ben.send_frame(TEXT, b"to be ", fin=False)
    ben.send_frame(PING)
    ben.next_pong()  # so the server has read the first part
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)
    ben.send_frame(CONTINUATION, b"continued")
    anna.expect("ben: to be continued")


@rule("websocket.fragments")
def test_ping_between_parts_is_answered_at_once(clients: ClientFactory) -> None:
    """A ping between two parts is answered before the message is complete."""
    anna, ben = clients("anna", "ben")

    ben.send_frame(TEXT, b"hel", fin=False)
    ben.send_frame(PING, b"between")
    pong = ben.next_pong()
    ben.send_frame(CONTINUATION, b"lo")

    assert pong == b"between"
    anna.expect("ben: hello")


@rule("websocket.fragments")
def test_control_frames_between_parts_change_nothing(clients: ClientFactory) -> None:
    """Pings and pongs between the parts are no part of the message."""
    anna, ben = clients("anna", "ben")

    ben.send_frame(TEXT, b"one", fin=False)
    ben.send_frame(PING, b"not this")
    ben.send_frame(CONTINUATION, b", two", fin=False)
    ben.send_frame(PONG, b"nor this")
    ben.send_frame(CONTINUATION, b", three")

    anna.expect("ben: one, two, three")


@rule("websocket.fragments")
@settings(max_line=LONGEST_LINE_BYTES)
def test_control_frames_between_parts_do_not_count(clients: ClientFactory) -> None:
    """The longest ping between the parts of the longest message does not make it too long."""
    anna, ben = clients("anna", "ben")
    longest = "x" * LONGEST_LINE_BYTES

    ben.send_frame(TEXT, longest[:-1].encode(), fin=False)
    ben.send_frame(PING, LONGEST_PING)
    ben.send_frame(CONTINUATION, longest[-1:].encode())

    anna.expect(f"ben: {longest}")


@rule("websocket.fragments")
def test_parts_of_two_clients_do_not_mix(clients: ClientFactory) -> None:
    """Two clients may send the parts of their messages in turn."""
    anna, ben, cara = clients("anna", "ben", "cara")

    for client, payload in ((ben, b"b"), (cara, b"c")):
        client.send_frame(TEXT, payload, fin=False)
        client.send_frame(PING)
        client.next_pong()
    ben.send_frame(CONTINUATION, b"en")
    anna.expect("ben: ben")
    cara.send_frame(CONTINUATION, b"ara")

    anna.expect("cara: cara")


@rule("websocket.fragments")
def test_parts_out_of_order_are_refused(connect: Connect) -> None:
    """A part of no message, and a message inside another, are closed with 1002."""
    first = encode_frame(TEXT, b"first", fin=False)
    cases = {
        "nothing-to-continue": encode_frame(CONTINUATION, b"more"),
        "nothing-left-to-continue": fragmented(b"one", b"two")
        + encode_frame(CONTINUATION, b"more"),
        "text-inside": first + encode_frame(TEXT, b"another"),
        "binary-inside": first + encode_frame(BINARY, b"another"),
    }

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)


@rule("websocket.ping")
def test_pong_carries_what_the_ping_carried(connect: Connect) -> None:
    """A pong carries the bytes of its ping: none, text, no text, the most there can be."""
    ben: WebSocketClient = connect("ben")
    payloads = [b"", SCRIPTS.encode(), b"\xff\xfe\x00\n", LONGEST_PING]

    pongs = []
    for payload in payloads:
        ben.send_frame(PING, payload)
        pongs.append(ben.next_pong())

    assert pongs == payloads


@rule("websocket.ping")
@settings(max_line=LONGEST_LINE_BYTES)
def test_ping_may_be_longer_than_a_line(connect: Connect) -> None:
    """``max_line`` is a limit for lines, not for pings."""
    ben: WebSocketClient = connect("ben")

    ben.send_frame(PING, LONGEST_PING)

    assert ben.next_pong() == LONGEST_PING


@rule("websocket.ping")
def test_pings_may_come_in_crowds(clients: ClientFactory) -> None:
    """A thousand pings in one write do no harm, and the last one is answered."""
    anna, ben = clients("anna", "ben")
    pings = [b"%d" % number for number in range(1000)]

    ben.send_raw(b"".join(encode_frame(PING, payload) for payload in pings))
    while ben.next_pong() != pings[-1]:  # RFC 6455 lets a server skip all but the last
        pass
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)


@rule("websocket.ping")
def test_ping_is_heard_by_nobody_else(clients: ClientFactory) -> None:
    """Neither a ping nor a pong that nobody asked for is a line."""
    anna, ben = clients("anna", "ben")

    ben.send_frame(PING, b"hello")
    ben.send_frame(PONG, b"hello")
    ben.next_pong()
    fence = ben.send_fence()

    anna.expect_nothing_but(fence)
    ben.expect_nothing_but(fence)


@rule("websocket.ping")
def test_malformed_ping_is_refused(connect: Connect) -> None:
    """A ping of more than 125 bytes, or in parts, is closed with 1002."""
    cases = {
        "too-long": encode_frame(PING, b"x" * 126),
        "in-parts": encode_frame(PING, b"x", fin=False),
    }

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)


@rule("websocket.close")
def test_close_is_answered_with_its_code(connect: Connect) -> None:
    """A close frame is answered with its own code, and then comes the end."""
    codes = [1000, 1001, 1011, 3000, 4999]

    ends = []
    for code in codes:
        client: WebSocketClient = connect()
        client.send_close(code, "goodbye")
        ends.append(client.lines_until_end()[1])

    assert [(end.how, end.code) for end in ends] == [("eof", code) for code in codes]


@rule("websocket.close")
def test_close_without_a_code_is_answered(connect: Connect) -> None:
    """A close frame without a code gets one without a code, or one that says all is well."""
    ben: WebSocketClient = connect("ben")

    ben.send_close(None)

    end = ben.expect_end()
    assert end.how == "eof"
    assert end.code in (1005, 1000)  # 1005 stands for none


@rule("websocket.close")
def test_all_that_was_said_comes_before_the_close(clients: ClientFactory) -> None:
    """A client that closes still gets what others and it said before, and then the close frame."""
    anna, ben = clients("anna", "ben")
    said = [f"line {number}" for number in range(100)]
    anna.say("to you all")
    ben.wait_for("anna: to you all")

    ben.send_raw(b"".join(map(ben.encode, said)) + encode_frame(CLOSE, close_payload(1000)))

    lines, end = ben.lines_until_end()
    assert lines == [f"ben: {line}" for line in said]
    assert end.code == 1000
    anna.wait_for("ben: line 0")
    anna.expect(*(f"ben: {line}" for line in said[1:]), "* ben left")


@rule("websocket.close")
def test_nothing_counts_after_the_close(clients: ClientFactory) -> None:
    """What a client sends behind its close frame is not said, not answered, and no offence."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(
        encode_frame(CLOSE, close_payload(3000))
        + ben.encode("too late")
        + encode_frame(PING, b"too late")
        + encode_frame(TEXT, b"too late", masked=False)
    )

    assert ben.expect_end().code == 3000
    anna.expect("* ben left")
    anna.expect_nothing_but(anna.send_fence())


@rule("websocket.close")
def test_close_between_parts_is_answered(clients: ClientFactory) -> None:
    """A close frame may come between the parts of a message, which is then never said."""
    anna, ben = clients("anna", "ben")

    ben.send_frame(TEXT, b"to be continued", fin=False)
    ben.send_close(1001)

    assert ben.expect_end().code == 1001
    anna.expect("* ben left")


@rule("websocket.close")
@settings(max_line=LONGEST_LINE_BYTES)
def test_close_may_be_longer_than_a_line(connect: Connect) -> None:
    """``max_line`` is a limit for lines, not for the reason of a close frame."""
    ben: WebSocketClient = connect("ben")

    ben.send_close(1000, "x" * 123)

    assert ben.expect_end().code == 1000


@rule("websocket.close")
def test_malformed_close_is_refused(connect: Connect) -> None:
    """A close frame with half a code, or a code that no frame may carry, is answered with 1002."""
    cases = {
        "half-a-code": encode_frame(CLOSE, b"\x03"),
        **{
            f"code-{code}": encode_frame(CLOSE, close_payload(code))
            for code in (0, 999, 1005, 1006, 1015, 2999, 5000)
        },
    }

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)


@rule("websocket.unmasked")
def test_unmasked_frame_is_refused(connect: Connect) -> None:
    """An unmasked frame of any kind is closed with 1002."""
    cases = {
        "text": encode_frame(TEXT, b"hello", masked=False),
        "empty": encode_frame(TEXT, b"", masked=False),
        "part": encode_frame(TEXT, b"hel", fin=False, masked=False),
        "ping": encode_frame(PING, b"hello", masked=False),
        "close": encode_frame(CLOSE, close_payload(1000), masked=False),
    }

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)


@rule("websocket.unmasked")
def test_only_the_unmasked_frame_is_not_said(clients: ClientFactory) -> None:
    """What comes in proper frames before an unmasked one is said, and nothing of that one is."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(ben.encode("hello") + encode_frame(TEXT, b"goodbye", masked=False))

    lines, end = ben.lines_until_end()
    assert lines == ["ben: hello"]
    assert end.code == 1002
    anna.expect("ben: hello", "* ben left")


@rule("websocket.unmasked")
def test_mask_of_zeros_is_a_mask(clients: ClientFactory) -> None:
    """A frame is masked when its mask bit says so, even by a mask that changes nothing."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(bytes([0x80 | TEXT, 0x80 | 5]) + bytes(4) + b"hello")

    anna.expect("ben: hello")


@rule("websocket.unmasked")
def test_frame_of_no_known_kind_is_refused(connect: Connect) -> None:
    """A frame with a reserved opcode is as malformed as an unmasked one: 1002."""
    cases = {f"opcode-{opcode}": encode_frame(opcode, b"hello") for opcode in (0x3, 0x7, 0xB, 0xF)}

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)


def own_origin(server: Server) -> str:
    host, port = server.ws
    return f"http://{host}:{port}"


def status_of(connect: Connect, headers: Mapping[str, str | None]) -> int:
    """Try to connect with some headers; return the status of the answer."""
    try:
        client: WebSocketClient = connect(headers=headers)
    except Refused as refusal:
        return refusal.status
    client.close()
    return 101


@rule("websocket.origin")
def test_own_page_may_connect(server: Server, connect: Connect) -> None:
    """An origin of the server's own host and port is let in."""
    status = status_of(connect, {"Origin": own_origin(server)})

    assert status == 101


@rule("websocket.origin")
def test_who_is_no_page_may_connect(connect: Connect) -> None:
    """A client that names no origin, and so is no browser, is let in."""
    status = status_of(connect, {"Origin": None})

    assert status == 101


@rule("websocket.origin")
def test_own_host_is_the_one_the_client_asked_for(connect: Connect) -> None:
    """The same host is what the request's ``Host`` says, in any case, the port left out or not."""
    origins = {
        "Chat.Example:9000": "http://chat.example:9000",
        "chat.example": "http://chat.example",
        "[::1]:9000": "http://[::1]:9000",
    }

    statuses = {
        host: status_of(connect, {"Host": host, "Origin": origin})
        for host, origin in origins.items()
    }

    assert statuses == dict.fromkeys(origins, 101)


FOREIGN = (
    "http://evil.example",
    "http://evil.example:{port}",
    "http://{host}:1",
    "null",
    "nonsense",
    "http://",
    "http://[",
    "http://{host}:nonsense",
)


@rule("websocket.origin")
def test_foreign_origin_is_refused(server: Server, connect: Connect) -> None:
    """An origin with another host or another port, or with none, is refused with 403."""
    host, port = server.ws
    origins = [origin.format(host=host, port=port) for origin in FOREIGN]

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 403)


LOOK_ALIKES = (
    "http://{host}.evil.example:{port}",
    "http://evil.example.{host}:{port}",
    "http://{host}:{port}.evil.example",
    "http://{host}:{port}@evil.example",
    "http://evil.example/{host}:{port}",
    "http://evil.example?{host}:{port}",
    "http://evil.example#http://{host}:{port}",
)


@rule("websocket.origin")
def test_look_alike_origin_is_refused(server: Server, connect: Connect) -> None:
    """An origin that only contains the server's host and port is refused with 403."""
    host, port = server.ws
    origins = [origin.format(host=host, port=port) for origin in LOOK_ALIKES]

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 403)


@rule("websocket.origin")
def test_second_host_lets_nobody_in(server: Server, connect: Connect) -> None:
    """A request that names two hosts, one of them foreign, is refused."""
    host, port = server.ws
    ben: WebSocketClient = connect(handshake=False, welcome=False)

    ben.send_raw(
        b"GET /ws HTTP/1.1\r\nHost: evil.example\r\nHost: %s:%d\r\nOrigin: http://evil.example\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" % (host.encode(), port)
    )

    assert ben.wait_raw(b"\r\n").startswith(b"HTTP/1.1 4")


@rule("websocket.origin")
def test_nobody_hears_of_a_refused_origin(clients: ClientFactory, connect: Connect) -> None:
    """Who was refused has never been in the room."""
    (anna,) = clients("anna")

    status_of(connect, {"Origin": "http://evil.example"})
    fence = anna.send_fence()

    anna.expect_nothing_but(fence)


FRIENDS = ("https://chat.example", "http://localhost:3000")


@rule("websocket.allow-origin")
@settings(allow_origin=FRIENDS)
def test_each_named_origin_may_connect(connect: Connect) -> None:
    """Every origin that was named is let in."""
    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in FRIENDS}

    assert statuses == dict.fromkeys(FRIENDS, 101)


@rule("websocket.allow-origin")
@settings(allow_origin=FRIENDS)
def test_origin_that_is_not_named_is_refused(connect: Connect) -> None:
    """Every other foreign origin is still refused, the look-alikes of the named ones too."""
    origins = (
        "http://evil.example",
        "http://chat.example",
        "https://chat.example:8443",
        "https://chat.example.evil.example",
        "https://evil-chat.example",
        "null",
    )

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 403)


@rule("websocket.allow-origin")
@settings(allow_origin=FRIENDS)
def test_naming_origins_does_not_lock_the_own_page_out(server: Server, connect: Connect) -> None:
    """The server's own page is let in, whoever else is named."""
    status = status_of(connect, {"Origin": own_origin(server)})

    assert status == 101


@rule("websocket.allow-origin")
@settings(allow_origin="*")
def test_star_lets_every_origin_in(connect: Connect) -> None:
    """``*`` stands for every origin, ``null`` too."""
    origins = ("http://evil.example", "null")

    statuses = {origin: status_of(connect, {"Origin": origin}) for origin in origins}

    assert statuses == dict.fromkeys(origins, 101)


OFFERS = (
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits; server_no_context_takeover",
    "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=15",
)


@rule("websocket.no-compression")
def test_compression_is_not_negotiated(connect: Connect) -> None:
    """Who offers compression is let in without it, and is understood."""
    for offer in OFFERS:
        client: WebSocketClient = connect(headers={"Sec-WebSocket-Extensions": offer})

        assert client.response is not None
        assert "sec-websocket-extensions" not in client.response.headers
        client.wait_for(client.send_fence())


@rule("websocket.no-compression")
def test_frame_with_a_reserved_bit_is_refused(connect: Connect) -> None:
    """A frame that claims an extension, such as compression, is closed with 1002."""
    first, *rest = encode_frame(TEXT, b"hello")
    cases = {f"bit-{bit:#x}": bytes([first | bit, *rest]) for bit in (0x40, 0x20, 0x10)}

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)

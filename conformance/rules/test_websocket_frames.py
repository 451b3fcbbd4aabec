"""Rules of the area ``websocket``: pings, close frames, and frames that no client may send."""

from conformance import ClientFactory, Connect, WebSocketClient, rule, settings
from conformance.frames import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    close_payload,
    encode_frame,
)
from conformance.rules.close_codes import close_codes


SCRIPTS = "héllo, 你好, Привет, 🎉!"
LONGEST_LINE_BYTES = 64
LONGEST_PING = bytes(range(125))


@rule("websocket.ping")
def test_pong_carries_what_the_ping_carried(connect: Connect) -> None:
    """A pong carries the bytes of its ping: none, text, bytes that are not text, or 125 bytes."""
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
    """Neither a ping nor an unasked pong is a line."""
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
    """A close frame without a code is answered without a code, or with 1000."""
    ben: WebSocketClient = connect("ben")

    ben.send_close(None)

    end = ben.expect_end()
    assert end.how == "eof"
    assert end.code in (1005, 1000)  # 1005 stands for no code


@rule("websocket.close")
def test_all_that_was_said_comes_before_the_close(clients: ClientFactory) -> None:
    """A client that closes gets everything that was said before, and then the close frame."""
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
    """What a client sends after its close frame is not said, not answered, and no error."""
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
    """A close frame with half a code, or with a forbidden code, is answered with 1002."""
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
    """What comes in masked frames before an unmasked one is said; the unmasked one is not."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(ben.encode("hello") + encode_frame(TEXT, b"goodbye", masked=False))

    lines, end = ben.lines_until_end()
    assert lines == ["ben: hello"]
    assert end.code == 1002
    anna.expect("ben: hello", "* ben left")


@rule("websocket.unmasked")
def test_mask_of_zeros_is_a_mask(clients: ClientFactory) -> None:
    """A frame is masked when its mask bit is set, even by a mask that changes nothing."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(bytes([0x80 | TEXT, 0x80 | 5]) + bytes(4) + b"hello")

    anna.expect("ben: hello")


@rule("websocket.unmasked")
def test_frame_of_no_known_kind_is_refused(connect: Connect) -> None:
    """A frame with a reserved opcode is closed with 1002."""
    cases = {f"opcode-{opcode}": encode_frame(opcode, b"hello") for opcode in (0x3, 0x7, 0xB, 0xF)}

    codes = close_codes(connect, cases)

    assert codes == dict.fromkeys(cases, 1002)


OFFERS = (
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits; server_no_context_takeover",
    "x-webkit-deflate-frame, permessage-deflate; client_max_window_bits=15",
)


@rule("websocket.no-compression")
def test_compression_is_not_negotiated(connect: Connect) -> None:
    """A client that offers compression is let in without it, and is understood."""
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


@rule("websocket.ping")
def test_last_ping_is_answered_last(clients: ClientFactory) -> None:
    """Of pings in one write, the last one is answered, and no older one is answered after it."""
    _anna, ben = clients("anna", "ben")

    for number in range(20):
        pings = [b"%d-%d" % (number, which) for which in range(3)]
        ben.send_raw(b"".join(encode_frame(PING, payload) for payload in pings))
        while ben.next_pong() != pings[-1]:  # RFC 6455 lets a server skip all but the last
            pass
        ben.send_frame(PING, b"fence")
        assert ben.next_pong() == b"fence"

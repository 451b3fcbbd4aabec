"""Rules of the area ``websocket``: messages in several frames."""

from conformance import (
    ClientFactory,
    Connect,
    rule,
    settings,
)
from conformance.frames import (
    BINARY,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    encode_frame,
)
from conformance.rules.close_codes import close_codes


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


@rule("websocket.fragments")
def test_parts_are_one_line(clients: ClientFactory) -> None:
    """A message in three parts is one line."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(fragmented(b"one, ", b"two, ", b"three"))

    anna.expect("ben: one, two, three")


@rule("websocket.fragments")
def test_parts_may_cut_a_character(clients: ClientFactory) -> None:
    """A message with one byte per part is one line, in any script."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(fragmented(*(bytes([byte]) for byte in SCRIPTS.encode())))

    anna.expect(f"ben: {SCRIPTS}")


@rule("websocket.fragments")
def test_parts_may_be_empty(clients: ClientFactory) -> None:
    """An empty part adds nothing, whether it is the first, the last or another."""
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
    """Pings and pongs between the parts are not part of the message."""
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
    """A part without a message, and a message inside another, are closed with 1002."""
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

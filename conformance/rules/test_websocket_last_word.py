"""Rules of the area ``websocket``: what comes last on a connection, and pongs in their order."""

import struct

from conformance import TICK, ClientFactory, Connect, WebSocketClient, rule, settings
from conformance.frames import HANDSHAKE, PING, encode_frame


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


@rule("liveness.pong-wait")
@settings(ping_interval=TICK, pong_wait=4 * TICK)
def test_close_frame_is_the_last_that_a_silent_client_gets(connect: Connect) -> None:
    """The reason as a line comes before the close frame, and nothing comes after it."""
    ben: WebSocketClient = connect(welcome=False, handshake=False)

    ben.send_raw(HANDSHAKE)
    ben.lines_until_end()

    assert _opcodes(bytes(ben.raw).partition(b"\r\n\r\n")[2])[-1] == 8


def _opcodes(data: bytes) -> list[int]:
    """Return the opcodes of the frames of a server, in order."""
    opcodes, at = [], 0
    while at < len(data):
        opcodes.append(data[at] & 0x0F)
        size = data[at + 1] & 0x7F
        at += 2
        if size == 126:
            (size,) = struct.unpack_from("!H", data, at)
            at += 2
        at += size
    return opcodes

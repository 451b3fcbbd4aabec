"""The suite's framing agrees with the websockets library, which it does not use."""

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as TheirFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from conformance.frames import TEXT, Frame, FrameReader, encode_frame


SIZES = st.sampled_from([0, 1, 3, 4, 125, 126, 127, 65535, 65536, 70000])  # around each length form
PAYLOADS = st.builds(lambda size, seed: seed * size, SIZES, st.binary(min_size=1, max_size=1))


@given(PAYLOADS, st.booleans())
def test_written_frames_are_read_by_others(payload: bytes, fin: bool) -> None:
    """Another reader understands a masked frame of any length."""
    reader = StreamReader()
    reader.feed_data(encode_frame(TEXT, payload, fin=fin))

    parsing = TheirFrame.parse(reader.read_exact, mask=True)
    try:
        next(parsing)
    except StopIteration as stopped:
        frame = stopped.value

    assert (frame.opcode, bytes(frame.data), frame.fin) == (Opcode.TEXT, payload, fin)


@given(st.lists(PAYLOADS, max_size=3), st.integers(min_value=1, max_value=50_000))
def test_frames_of_others_are_read_however_they_are_cut(payloads: list[bytes], size: int) -> None:
    """Frames come out whole and in order, however their bytes are cut."""
    data = b"".join(
        TheirFrame(Opcode.BINARY, payload).serialize(mask=False) for payload in payloads
    )
    reader = FrameReader()

    frames = [
        frame for at in range(0, len(data), size) for frame in reader.feed(data[at : at + size])
    ]

    assert frames == [Frame(Opcode.BINARY, payload) for payload in payloads]

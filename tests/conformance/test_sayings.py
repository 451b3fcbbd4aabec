"""What a client says is read from the bytes that it sends, however these are cut."""

from conformance.frames import BINARY, CONTINUATION, PING, TEXT, encode_frame
from conformance.sayings import FrameCutter, LineCutter


def test_lines_are_cut_at_their_ends() -> None:
    """A text is complete with its LF; the CR before it belongs to the end."""
    cutter = LineCutter()

    texts = [list(cutter.feed(piece)) for piece in (b"on", b"e\r\ntw", b"o\n\n")]

    assert texts == [[], ["one"], ["two", ""]]


def test_frames_are_cut_and_unmasked() -> None:
    """Masked and unmasked text of each size is read, byte by byte or at once."""
    texts = ["", "hello", "é" * 100, "x" * 70_000]
    data = b"".join(
        encode_frame(TEXT, text.encode(), masked=number % 2 == 0)
        for number, text in enumerate(texts)
    )
    at_once, in_pieces = FrameCutter(), FrameCutter()

    pieces = [data[start : start + 7] for start in range(0, len(data), 7)]

    assert list(at_once.feed(data)) == texts
    assert [text for piece in pieces for text in in_pieces.feed(piece)] == texts


def test_parts_are_one_text_and_other_frames_are_none() -> None:
    """A message in parts is one text; pings and binary messages are none."""
    data = (
        encode_frame(TEXT, b"one, ", fin=False)
        + encode_frame(PING, b"not this")
        + encode_frame(CONTINUATION, b"two")
        + encode_frame(BINARY, b"nor this")
    )

    assert list(FrameCutter().feed(data)) == ["one, two"]

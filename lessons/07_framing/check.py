"""Judges lesson 07: a decoder of lines, fed in every way there is."""

from __future__ import annotations

import tracemalloc

from hubbub.learning.maps import attributes
from hubbub.learning.promises import Broken, promise


INTERFACE = """
LineDecoder(max_line)
LineDecoder.feed(data) -> events
LineDecoder.end() -> events
"""
MAX = 32
# All that may move a cursor or break a line; \n ends a line instead.
CONTROLS = [*map(chr, (*range(0x20), *range(0x7F, 0xA0))), "\u2028", "\u2029"]
TALK = "who\nhello\nGrüße, 你好 🙂\n".encode()
TALK_LINES = [("line", "who"), ("line", "hello"), ("line", "Grüße, 你好 🙂")]
TOO_LONG = ("bad", "line too long")


MANY = 2000  # pieces of a line without an end
MUCH_BYTES = MANY * MAX // 2


def _fed(exercise, data, size=0, end=False, most=MAX):
    """Return what comes out when ``data`` is fed in pieces of so many bytes."""
    decoder = exercise.LineDecoder(most)
    pieces = [data[n : n + size] for n in range(0, len(data), size)] if size else [data]
    events = [tuple(event) for piece in pieces for event in decoder.feed(piece)]
    return events + [tuple(event) for event in decoder.end()] if end else events


@promise("framing.chunks", "However the bytes are cut, the same lines come out.")
def chunks(exercise, seed):
    try:
        whole = _fed(exercise, TALK)
    except UnicodeDecodeError:
        raise Broken("Three good lines in one piece ended in a UnicodeDecodeError.") from None
    if len(whole) == 1:
        raise Broken(
            f"Three lines came in one piece, and one came out: {whole[0]}. What one read brings is "
            "not one message; the line end says where a line ends."
        )
    if whole != TALK_LINES:
        raise Broken(f"Of the three lines in one piece these came out: {whole}.")
    for size in (1, 2, 3, 7):
        try:
            cut = _fed(exercise, TALK, size)
        except UnicodeDecodeError:
            raise Broken(
                f"Cut into pieces of {size} bytes, the same lines end in a UnicodeDecodeError: a "
                "character of several bytes was cut in two. Decode whole lines, not pieces."
            ) from None
        if cut != TALK_LINES:
            if ("bad", "not UTF-8") in cut:
                raise Broken(
                    f"Cut into pieces of {size} bytes, a good line is called 'not UTF-8': a "
                    "character of several bytes was cut in two. Decode whole lines, not pieces."
                )
            raise Broken(
                f"Cut into pieces of {size} bytes, the same three lines become {cut}. What is "
                "left behind the last line end must wait for the next piece."
            )


@promise("framing.crlf", "One carriage return before the line end belongs to it, and no other.")
def crlf(exercise, seed):
    for size in (0, 1):
        if _fed(exercise, b"who\r\nhello\n", size) != [("line", "who"), ("line", "hello")]:
            raise Broken(
                f"b'who\\r\\n' became {_fed(exercise, b'who' + bytes([13, 10]), size)}: what "
                "some programs send at the end of a line is \\r\\n. With the \\r left in, 'who' is "
                "no command any more."
            )
    if _fed(exercise, b" a  \n") != [("line", " a  ")]:
        raise Broken(
            "A line of spaces around a letter lost its spaces: strip takes more than the "
            "line end. Only one \\r goes."
        )


@promise("delivery.unaltered", "All else of a line stays as it was sent.")
def unaltered(exercise, seed):
    kinds = {
        "   ": "a line of spaces, which is not empty",
        "e\u0301": "an accent of its own: normalise names, not lines",
        "\U0001f469\u200d\U0001f4bb": "one emoji of three characters, joined by the middle one",
        "a\u00a0b": "a space that does not break, which is no control character",
        "\ufeffhi": "a mark U+FEFF at its beginning: decode as utf-8, not as utf-8-sig",
        "{x} %s \\n": "signs that mean something to format, to % and to Python, and nothing here",
    }
    for text, what in kinds.items():
        came = _fed(exercise, text.encode() + b"\n")
        if came != [("line", text)]:
            raise Broken(f"{text!a} became {came!a}. It holds {what}.")


@promise("framing.empty", "An empty line is nothing.")
def empty(exercise, seed):
    for data in (b"\n", b"\r\n", b"\n\nhi\n\n"):
        came = [event for event in _fed(exercise, data) if event[1] != "hi"]
        if came:
            raise Broken(
                f"{data!r} came out with {came[0]}: an empty line is ignored, or a bot "
                "can show everybody empty lines and stay alive by them."
            )


@promise("framing.last-line", "A last line without its end counts when the stream ends.")
def last_line(exercise, seed):
    if _fed(exercise, b"hello\nbye", end=True) != [("line", "hello"), ("line", "bye")]:
        raise Broken(
            f"b'hello\\nbye' and the end of the stream became "
            f"{_fed(exercise, b'hello' + bytes([10]) + b'bye', end=True)}: the last line "
            "has no end of its own, and was said all the same."
        )
    if _fed(exercise, b"hello\n", end=True) != [("line", "hello")]:
        raise Broken(
            "After b'hello\\n' nothing is left over, and the end of the stream brought "
            "one more line."
        )


@promise("framing.control", "No control character and no line break gets through.")
def control(exercise, seed):
    for character in CONTROLS:
        if character == "\n":
            continue
        came = _fed(exercise, f"a{character}b\n".encode())
        if len(came) > 1:
            raise Broken(
                f"One line with {character!r} in it became two: {came}. So anybody could "
                "write a second line that looks like somebody else's. Only \\n ends a line "
                "(splitlines knows a dozen more)."
            )
        if came != [("line", "a b")]:
            raise Broken(
                f"{character!r} inside a line became {came}; it becomes a space, or it could "
                "move the cursor on another client's terminal and write over what stands there."
            )
    for data, wanted in ((b"a\x1b\x1bb\n", "a  b"), (b"\x1b\n", " "), (b"\x07a\x07\n", " a ")):
        came = _fed(exercise, data)
        if came != [("line", wanted)]:
            raise Broken(
                f"{data!r} became {came}; it should be {wanted!r}: each control character becomes "
                "one space, and the line stays."
            )
    two = _fed(exercise, b"a\r\r\n")
    if two != [("line", "a ")]:
        raise Broken(
            f"b'a\\r\\r\\n' should become 'a ': one \\r belongs to the end, the other "
            f"is a control character. It became {two}."
        )


@promise("framing.not-utf8", "A line that is not UTF-8 is refused, and the next one is not.")
def not_utf8(exercise, seed):
    try:
        came = _fed(exercise, b"\xff\xfe\nhello\n")
    except UnicodeDecodeError:
        raise Broken(
            "Two bytes that are not UTF-8 ended in a UnicodeDecodeError: one client's "
            "nonsense is ordinary, and the connection goes on with ('bad', 'not UTF-8')."
        ) from None
    if came != [("bad", "not UTF-8"), ("line", "hello")]:
        raise Broken(f"A line that is not UTF-8 and then 'hello' became {came}.")
    kinds = {
        b"\xe2\x82": "a character of three bytes without its third",
        b"\xed\xa0\x80": "half of a surrogate pair, which is no character",
        b"\xc0\xaf": "a character of one byte, written with two",
    }
    for data, what in kinds.items():
        for end in (False, True):
            came = _fed(exercise, data if end else data + b"\n", end=end)
            if came != [("bad", "not UTF-8")]:
                at = " at the end of the stream" if end else ""
                raise Broken(f"{data!r}{at} is {what}, and not UTF-8. It became {came}.")


@promise("framing.limit", "A line of exactly the limit is delivered whole.")
def limit(exercise, seed):
    for size in (0, 1, 5):
        for end in (b"\n", b"\r\n"):
            for line, most in (
                ("x" * MAX, MAX),
                ("é" * (MAX // 2), MAX),
                ("\x1b" * MAX, MAX),
                ("x" * 3 * MAX, 3 * MAX),
            ):
                came = _fed(exercise, line.encode() + end, size, most=most)
                if came != [("line", line.replace("\x1b", " "))]:
                    raise Broken(
                        f"A line of exactly {most} bytes, ended by {end!r}, became {came}: the "
                        "limit is what may still be said, and its end does not count."
                    )


@promise("framing.too-long", "A longer line is refused at once, once, and the next one is not.")
def too_long(exercise, seed):
    decoder = exercise.LineDecoder(MAX)
    early = [tuple(event) for event in decoder.feed(b"x" * (MAX + 1) + b"y" * 10)]
    if not early:
        raise Broken(
            f"{MAX + 11} bytes have come without a line end, and nothing was said: a line "
            "is refused the moment it passes the limit, not when its end arrives, if it "
            "ever does."
        )
    for size in (0, 1, 5):
        came = _fed(exercise, b"x" * 4 * MAX + b"\nhello\n", size)
        if came.count(TOO_LONG) > 1:
            raise Broken(
                "One line that is too long was refused more than once: remember that it "
                "was, until its end comes."
            )
        if ("line", "hello") not in came:
            raise Broken(
                "After a line that was too long, the next one did not come out: the "
                "connection goes on with the next line."
            )
        if came != [TOO_LONG, ("line", "hello")]:
            raise Broken(
                f"A line that is too long and then 'hello' became {came}: of a line "
                "that is refused nothing is said."
            )
    came = _fed(exercise, b"x" * 10 + b"\n", most=9)
    if came != [TOO_LONG]:
        raise Broken(f"A line of 10 bytes became {came}, where max_line is 9. Use self.max_line.")
    for line in ("é" * (MAX // 2 + 1), "你" * (MAX // 3 + 1), "🙂" * (MAX // 4 + 1)):
        for size in (0, 1):
            came = _fed(exercise, line.encode() + b"\nhello\n", size)
            if came != [TOO_LONG, ("line", "hello")]:
                raise Broken(
                    f"A line of {len(line)} characters, which are {len(line.encode())} bytes, and "
                    f"then 'hello' became {came}: the limit is {MAX} bytes, and a character "
                    "may be more than one byte. Measure before you decode."
                )
    for size in (0, 1):
        came = _fed(exercise, b"x" * MAX + b"\r\r\n", size)
        if came != [TOO_LONG]:
            raise Broken(
                f"{MAX} letters, two \\r and the line end became {came}: one \\r belongs to the "
                f"end, the other one is byte {MAX + 1} of the line."
            )


@promise("framing.bounded", "However long a line is, no more than the limit of it is held.")
def bounded(exercise, seed):
    for piece in (b"x" * MAX, b"\r" * MAX):
        decoder = exercise.LineDecoder(MAX)
        most = 0
        for _ in range(200):
            decoder.feed(piece)
            most = max(most, sum(_size(value) for value in attributes(decoder).values()))
        if most > MAX + 1:
            raise Broken(_HELD.format(f"{most} bytes are held, where {MAX} are the limit"))
    decoder = exercise.LineDecoder(MAX)
    tracemalloc.start()
    for _ in range(MANY):
        decoder.feed(bytes(MAX))
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    if grown > MUCH_BYTES:
        raise Broken(
            _HELD.format(
                f"{MANY * MAX} bytes came in {MANY} pieces, and {grown} bytes more are held now"
            )
        )
    came = _fed(exercise, b"x" * 4 * MAX, 5, end=True)
    if came != [TOO_LONG]:
        raise Broken(
            f"A line that is too long, and has no end when the stream ends, became {came}: it is "
            "refused once."
        )


_HELD = (
    "Of a line without an end {}: a client that sends for ever without a line end would cost all "
    "the memory there is."
)


@promise("lesson.two-clients", "Two clients' bytes do not mix.")
def two_clients(exercise, seed):
    one, other = exercise.LineDecoder(MAX), exercise.LineDecoder(MAX)
    for data in (b"x" * 3 * MAX, b"half"):
        one.feed(data)
    came = [tuple(event) for event in other.feed(b"hello\n")]
    if came != [("line", "hello")]:
        raise Broken(
            "One client sent a line that is too long, another one sent 'hello', and this came out "
            f"for the other: {came}. They share what is held; make it in __init__, not in the "
            "class."
        )
    one, other = exercise.LineDecoder(MAX), exercise.LineDecoder(MAX)
    one.feed(b"he")
    other.feed(b"by")
    came = [
        [tuple(event) for event in two.feed(end)] for two, end in ((one, b"llo\n"), (other, b"e\n"))
    ]
    if came != [[("line", "hello")], [("line", "bye")]]:
        raise Broken(
            f"Two clients sent 'hello' and 'bye', each in two pieces; {came} came out. They share "
            "what is held; make it in __init__, not in the class."
        )


def _size(value):
    if isinstance(value, bytes | bytearray | str):
        return len(value)
    if isinstance(value, list | tuple):
        return sum(map(_size, value))
    return 0

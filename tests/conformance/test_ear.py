"""Lines of another dialect become lines of PROTOCOL.md before a test sees them."""

import re

import pytest

from conformance.dialect import RAW, Dialect, read_dialect
from conformance.ear import FAREWELL, Ear
from conformance.interpreter import Interpreter
from conformance.sayings import LineCutter


def room(
    dialect: Dialect, *names: str, around: str = "{}", stopping: bool = False
) -> tuple[Ear, ...]:
    """Return the ears of clients that are in a room; each has heard all hellos.

    Args:
        around: how the server words what is said.
    """
    interpreter = Interpreter(dialect)
    ears = tuple(Ear(interpreter, name, lambda: stopping) for name in names)
    for number, ear in enumerate(ears):
        ear.belongs_to(f"127.0.0.1:{number}", lambda line: None)
        ear.listen_to(LineCutter())
    for speaker in ears:
        hello = speaker.hello()
        for ear in ears:
            list(ear.hear(around.format(hello, name=speaker.name)))
            assert ear.wait_heard(hello, within=0)
    return ears


def test_speaker_of_a_bare_text_is_the_client_that_sent_it() -> None:
    """Where lines carry no name, the speaker is known from what was sent."""
    anna, ben = room(RAW, "anna", "ben")

    anna.sends(b"hello\n")
    ben.sends(b"good mor")
    ben.sends(b"ning\r\n")

    assert list(anna.hear("good morning")) == ["ben: good morning"]
    assert list(ben.hear("hello")) == ["anna: hello"]


def test_text_that_two_clients_say_is_heard_from_each_once() -> None:
    """Of one text that came twice, each speaker has said one."""
    anna, ben = room(RAW, "anna", "ben")

    for ear in (anna, ben):
        ear.sends(b"again\n")

    assert [line for _ in range(2) for line in anna.hear("again")] == ["anna: again", "ben: again"]


def test_altered_text_keeps_its_speaker() -> None:
    """A text that was altered on its way comes altered, under the name of its speaker."""
    anna, ben = room(RAW, "anna", "ben")

    ben.sends(b"a\tb, c\n")
    anna.sends(b"other\n")

    assert list(anna.hear("a b, c")) == ["ben: a b, c"]


def test_what_stands_around_a_hello_stands_around_each_line() -> None:
    """In raw, a name before the text is learnt; lines without it are the room's own."""
    anna, ben = room(RAW, "anna", "ben", around="<{name}> {}")

    assert list(anna.hear("<ben> hello")) == ["ben: hello"]
    assert list(anna.hear("<anna> <ben> hello")) == ["anna: <ben> hello"]
    assert list(ben.hear("cara came in")) == []


def test_nothing_is_heard_before_the_hello() -> None:
    """A client hears nothing until a hello comes; then it has its welcome."""
    interpreter = Interpreter(RAW)
    anna = Ear(interpreter, "anna", lambda: False)

    assert list(anna.hear("hello")) == []
    assert list(anna.hear(anna.hello())) == ["* you are anna"]


def test_lines_of_a_file_become_lines_of_the_protocol() -> None:
    """Each kind of line is put into the words of PROTOCOL.md, with the name of the test."""
    interpreter = Interpreter(read_dialect("gopl"))
    anna, ben = (Ear(interpreter, name, lambda: False) for name in ("anna", "ben"))
    for number, ear in enumerate((anna, ben), 1):
        ear.belongs_to(f"127.0.0.1:{number}", lambda line: None)

    heard = [
        line
        for said in (
            "欢迎 127.0.0.1:1",
            "127.0.0.1:2 has arrived",
            "127.0.0.1:2: hello: all",
            "127.0.0.1:2 下线",
            "no line of the dialect",
        )
        for line in anna.hear(said)
    ]

    assert heard == [
        "* you are anna",
        "* ben joined",
        "ben: hello: all",
        "* ben left",
        "no line of the dialect",
    ]


def test_json_is_said_and_heard() -> None:
    """The template quotes what is said; what comes is read as JSON."""
    dialect = Dialect(
        say='{"say":{json}}', lines=lines(chat='{"by":"(?P<name>[^"]*)","say":(?P<json>.*)}')
    )
    anna, ben = room(dialect, "anna", "ben", around='{{"by":"{name}","say":"{}"}}')

    said = anna.word('a "b"\n')
    heard = list(ben.hear('{"by":"anna","say":"a \\"b\\"\\n"}'))

    assert said == '{"say":"a \\"b\\"\\n"}'
    assert heard == ['anna: a "b"\n']


def test_joined_frames_are_several_lines() -> None:
    """A message with line feeds is as many lines, where the dialect says so."""
    anna, ben = room(Dialect(joined_frames=True), "anna", "ben")

    ben.sends(b"one\ntwo\n")

    assert list(anna.hear("one\ntwo")) == ["ben: one", "ben: two"]


def test_end_of_a_stopped_server_is_its_farewell() -> None:
    """No dialect has a farewell, so the end stands for it, if the server was told to stop."""
    (anna,) = room(RAW, "anna", stopping=True)
    (ben,) = room(RAW, "ben")

    assert anna.ends() == FAREWELL
    assert ben.ends() is None


def test_command_that_no_dialect_has_ends_the_test() -> None:
    """A test that says a command is not applicable; ``/say`` is the text alone."""
    (anna,) = room(RAW, "anna")

    assert anna.word("/say hello") == "hello"
    for command in ("/who", "who", "/rename ben", "/dance"):
        with pytest.raises(pytest.skip.Exception):
            anna.word(command)


def test_expected_line_that_the_dialect_lacks() -> None:
    """An error is passed over; a line of another kind ends the test."""
    (anna,) = room(RAW, "anna")

    assert anna.passes_over("! not UTF-8")
    assert not anna.passes_over("ben: hello")
    with pytest.raises(pytest.skip.Exception):
        anna.passes_over("* ben left")


def test_close_code_is_put_into_the_words_of_the_protocol() -> None:
    """A code that means the same there as another one here is heard as that."""
    (anna,) = room(Dialect(close={1008: 1013}), "anna")

    assert (anna.code(1008), anna.code(1000)) == (1013, 1000)


def test_without_an_echo_the_referee_gives_a_speaker_its_own_lines() -> None:
    """An own line has the place that it has at the referee."""
    dialect = Dialect(echo=False)
    interpreter = Interpreter(dialect)
    referee, anna, ben = (
        Ear(interpreter, name, lambda: False) for name in ("referee", "anna", "ben")
    )
    interpreter.referee = referee
    heard: list[str] = []
    for number, ear in enumerate((referee, anna, ben)):
        ear.belongs_to(f"127.0.0.1:{number}", heard.append if ear is anna else lambda line: None)
        ear.listen_to(LineCutter())
        hello = referee.hello()
        list(ear.hear(hello))

    ben.sends(b"first\n")
    anna.sends(b"second\n")
    ben.sends(b"third\n")
    assert list(anna.hear("first")) == []
    for line in ("first", "second", "third"):
        list(referee.hear(line))
    assert heard == ["ben: first", "anna: second"]
    assert list(anna.hear("third")) == []

    assert heard == ["ben: first", "anna: second", "ben: third"]


def lines(**patterns: str) -> dict[str, re.Pattern[str]]:
    """Return compiled patterns."""
    return {key: re.compile(pattern, re.DOTALL) for key, pattern in patterns.items()}

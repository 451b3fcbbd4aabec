"""Rules of the area ``framing``: a last line without its end, and what counts as its length."""

from conformance import ClientFactory, rule
from conformance.rules.pauses import let_the_server_read


MAX_LINE = 4096  # the default, in bytes


@rule("framing.last-line")
def test_last_line_may_be_the_longest(clients: ClientFactory) -> None:
    """A last line of exactly ``max_line`` bytes counts without its end."""
    anna, ben = clients("anna", "ben")
    line = "x" * MAX_LINE

    ben.send_raw(line.encode())
    ben.half_close()

    anna.expect(f"ben: {line}", "* ben left")


@rule("framing.last-line")
def test_carriage_return_of_a_last_line_is_no_end(clients: ClientFactory) -> None:
    """Where no LF follows, a CR is a control character like any other: it becomes a space."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"goodbye\r")
    ben.half_close()

    anna.expect("ben: goodbye ", "* ben left")


@rule("framing.too-long")
def test_carriage_return_of_a_last_line_counts_as_length(clients: ClientFactory) -> None:
    """A last line of ``max_line`` bytes and a CR is one byte too long: the CR ends no line."""
    anna, ben = clients("anna", "ben")

    ben.send_raw(b"x" * MAX_LINE + b"\r")
    let_the_server_read(anna)
    ben.half_close()

    ben.expect(f"! line too long (max {MAX_LINE} bytes)")
    anna.expect("* ben left")


@rule("framing.too-long")
def test_carriage_return_inside_a_line_counts_as_length(clients: ClientFactory) -> None:
    """Only the CR right before the LF is not counted; all others are part of the line."""
    (anna,) = clients("anna")
    line = b"\r" * 10 + b"x" * (MAX_LINE - 10)

    anna.send_raw(line + b"x\r\n" + line + b"\r\n")

    anna.expect(
        f"! line too long (max {MAX_LINE} bytes)", f"anna: {' ' * 10}{'x' * (MAX_LINE - 10)}"
    )

"""The matrix shows every verdict, needs no colour, and trusts no text."""

import io

import pytest
from rich.console import Console

from conformance.matrix import (
    SYMBOLS,
    matrix_fragment,
    matrix_style,
    print_report,
    render_html,
)
from conformance.protocol import find_rule
from conformance.results import Results, Run
from conformance.verdicts import Verdict


RULES = ("commands.text", "slow.cut-off", "limits.memory")


def test_terminal_report_is_eighty_columns_wide() -> None:
    """Nothing that goes to a pipe is coloured, or wider than a terminal."""
    text = _printed(_results(_run("commands.text", "fail", "anna expected " + "much " * 60)))

    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


def test_failure_is_told_with_rule_message_and_history() -> None:
    """A failure shows the rule's sentence, the message and the smallest history."""
    run = _run("commands.text", "fail", "anna got nothing", history_text="anna | (nothing)")

    text = _printed(_results(run))

    assert find_rule("commands.text").sentence.replace("`", "") in " ".join(text.split())
    assert "one (tcp): A claim.\n    anna got nothing" in text
    assert "\n\nanna | (nothing)" in text


@pytest.mark.parametrize("verdict", SYMBOLS)
def test_every_verdict_has_a_symbol_in_the_matrix(verdict: Verdict) -> None:
    """The row of a rule shows its verdict without any colour."""
    text = _printed(_results(_run("slow.cut-off", verdict, "why")))

    (row,) = [line for line in text.splitlines() if line.startswith("  slow.cut-off")]
    assert row.split() == ["slow.cut-off", SYMBOLS[verdict], "SHOULD"]


def test_quick_run_names_what_it_left_out() -> None:
    """The report of a quick run names the rules that it did not judge."""
    results = _results(_run("commands.text", "left out", "takes a minute"))

    assert "this run was quick: commands.text" in _printed(results)
    assert "this run was quick:\ncommands.text." in render_html(results)


def test_measurements_are_shown() -> None:
    """The report shows what the tests of INFO rules measured."""
    results = _results(_run("limits.memory", "pass", measured=("41 KiB per client",)))

    assert "limits.memory one (tcp): 41 KiB per client" in _printed(results)
    assert "41 KiB per client" in render_html(results)


def test_page_escapes_all_that_servers_say() -> None:
    """What a server sent is text on the page, never markup."""
    run = _run("commands.text", "fail", "got '<script>x()</script>'", history_text="<b>")

    page = render_html(_results(run))

    assert "&lt;script&gt;x()" in page
    assert "<script" not in page
    assert "<b></" not in page


def test_drawing_is_a_picture_that_runs_nothing() -> None:
    """A drawing is an image that contains itself, with its words beside it."""
    run = _run("commands.text", "fail", "no", history_svg="<svg/>", history_text="anna: hi")

    page = render_html(_results(run))

    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in page
    assert "anna: hi" in page


def test_page_needs_nothing_beside_itself() -> None:
    """The page loads no style, font, script or picture from anywhere."""
    page = render_html(_results(_run("commands.text", "fail", "no")))

    assert "http" not in page
    assert "<link" not in page


def test_fragment_stands_in_another_page() -> None:
    """The matrix is available without its page, and its style separately."""
    results = _results(_run("commands.text", "pass"))

    assert "<html" not in matrix_fragment(results)
    assert "<style" not in matrix_fragment(results)
    assert matrix_style().strip().startswith("<style>")


def _run(rule: str, verdict: Verdict, message: str = "", **more: object) -> Run:
    return Run(rule, "one", "tcp", "test_it", "A claim.", verdict, message, **more)  # type: ignore[arg-type]  # the fields of Run


def _results(*runs: Run) -> Results:
    return Results(("one",), tuple(find_rule(rule_id) for rule_id in RULES), runs)


def _printed(results: Results) -> str:
    stream = io.StringIO()
    print_report(results, Console(file=stream))
    return stream.getvalue()

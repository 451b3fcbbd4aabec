"""What a CI shows of results: a summary in Markdown, and a badge."""

import json

import pytest

from conformance.protocol import find_rule
from conformance.results import Results, Run
from conformance.summaries import badge, markdown
from conformance.verdicts import Verdict


def test_summary_has_totals_and_every_failure() -> None:
    """A reader sees how many rules have each verdict, what to fix first, and why."""
    text = markdown(_results(("framing.chunks", "fail"), ("slow.cut-off", "fail")))

    assert "| server | fail |\n|---|---|\n| talker | 2 |" in text
    assert "**Fix these first: lines, names and commands**" in text
    assert "**Then: clients that stall, flood or vanish, and the end**" in text
    assert "<summary><code>framing.chunks</code> The same bytes give the same lines" in text
    assert "    got <b>nothing</b> | x" in text


def test_summary_trusts_no_text() -> None:
    """What a server is called, and what a test says of it, is no markup."""
    run = Run("commands.text", "a|b<c>", "tcp", "test_it", "Is *told* `a_b`.", "fail", "</details>")
    text = markdown(Results(("a|b<c>",), (find_rule("commands.text"),), (run,)))

    assert "| a\\|b\\<c\\> | 1 |" in text
    assert "a\\|b\\<c\\> (tcp): Is \\*told\\* `a_b`." in text
    assert "\n    </details>\n" in text  # in a block of code


@pytest.mark.parametrize(
    ("verdicts", "message", "colour"),
    [
        (("pass", "declared", "left out"), "2 of 2 rules", "brightgreen"),
        (("pass", "unknown", "not applicable"), "1 of 2 rules", "yellow"),
        (("pass", "fail", "not reached"), "1 of 3 rules", "red"),
    ],
)
def test_badge_counts_what_applies(
    verdicts: tuple[Verdict, ...], message: str, colour: str
) -> None:
    """A badge counts the rules that are kept, of those that were judged."""
    named = ("commands.text", "slow.cut-off", "limits.memory")

    drawn = json.loads(badge(_results(*zip(named, verdicts, strict=True))))

    assert drawn == {
        "schemaVersion": 1, "label": "hubbub", "message": message, "color": colour
    }  # fmt: skip


def _results(*verdicts: tuple[str, Verdict]) -> Results:
    runs = tuple(
        Run(rule, "talker", "tcp", "test_it", "A claim.", verdict, "got <b>nothing</b> | x")
        for rule, verdict in verdicts
    )
    return Results(("talker",), tuple(find_rule(rule) for rule, _ in verdicts), runs)

"""Two designs compared: the word is the result of `Summary.differ`, and nothing else."""

from __future__ import annotations

from benchmarks.summary import summarise
from hubbub.report_page.pairs import questions
from tests.benchmarks.made import PEER, make_results
from tests.hubbub.report_page.made import round_of


def test_questions_name_measured_servers_alone() -> None:
    """A question is asked if both servers of a pair were measured."""
    headings, found = questions(summarise(round_of()))

    assert headings == ("cost of a delivery", "memory per client")
    assert [(pair.server, pair.other) for question in found for pair in question.pairs] == [
        ("trio-mutex", "asyncio-mutex"),
        (PEER, "asyncio-direct"),
    ]


def test_word_is_the_result_of_the_test() -> None:
    """Servers that differ are "more" or "less"; others are tied, whatever their ratio."""
    far = {"trio-mutex": [39.0, 40.0, 41.0], "asyncio-mutex": [19.0, 20.0, 21.0], PEER: [9.0]}
    near = {"trio-mutex": [18.0, 20.0, 25.0], "asyncio-mutex": [19.0, 20.0, 21.0], PEER: [9.0]}
    words = []
    for costs in (far, near):
        (closed,) = summarise(make_results(costs))
        _, (question, *_) = questions([closed])
        one, other = closed.of("trio-mutex")[0], closed.of("asyncio-mutex")[0]
        word = question.pairs[0].ratios[0].word
        assert (word == "tied") == (not closed.differ("cost", one, other))
        words.append(word)

    assert words == ["more", "tied"]

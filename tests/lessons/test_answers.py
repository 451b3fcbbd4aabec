"""A folder of answers with their verdicts, where one is given: each gets its verdict, and soon."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hubbub.learning.lessons import ROOT
from tests.lessons.answers import Answer, answers, fault_of


FOLDER = Path(os.environ.get("HUBBUB_ANSWERS") or ROOT.parent / "shared" / "answers")
ALL = list(answers(FOLDER))


@pytest.mark.skipif(not ALL, reason=f"no answers at {FOLDER}: name their folder by HUBBUB_ANSWERS")
@pytest.mark.parametrize("answer", ALL, ids=lambda answer: answer.path.stem)
def test_answer_gets_its_verdict(answer: Answer) -> None:
    """An answer passes or fails as its first line says, and the check is not blamed for it."""
    report = answer.judged()

    assert not fault_of(answer, report), report.sentence + report.detail

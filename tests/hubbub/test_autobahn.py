"""``hubbub conform --autobahn``: what it judges, what it refuses, and what reports say later."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from conformance.autobahn import CASES, Outcome, fuzz, read_failures
from hubbub.autobahn import echo_url, read_lines, runtimes, write_outcomes
from hubbub.cli import main


GOOD = Outcome("asyncio", CASES - 5, 2, 3, ())
NOT_RUN = "asyncio: not run with this version (make autobahn does it)"
needs_kosoku = pytest.mark.skipif(not find_spec("kosoku"), reason="needs kosoku")


def test_outcome_is_kept_for_the_report(tmp_path: Path) -> None:
    """A runtime has one line, however many of its servers are asked for."""
    kept = tmp_path / "report" / "autobahn.json"
    write_outcomes([GOOD], kept)

    assert read_lines(["asyncio-mutex", "asyncio-broadcaster"], kept) == [str(GOOD)]
    assert read_lines(["somebody-elses"], kept) == []


def test_outcomes_of_other_runtimes_stay(tmp_path: Path) -> None:
    """A later run of one runtime replaces its outcome and keeps those of the others."""
    kept = tmp_path / "autobahn.json"
    other = Outcome("trio", CASES, 0, 0, ())
    worse = Outcome("asyncio", CASES - 1, 0, 0, ("1.1.1",))

    write_outcomes([GOOD, other], kept)
    write_outcomes([worse], kept)

    assert read_lines(["asyncio-mutex", "trio-mutex"], kept) == [str(worse), str(other)]


@pytest.mark.parametrize("spoiled", ["missing", "not JSON", "of other code", "without it"])
def test_outcome_of_another_version_does_not_count(tmp_path: Path, spoiled: str) -> None:
    """Without a result for exactly this code, the line says how to get one."""
    kept = tmp_path / "autobahn.json"
    write_outcomes([] if spoiled == "without it" else [GOOD], kept)
    if spoiled == "missing":
        kept.unlink()
    elif spoiled == "not JSON":
        kept.write_text("{")
    elif spoiled == "of other code":
        kept.write_text(json.dumps(json.loads(kept.read_text()) | {"code": "0"}))

    assert read_lines(["asyncio-mutex"], kept) == [NOT_RUN]


def test_runtimes_are_named_once() -> None:
    """Each runtime of the registry comes once, however many servers it has."""
    assert len(runtimes()) == len(set(runtimes()))
    assert "asyncio" in runtimes()


@needs_kosoku
@pytest.mark.parametrize("runtime", runtimes())
def test_fault_in_the_codec_is_found(tmp_path: Path, runtime: str) -> None:
    """The cases find a codec that accepts text that is not UTF-8; the rest of it passes."""
    cases = ["1.*", "6.3.*", "6.6.1", "6.6.2"]
    with echo_url(runtime) as good, echo_url(runtime, "tests.hubbub.wrong_echo") as wrong:
        passing = fuzz("good", good, tmp_path / "good", cases=cases)
        failing = fuzz("wrong", wrong, tmp_path / "wrong", cases=cases)

    failures = list(read_failures(tmp_path / "wrong", failing))

    assert passing.failed == ()
    assert failing.failed == ("6.3.1", "6.3.2", "6.6.1")
    assert passing.cases == failing.cases == 20
    assert failures[0].startswith("6.3.1: Send invalid UTF-8 text message unfragmented.")


@needs_kosoku
def test_server_of_another_author_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The cases run against an echo at any address, and a page per case is left."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("conformance.autobahn.SECTIONS", ("1.1.1", "2.1"))
    with echo_url("asyncio") as url:
        code = main(["conform", "--autobahn", "--ws", url.split("/")[2]])

    said = capsys.readouterr().out.splitlines()
    assert said[0] == "address: only 2 of 247 cases, 2 ok, 0 non-strict, 0 informational, 0 failed"
    assert said[1] == "  each case: report/autobahn/address/index.html"
    assert (tmp_path / "report/autobahn/address/index.html").is_file()
    assert code == 1  # not all cases ran


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "--autobahn takes servers by id, or one by --command, or one by --ws"),
        (["asyncio-mutex", "--ws", "127.0.0.1:1"], "--autobahn takes servers by id"),
        (["asyncio-mutex", "--quick"], "--autobahn runs no rules, so it does not go with --quick"),
        (["no-such"], "there is no server no-such, see hubbub list"),
        (["asyncio-mutex", "--path", "/"], "--path is for a server of your own"),
        (["--command", "x {tcp}"], "--command names no WebSocket address"),
        (["--ws", "127.0.0.1:1"], "nothing listens at 127.0.0.1:1"),
    ],
)
def test_misuse_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], reason: str
) -> None:
    """What cannot be judged is refused with a line that says why."""
    assert main(["conform", "--autobahn", *arguments]) == 2

    [line] = capsys.readouterr().err.splitlines()
    assert reason in line


def test_missing_client_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the fuzzing client one line says how to install it."""
    monkeypatch.setattr("conformance.autobahn.find_spec", lambda _: None)

    assert main(["conform", "--autobahn", "asyncio-mutex"]) == 2

    assert capsys.readouterr().err == (
        "hubbub: the Autobahn cases need kosoku: pip install 'hubbub[autobahn]'\n"
    )

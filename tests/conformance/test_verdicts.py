"""How a run of the suite becomes verdicts: judged with small wrong servers."""

import re
from pathlib import Path

from conformance.results import Run
from conformance.verdicts import worst
from tests.conformance.judging import judge, pytest_run


TEXT_TEST = '''
@rule("commands.text")
def test_text(clients):
    """Text goes to everyone."""
    anna, ben = clients("anna", "ben")

    ben.say("hi")

    anna.expect("ben: hi")
'''


def test_right_server_passes(tmp_path: Path) -> None:
    """A server that does what the rule says passes, at the door it has."""
    runs = judge(tmp_path, TEXT_TEST)

    assert _verdicts(runs) == {"tcp": "pass", "ws": "not applicable"}
    assert runs[0].rule == "commands.text"
    assert runs[0].server == "wrong_chat.py"
    assert runs[0].claim == "Text goes to everyone."


def test_wrong_server_fails_with_a_human_sentence(tmp_path: Path) -> None:
    """A failure says who expected what and what came instead."""
    run = judge(tmp_path, TEXT_TEST, fault="mishears")[0]

    assert run.verdict == "fail"
    assert run.message == "anna expected 'ben: hi' and got 'ben: ho'"


def test_failure_is_drawn(tmp_path: Path) -> None:
    """A failure of a test with few lines shows what its clients said and got, and no more."""
    run = judge(tmp_path, TEXT_TEST, fault="mishears")[0]

    assert "says hi" in run.history_text
    assert "rename" not in run.history_text
    assert run.history_svg.startswith("<svg")


def test_drawing_points_at_what_came_and_at_what_should_have(tmp_path: Path) -> None:
    """What a test expected is drawn as missing, what came in its place as wrong."""
    run = judge(tmp_path, TEXT_TEST, fault="mishears")[0]

    assert re.search(r"● gets ho\b", run.history_text)
    assert re.search(r"✗ no hi\b", run.history_text)


def test_clients_end_with_their_test(tmp_path: Path) -> None:
    """What the clients of one test have heard is out of memory when the next one begins."""
    source = """
import gc, weakref

@rule("commands.text")
def test_first(connect, request):
    request.config.earlier = weakref.ref(connect("anna"))

@rule("commands.say")
def test_second(connect, request):
    gc.collect()
    assert request.config.earlier() is None
"""
    runs = judge(tmp_path, source)

    assert [run.verdict for run in runs if run.door == "tcp"] == ["pass", "pass"]


def test_broken_promise_is_drawn_at_its_smallest(tmp_path: Path) -> None:
    """A failure that the history checker found shows the smallest history, not the talk of all."""
    source = """
from conformance.swarm import Swarm

@rule("order.speaker")
def test_order(swarm):
    swarm(talkers=3, lines_each=30).assert_keeps("order.speaker")
"""
    run = judge(tmp_path, source, fault="swaps")[0]

    assert run.message.startswith("anna got ")
    assert len(run.history_text.splitlines()) < 12


def test_absence_is_proved_with_a_fence(tmp_path: Path) -> None:
    """A line that must not come is found, though nobody waited for it."""
    source = """
@rule("commands.text")
def test_text(clients):
    anna, ben = clients("anna", "ben")
    anna.wait_for(ben.send_fence())

    fence = ben.send_fence()

    anna.expect_nothing_but(fence)
"""
    run = judge(tmp_path, source, fault="stutters")[0]

    assert run.verdict == "fail"
    assert run.message.startswith("anna expected nothing before the fence")


def test_server_that_does_not_start_fails(tmp_path: Path) -> None:
    """A server that ends before it is ready fails, with what it said last."""
    run = judge(tmp_path, TEXT_TEST, "--command=python -c 'raise SystemExit(7)' {tcp}")[0]

    assert run.verdict == "fail"
    assert "ended before it was ready: exit code 7" in run.message


def test_unknown_is_neither_pass_nor_fail(tmp_path: Path) -> None:
    """A test that says it proved nothing is unknown, with its reason."""
    source = """
@rule("commands.text")
def test_text(clients):
    raise Unknown("nobody overlapped")
"""
    run = judge(tmp_path, source)[0]

    assert (run.verdict, run.message) == ("unknown", "nobody overlapped")


def test_unknown_is_red_under_plain_pytest(tmp_path: Path) -> None:
    """For pytest a rule that was not exercised is a failure: a MUST has to be."""
    source = """
@rule("start.ready")
def test_ready(launch):
    raise Unknown("nobody looked")
"""
    assert pytest_run(tmp_path, source).returncode == 1


def test_info_rule_never_fails(tmp_path: Path) -> None:
    """What goes wrong while measuring is unknown; what was measured is kept."""
    source = """
@rule("limits.memory")
def test_memory(clients, measured):
    measured("41 KiB per client")
    assert 1 > 2
"""
    run = judge(tmp_path, source)[0]

    assert run.verdict == "unknown"
    assert run.measured == ("41 KiB per client",)


CUT_OFF_TEST = """
@rule("slow.cut-off")
def test_cut_off(clients):
    assert 1 > 2
"""


def test_declared_should_is_shown_so(tmp_path: Path) -> None:
    """A SHOULD that the policy declares is not failed, and the reason is kept."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[declared]\n"slow.cut-off" = "a ticker drops"\n')

    run = judge(tmp_path, CUT_OFF_TEST, f"--policy={policy}")[0]

    assert (run.verdict, run.message) == ("declared", "a ticker drops")


def test_undeclared_should_fails(tmp_path: Path) -> None:
    """Without a policy a SHOULD fails like a MUST."""
    assert judge(tmp_path, CUT_OFF_TEST)[0].verdict == "fail"


def test_declared_must_is_an_error(tmp_path: Path) -> None:
    """A policy that declares a MUST away is refused before anything runs."""
    policy = tmp_path / "policy.toml"
    policy.write_text('[declared]\n"commands.text" = "we mishear"\n')

    finished = pytest_run(tmp_path, TEXT_TEST, f"--policy={policy}")

    assert finished.returncode == 4
    assert "commands.text is a MUST, which cannot be declared away" in finished.stderr


SETTINGS_TEST = """
@rule("limits.full")
@settings(max_clients=1)
def test_full(clients):
    clients("anna")
"""


def test_server_without_settings_is_unknown_where_one_is_needed(tmp_path: Path) -> None:
    """A policy may say that no settings are taken; such a rule cannot be exercised."""
    policy = tmp_path / "policy.toml"
    policy.write_text('settings = "none"\n')

    run = judge(tmp_path, SETTINGS_TEST, f"--policy={policy}")[0]

    assert run.verdict == "unknown"
    assert run.message == "it takes no settings, and the test needs max_clients=1"


def test_settings_are_in_the_environment(tmp_path: Path) -> None:
    """A command that has no place for flags gets its settings as variables."""
    source = """
@rule("start.settings")
@settings(idle_timeout=0.5, allow_origin=["a", "b"])
def test_settings(server, measured):
    assert False, server.stdout_text()
"""
    command = f"{tmp_path}/server {{tcp}}"
    script = tmp_path / "server"
    script.write_text(
        "#!/bin/sh\n"
        'echo "$HUBBUB_IDLE_TIMEOUT $HUBBUB_ALLOW_ORIGIN $HUBBUB_MAX_LINE."\n'
        'echo "hubbub sh ready tcp=$1 ws=$1"\n'  # last: then the test begins
        "exec sleep 60\n"
    )
    script.chmod(0o755)

    run = judge(tmp_path, source, f"--command={command}")[0]

    assert "0.5 a,b ." in run.message


def test_quick_run_leaves_slow_rules_out(tmp_path: Path) -> None:
    """A rule that takes long is left out of a quick run, and the run says so."""
    source = """
@rule("commands.text")
@slow_rule("talks for a minute")
def test_text(clients):
    raise AssertionError
"""
    run = judge(tmp_path, source, "--quick")[0]

    assert (run.verdict, run.message) == ("left out", "talks for a minute")


def test_rest_is_what_a_quick_run_leaves_out(tmp_path: Path) -> None:
    """The two together are every test of every rule, and none twice."""
    source = """
@rule("commands.text")
def test_first(door):
    pass


@rule("commands.text")
def test_second(door):
    pass


@rule("commands.who")
@slow_rule("talks for a minute")
def test_slow(door):
    pass
"""

    def ran(*flags: str) -> list[tuple[str, str]]:
        runs = judge(tmp_path, source, *flags)
        return sorted((run.test, run.door) for run in runs if run.verdict == "pass")

    quick, rest = ran("--quick"), ran("--rest")

    assert {test.rpartition("::")[2] for test, _ in quick} == {"test_first"}
    assert {test.rpartition("::")[2] for test, _ in rest} == {"test_second", "test_slow"}
    assert sorted(quick + rest) == ran()


def test_one_door_run_judges_each_rule_at_one_door(tmp_path: Path) -> None:
    """Each rule that holds at both doors is judged at one; the next rule at the other."""
    source = "".join(
        f"""
@rule("{rule}")
def test_{number}(door):
    assert door in ("tcp", "ws")
"""
        for number, rule in enumerate(("commands.text", "commands.who", "commands.say"))
    )

    runs = judge(tmp_path, source, "--one-door")

    assert [(run.rule, run.door) for run in runs] == [
        ("commands.text", "tcp"),
        ("commands.who", "ws"),
        ("commands.say", "tcp"),
    ]


def test_only_the_rules_asked_for_run(tmp_path: Path) -> None:
    """Tests of other rules do not run."""
    runs = judge(tmp_path, TEXT_TEST + CUT_OFF_TEST, "--rules=slow")

    assert {run.rule for run in runs} == {"slow.cut-off"}


def test_test_of_an_unknown_rule_is_an_error(tmp_path: Path) -> None:
    """A test cannot carry an id that PROTOCOL.md has not."""
    finished = pytest_run(tmp_path, '@rule("commands.txt")\ndef test_it(clients): ...\n')

    assert finished.returncode == 2
    assert "did you mean commands.text?" in finished.stdout


def test_worst_test_decides() -> None:
    """A rule fails if any test does, and passes only if all do that apply."""
    assert worst(["pass", "unknown", "fail"]) == "fail"
    assert worst(["pass", "unknown"]) == "unknown"
    assert worst(["pass", "not applicable"]) == "pass"
    assert worst([]) == "unknown"


def _verdicts(runs: list[Run]) -> dict[str, str]:
    return {run.door: run.verdict for run in runs}

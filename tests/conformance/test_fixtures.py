"""The fixtures of a rule test end what they made, and prove absence with a fence."""

from pathlib import Path

from tests.conformance.judging import judge


def test_clients_end_with_their_test(tmp_path: Path) -> None:
    """The lines that one test's clients got are out of memory when the next test begins."""
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


def test_absence_is_proved_with_a_fence(tmp_path: Path) -> None:
    """A line that must not come is found, though the test did not wait for it."""
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

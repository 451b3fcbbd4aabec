"""What is recorded of one run of a test: its verdict, the reason, and a drawing."""

import re
from collections.abc import Sequence
from typing import cast

import pytest

from conformance.checker import History, Violation
from conformance.clients import Client
from conformance.contenders import Contender
from conformance.diagram import as_svg, as_text
from conformance.dialect import Dialect
from conformance.expectations import Mismatch
from conformance.policy import Policy
from conformance.protocol import Rule
from conformance.results import Run
from conformance.server import NotReady, Server
from conformance.swarm import BrokenPromise
from conformance.timing import TICK
from conformance.verdicts import Unknown, Verdict


__all__ = ["CLIENTS", "DIALECT", "LEFT_OUT", "PASSED_OVER", "SERVERS", "run_of", "shown_of"]

CLIENTS = pytest.StashKey[list[Client]]()  # the clients of the running test
DIALECT = pytest.StashKey[Dialect | None]()  # of the servers that are judged
PASSED_OVER = pytest.StashKey[list[str]]()  # lines of the running test that no dialect has
SERVERS = pytest.StashKey[list[Server]]()  # the servers that it has started
LEFT_OUT = "left out of a quick run: "  # how the reason of such a skip begins

_MOST_LINES_DRAWN = 40
_CRASH_WITHIN = 2 * TICK  # a process ends a moment after its connections
# Hints for a terminal, which pytest adds to the message of an assertion.
_NOISE = re.compile(r"^ *(Use -v to get|Omitting \d+|\.\.\.Full output).*\n?", re.MULTILINE)


def run_of(
    item: pytest.Item, rule: Rule, duration_s: float, call: pytest.CallInfo[None], policy: Policy
) -> Run:
    """Return the record of a run that has just ended."""
    assert isinstance(item, pytest.Function)
    verdict, message = _judge(rule, call, policy)
    error = call.excinfo.value if call.excinfo is not None else None
    clients = item.stash.get(CLIENTS, [])
    shown = shown_of(error, rule.id, message, clients) if verdict == "fail" else None
    if verdict in ("fail", "unknown") and not isinstance(error, NotReady):
        message = _with_crash(message, item.stash.get(SERVERS, []))
    history_text, history_svg = _drawn(shown) if shown else ("", "")
    params = item.callspec.params
    return Run(
        rule=rule.id,
        server=cast("Contender", params["contender"]).id,
        door=cast("str", params.get("door", "-")),
        test=item.originalname,
        claim=_claim(item.function.__doc__ or ""),
        verdict=verdict,
        message=message,
        measured=tuple(str(text) for name, text in item.user_properties if name == "measured"),
        history_text=history_text,
        history_svg=history_svg,
        duration_s=round(duration_s, 3),
    )


def _with_crash(message: str, servers: list[Server]) -> str:
    """Return a message that begins with the server that crashed, if one did."""
    crashed = [crash for server in servers if (crash := server.crash(_CRASH_WITHIN))]
    return "\n".join([*crashed, message])


def _claim(docstring: str) -> str:
    """Return the first paragraph as one line, with its code marked as PROTOCOL.md marks it."""
    return " ".join(docstring.partition("\n\n")[0].split()).replace("``", "`")


def shown_of(
    error: BaseException | None, rule_id: str, message: str, clients: Sequence[Client]
) -> Violation | None:
    """Return what to draw of a failure: what the checker found, else everything if it is little."""
    if isinstance(error, BrokenPromise):
        return error.violation
    sessions = {client.label: client.act() for client in clients}
    lines = sum(len(session.received) + len(session.sent) for session in sessions.values())
    if not 0 < lines <= _MOST_LINES_DRAWN:
        return None
    sentence, witness = message.partition("\n")[0], History(tuple(sessions.values()))
    if not isinstance(error, Mismatch):
        return Violation(rule_id, sentence, witness)
    absent = tuple((label, line) for label, line in error.absent if label in sessions)
    return Violation(rule_id, sentence, witness, error.blamed, absent)


def _drawn(shown: Violation) -> tuple[str, str]:
    try:
        # The text's first paragraph repeats the rule and the sentence.
        text = as_text(shown.witness, shown).partition("\n\n")[2]
        return text, as_svg(shown.witness, shown)
    except Exception as error:  # no verdict is lost because of a picture
        return f"(what happened could not be drawn: {error!r})", ""


def _judge(rule: Rule, call: pytest.CallInfo[None], policy: Policy) -> tuple[Verdict, str]:
    if call.excinfo is None:
        return "pass", ""
    error = call.excinfo.value
    message = str(error) if isinstance(error, AssertionError) else call.excinfo.exconly()
    message = _NOISE.sub("", message)
    if isinstance(error, pytest.skip.Exception):
        message = str(error)
        if message.startswith(LEFT_OUT):
            return "left out", message.removeprefix(LEFT_OUT)
        return "not applicable", message
    if isinstance(error, Unknown):
        return "unknown", str(error)
    if isinstance(error, BrokenPromise):
        message = error.violation.sentence
    if rule.level == "INFO":
        return "unknown", message
    reason = policy.declared.get(rule.id)
    if reason is not None:
        return "declared", reason
    return "fail", message

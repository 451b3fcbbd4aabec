"""Which tests a server can be asked that has a dialect.

A test that needs a word which the dialect does not have is not applicable. Most tests say
themselves what they need: they expect a line, or say a command. The tables here have the others.
"""

from typing import NoReturn

from conformance.dialect import Dialect


__all__ = [
    "ABOUT_NO_STAYS",
    "NEEDS",
    "TEST_NEEDS",
    "USUAL_LIMIT",
    "cannot_say",
    "lacking",
    "word_of",
]

ABOUT_NO_STAYS = ("framing", "flood", "websocket", "http", "liveness", "limits")
"""Areas in which an arrival or a departure is by the way: a dialect without them misses little."""

USUAL_LIMIT = 4096  # bytes of the longest line in PROTOCOL.md

# By rule or area, what each of its tests needs.
NEEDS: dict[str, tuple[str, ...]] = {
    "start.ready": ("ready line",),
    "names": ("names",),
    "commands.text": ("echo",),
    "commands.who": ("commands",),
    "commands.say": ("commands",),
    "commands.help": ("commands",),
    "commands.unknown": ("commands",),
    "commands.quit": ("commands",),
    "commands.forge": ("chat",),
    "framing.no-http": ("first line",),
    "framing.limit": ("limit",),
    "framing.too-long": ("limit",),
    "framing.too-long-close": ("limit",),
    "liveness.idle": ("timed-out",),
    "liveness.line-resets": ("timed-out",),
    "liveness.pong-wait": ("timed-out",),
    "limits.full": ("error",),
    "limits.freed": ("left",),
    "logging.arrivals": ("log",),
    "membership.welcome": ("roster",),
    "membership.joined": ("joined",),
    "membership.left-once": ("left",),
    "membership.half-close": ("echo",),
    "membership.churn": ("joined", "left"),
    "order.membership": ("welcome", "left"),
    "slow.last-word": ("error", "left"),
    "slow.write-timeout": ("too-slow",),
    "slow.block": ("left",),
    "http.upgrade-required": ("/ws",),
}
# The same for single tests that expect a line in a form which the dialect cannot look through.
TEST_NEEDS: dict[str, tuple[str, ...]] = {
    "test_newcomers_at_one_time_know_of_one_another": ("roster",),
    "test_who_has_its_welcome_gets_what_is_said_next": ("welcome",),
    "test_who_hears_of_a_newcomer_can_reach_it": ("joined",),
    "test_newcomer_gets_everything_from_its_arrival_on": ("joined",),
    "test_no_arrival_splits_the_room": ("joined", "left"),
    "test_coming_and_going_costs_nobody_a_line": ("joined", "left"),
    "test_room_tells_the_other_door_who_comes_and_goes": ("names",),
    "test_what_comes_right_behind_the_opening_counts": ("welcome",),
    "test_too_long_lines_are_refused_one_by_one": ("error",),
    "test_health_counts_each_that_is_told": ("first line",),
    "test_health_counts_no_delivery_to_who_overflows": ("first line",),
    "test_rush_of_newcomers_is_told_to_everyone": ("joined",),
    "test_rush_of_departures_is_told_to_who_remains": ("left",),
    "test_who_takes_a_little_all_the_time_is_not_cut_off": ("roster",),
    "test_slow_but_steady_reader_is_waited_for": ("roster",),
    "test_burst_of_broken_lines_is_answered": ("error",),
    "test_silent_client_times_out_all_the_same": ("timed-out",),
    "test_acceptor_goes_on_when_there_are_descriptors_again": ("welcome",),
    "test_frozen_client_does_not_keep_it": ("welcome",),
    "test_last_line_may_be_the_longest": ("limit",),
    "test_carriage_return_does_not_count_as_length": ("limit",),
    "test_fragments_up_to_the_limit_are_no_offence": ("limit",),
}
_KINDS = {
    "* you are ": "welcome",
    "* online (": "roster",
    "* server is ": "farewell",
    "* commands: ": "commands",
    "! ": "error",
}
_ENDINGS = {
    " joined": "joined",
    " left": "left",
    " was too slow": "too-slow",
    " timed out": "timed-out",
}
_LACKS = {
    "ready line": "PROTOCOL.md alone has a ready line",
    "names": "in a dialect the suite gives the names",
    "commands": "a dialect has no commands",
    "roster": "a dialect has no roster",
    "first line": "in a dialect the first line of a client is a hello of the suite",
    "log": "a dialect says nothing of a log",
    "echo": "its speakers do not get their own lines back",
    "limit": "it has another limit for a line",
    "/ws": "its WebSocket is at another path",
}


def lacking(dialect: Dialect, rule_id: str, test: str) -> str | None:
    """Return why a test is not applicable to a server with that dialect, or None."""
    needed = (
        *NEEDS.get(rule_id, ()),
        *NEEDS.get(rule_id.partition(".")[0], ()),
        *TEST_NEEDS.get(test, ()),
    )
    has = {*dialect.lines}
    has |= {"echo"} if dialect.echo else set()
    has |= {"limit"} if dialect.max_line in (None, USUAL_LIMIT) else set()
    has |= {"/ws"} if dialect.path == "/ws" else set()
    for word in needed:
        if word not in has:
            return _LACKS.get(word, f"its dialect has no {word!r} line")
    return None


def word_of(line: str) -> str | None:
    """Return which kind of line of PROTOCOL.md this is; None for a line of talk."""
    for start, word in _KINDS.items():
        if line.startswith(start):
            return word
    if line.startswith("* "):
        for end, word in _ENDINGS.items():
            if line.endswith(end):
                return word
        return "names"  # * OLD is now NEW
    return None


def cannot_say(reason: str) -> NoReturn:
    """Skip the running test: for this server it is not applicable."""
    import pytest  # imported here: only a test can be skipped

    pytest.skip(reason)

"""The fan-out: a room with outboxes that take messages or refuse them."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from implementations.core.causes import Cause
from implementations.core.commands import Rename, Say, Who
from implementations.core.counted_room import Stats
from implementations.core.errors import HubClosed, RoomFull
from implementations.core.fanout import Fanout
from implementations.core.message import Message


class FakeOutbox:
    """An outbox that is full when the test says so, and that fails when it is misused."""

    def __init__(self, free: int = 1_000_000) -> None:
        self.free = free  # how many messages it still takes
        self.lines: list[str] = []
        self.refused = False
        self.cause: Cause | None = None

    def offer(self, message: Message, exempt: bool = False) -> bool:
        assert self.cause is None, "offered to after its goodbye"
        assert not self.refused, "offered to after it refused"
        if self.free == 0 and not exempt:
            self.refused = True
            return False
        self.free -= not exempt
        self.lines += message.tcp.decode().splitlines()
        return True

    def close(self, cause: Cause) -> None:
        assert self.cause is None, "closed twice"
        self.cause = cause


def fanout_of(*outboxes: FakeOutbox, max_clients: int = 10) -> Fanout:
    """Return a fan-out whose members 0, 1, … have ``outboxes``, and the names a, b, …"""
    fanout = Fanout(max_clients)
    for client_id, outbox in enumerate(outboxes):
        fanout.join(client_id, f"127.0.0.1:{client_id}", outbox)
        fanout.submit(client_id, Rename(chr(ord("a") + client_id)))
    for outbox in outboxes:
        outbox.lines.clear()
    return fanout


def test_newcomer_gets_its_welcome_first() -> None:
    """A newcomer's outbox begins with its welcome; the other outboxes get its arrival."""
    anna, zoe = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna)

    fanout.join(1, "127.0.0.1:1", zoe)
    fanout.submit(0, Say("hello"))

    assert anna.lines == ["* 127.0.0.1:1 joined", "a: hello"]
    assert zoe.lines == ["* you are 127.0.0.1:1", "* online (2): a, 127.0.0.1:1", "a: hello"]


def test_refused_newcomer_is_offered_nothing() -> None:
    """When a full room refuses a newcomer, nobody hears of it, not even the newcomer."""
    anna, late = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, max_clients=1)

    with pytest.raises(RoomFull):
        fanout.join(1, "127.0.0.1:1", late)
    fanout.submit(0, Say("hello"))

    assert (anna.lines, late.lines) == (["a: hello"], [])


def test_answer_reaches_the_asker_alone() -> None:
    """An answer for one client is offered to that client only."""
    anna, ben = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben)

    fanout.submit(0, Who())

    assert (anna.lines, ben.lines) == (["* online (2): a, b"], [])


def test_departure_closes_the_outbox_and_tells_the_others() -> None:
    """A departure closes the leaver's outbox with the cause, and only the others hear of it."""
    anna, ben = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben)

    fanout.leave(1, Cause.TIMED_OUT)
    fanout.leave(1, Cause.LEFT)

    assert (ben.cause, ben.lines) == (Cause.TIMED_OUT, [])
    assert anna.lines == ["* b timed out"]


def test_full_outbox_is_cut_off_and_its_departure_named() -> None:
    """A member that overflows during a step has left when it ends, and the others know why."""
    anna, ben = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben)
    ben.free = 0

    fanout.submit(0, Say("hello"))

    assert ben.cause is Cause.TOO_SLOW
    assert anna.lines == ["a: hello", "* b was too slow"]


@pytest.mark.parametrize(("cause", "evictions"), [(Cause.TOO_SLOW, 1), (Cause.LEFT, 0)])
def test_eviction_is_counted(cause: Cause, evictions: int) -> None:
    """A member that leaves because it was too slow counts as evicted, once."""
    fanout = fanout_of(FakeOutbox())

    fanout.leave(0, cause)
    fanout.leave(0, cause)

    assert fanout.stats().evictions == evictions


def test_departure_overflows_nobody() -> None:
    """A member that is cut off cuts off nobody else: even a full outbox takes its departure."""
    anna, ben, cara, dan = (FakeOutbox() for _ in range(4))
    fanout = fanout_of(anna, ben, cara, dan)
    ben.free, cara.free, dan.free = 0, 0, 1

    fanout.submit(0, Say("hello"))

    departures = ["* b was too slow", "* c was too slow"]
    assert anna.lines == ["a: hello", *departures]
    assert dan.lines == ["a: hello", *departures]
    assert [ben.cause, cara.cause, dan.cause] == [Cause.TOO_SLOW, Cause.TOO_SLOW, None]


def test_answer_can_be_what_overflows_its_asker() -> None:
    """A member that cannot take the answer to its own question is cut off, too."""
    anna, ben = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben)
    ben.free = 0

    fanout.submit(1, Who())

    assert ben.cause is Cause.TOO_SLOW
    assert anna.lines == ["* b was too slow"]


def test_refused_message_is_the_last_that_is_offered() -> None:
    """An outbox that refused a message is offered nothing more, even if it has room again."""
    anna, ben, cara = FakeOutbox(), FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben, cara)
    ben.free = cara.free = 0  # both refuse the same message; then come their departures

    fanout.submit(0, Say("hello"))

    assert (ben.lines, cara.lines) == ([], [])
    assert anna.lines == ["a: hello", "* b was too slow", "* c was too slow"]


def test_closing_sees_everyone_off_once() -> None:
    """Closing announces the shutdown and closes every outbox, once, however often it is asked."""
    anna, ben = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben)

    fanout.close()
    fanout.close()

    for outbox in (anna, ben):
        assert outbox.lines == ["* server is shutting down"]
        assert outbox.cause is Cause.SHUTDOWN


def test_full_outbox_is_no_eviction_any_more_once_all_must_go() -> None:
    """A member whose outbox is full at the shutdown leaves because of it, like all others."""
    anna, ben = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben)
    ben.free = 0

    fanout.close()

    assert ben.cause is Cause.SHUTDOWN
    assert fanout.stats().evictions == 0
    assert anna.lines == ["* server is shutting down"]


def test_closed_fanout_takes_nobody_and_nothing() -> None:
    """After ``close`` newcomers are refused, and commands have no effect."""
    anna, late = FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna)
    fanout.close()

    with pytest.raises(HubClosed):
        fanout.join(1, "127.0.0.1:1", late)
    fanout.submit(0, Say("hello"))
    fanout.leave(0, Cause.LEFT)

    assert anna.lines == ["* server is shutting down"]
    assert (late.lines, late.cause) == ([], None)


def test_numbers_count_what_happened() -> None:
    """Messages count what members said; deliveries count outboxes that took a line for all."""
    anna, ben, cara = FakeOutbox(), FakeOutbox(), FakeOutbox()
    fanout = fanout_of(anna, ben, cara)
    before = fanout.stats()
    cara.free = 0

    fanout.submit(0, Say("hello"))  # two members take it, and then the departure of the third
    fanout.submit(2, Say("I am not here any more"))
    fanout.submit(1, Who())

    assert before == Stats(clients=3, messages=0, deliveries=0 + 1 + 1 + 2 + 2 + 3, evictions=0)
    assert fanout.stats() == Stats(
        clients=2, messages=1, deliveries=before.deliveries + 2 + 2, evictions=1
    )


FOR_ONE = ("* you are ", "* online ", "! ")


class FanoutMachine(RuleBasedStateMachine):
    """Members come, talk, overflow and go, and a witness reads everything."""

    @initialize()
    def open_room(self) -> None:
        self.fanout = Fanout(6)
        self.witness = FakeOutbox()
        self.outboxes = {0: self.witness}
        self.begins = {0: 0}  # the place in the witness's lines where each stay begins
        self.messages = 0
        self.closed = False
        self.fanout.join(0, "127.0.0.1:0", self.witness)

    def somebody(self, data: st.DataObject) -> int:
        """Return a client that has been in the room, but not the witness."""
        return data.draw(st.integers(1, max(1, len(self.outboxes) - 1)))

    def is_in(self, client_id: int) -> bool:
        return client_id in self.outboxes and self.outboxes[client_id].cause is None

    @rule(free=st.integers(0, 12))
    def join(self, free: int) -> None:
        client_id, outbox = len(self.outboxes), FakeOutbox(free)
        if self.closed:
            with pytest.raises(HubClosed):
                self.fanout.join(client_id, f"127.0.0.1:{client_id}", outbox)
        elif sum(map(self.is_in, self.outboxes)) == 6:
            with pytest.raises(RoomFull):
                self.fanout.join(client_id, f"127.0.0.1:{client_id}", outbox)
        else:
            said_before = len(self.witness.lines)
            self.fanout.join(client_id, f"127.0.0.1:{client_id}", outbox)
            self.outboxes[client_id] = outbox
            self.begins[client_id] = said_before + 1  # it does not hear of its own arrival

    @rule(data=st.data(), text=st.sampled_from(["hi", "* b left", "! no", "* you are x"]))
    def say(self, data: st.DataObject, text: str) -> None:
        client_id = self.somebody(data)
        self.messages += self.is_in(client_id)
        self.fanout.submit(client_id, Say(text))

    @rule(data=st.data(), name=st.sampled_from("abcdef:"))
    def rename(self, data: st.DataObject, name: str) -> None:
        self.fanout.submit(self.somebody(data), Rename(name))

    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        self.fanout.submit(self.somebody(data), Who())

    @rule(data=st.data(), cause=st.sampled_from(Cause))
    def leave(self, data: st.DataObject, cause: Cause) -> None:
        client_id = self.somebody(data)
        was_in = self.is_in(client_id)

        self.fanout.leave(client_id, cause)

        assert not was_in or self.outboxes[client_id].cause is cause

    @precondition(lambda self: len(self.outboxes) > 5)
    @rule()
    def close(self) -> None:
        self.fanout.close()

        self.closed = True
        assert not any(map(self.is_in, self.outboxes))

    @invariant()
    def nothing_is_left_undone(self) -> None:
        for outbox in self.outboxes.values():
            assert not outbox.refused or outbox.cause in (Cause.TOO_SLOW, Cause.SHUTDOWN)

    @invariant()
    def everyone_hears_one_stretch_of_one_order(self) -> None:
        everything = self.for_all(self.witness)
        for client_id, outbox in self.outboxes.items():
            begin, heard = self.begins[client_id], self.for_all(outbox)
            if client_id:
                begin -= 2  # the witness's welcome is in its lines, but not in ``everything``
            assert heard == everything[begin : begin + len(heard)]
            if outbox.cause is None:
                assert begin + len(heard) == len(everything)

    @invariant()
    def numbers_are_right(self) -> None:
        slow = [line for line in self.witness.lines if line.endswith(" was too slow")]
        left_as_slow = [o for o in self.outboxes.values() if o.cause is Cause.TOO_SLOW]
        stats = self.fanout.stats()

        assert len(slow) == len(left_as_slow)
        assert stats == Stats(
            clients=sum(map(self.is_in, self.outboxes)),
            messages=self.messages,
            deliveries=sum(len(self.for_all(outbox)) for outbox in self.outboxes.values()),
            evictions=len(left_as_slow),
        )

    @staticmethod
    def for_all(outbox: FakeOutbox) -> list[str]:
        """Return the lines for all that ``outbox`` took."""
        return [line for line in outbox.lines if not line.startswith(FOR_ONE)]


def test_any_history_keeps_the_promises() -> None:
    """Whichever outboxes overflow, no member has a gap, and each departure is told and counted."""
    run_state_machine_as_test(FanoutMachine)

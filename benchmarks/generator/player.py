"""The Python generator at work: connect the clients, say the plan's messages, wait for deliveries.

One thread, one selector. The methods have the names of the functions in generator.c and stand in
the same order.
"""

from __future__ import annotations

import argparse
import selectors
import time
from contextlib import suppress

from benchmarks.generator.client import Client, CutOff
from benchmarks.generator.ledger import Failed, Ledger
from benchmarks.generator.payload import payload
from benchmarks.samples import COUNTED, CUT_OFF, FENCE


__all__ = ["Player"]

_BATCH_CLIENTS = 64  # connected at once: fits every listen backlog and every outbox
_MAX_FENCES = 20  # a fence that did not reach every client is said again
_MAX_CHURNERS = 256
_MAX_GIVEN_UP = 5  # the run is void by then, and goes no further
_HANDSHAKE_S = 10.0
_NS = 1_000_000_000
_RESEND_NS = _NS // 4


class Player:
    """Plays one run: `connect_all`, then `play` for each phase.

    Attributes:
        ledger: what was said and heard.
        waited_ns: how long it waited for something to arrive.
        found, queued: sockets that were found readable; those of them found with many others.
        behind: the server did not keep up with the plan.
    """

    def __init__(self, options: argparse.Namespace, ledger: Ledger) -> None:
        self.ledger = ledger
        self.waited_ns = 0
        self.found = self.queued = 0
        self.behind = False
        self._options = options
        self._clients: list[Client] = []
        self._churners: list[Client] = []
        self._opened = 0  # churners so far
        self._selector = selectors.DefaultSelector()
        self._stalled_now = 0
        self._deadline_ns = 0
        # With this many sockets readable at once, the last one read waits noticeably long.
        self._many = min(max(options.clients // 64, 4), 64)
        self.start_clock()

    def start_clock(self) -> None:
        """Start the time until the deadline again."""
        self._deadline_ns = time.monotonic_ns() + int(self._options.deadline * _NS)

    def reset_counts(self) -> None:
        """Forget what was waited, found and received so far."""
        self.waited_ns = self.found = self.queued = self.ledger.received_bytes = 0

    # ---- waiting ----

    def _lost_client(self, client: Client, ended: CutOff) -> None:
        """Take leave of a client; only churners and stalled clients may be cut off."""
        if not client.churner:
            if not client.stalled:
                raise ended
            self.ledger.record(client.index, CUT_OFF, time.monotonic_ns())
            self._stalled_now -= 1
        client.hang_up()

    def _wait_for_events(self, wait_ns: int) -> list[tuple[selectors.SelectorKey, int]]:
        """Return the sockets that are ready: at once, or after at most ``wait_ns``."""
        until_ns = time.monotonic_ns() + wait_ns
        events = self._selector.select(0)
        while not events and self._options.poll and time.monotonic_ns() < until_ns:
            events = self._selector.select(0)
        if events or self._options.poll or wait_ns <= 0:
            return events
        return self._selector.select(wait_ns / _NS)

    def _pump(self, wait_ns: int) -> None:
        """Handle every socket that is ready now, or becomes ready within ``wait_ns``."""
        began_ns = time.monotonic_ns()
        if began_ns > self._deadline_ns:
            raise Failed(f"not done after {self._options.deadline:g} s")
        events = self._wait_for_events(wait_ns)
        self.waited_ns += time.monotonic_ns() - began_ns
        self.found += len(events)
        if len(events) >= self._many:
            self.queued += len(events)
        for key, ready in events:
            client: Client = key.data
            try:
                if client.socket is not None and ready & selectors.EVENT_WRITE:
                    client.flush()
                if client.socket is not None and ready & selectors.EVENT_READ:
                    client.hear()
            except CutOff as ended:
                self._lost_client(client, ended)

    # ---- saying ----

    def say(self, message: int, intended_ns: int) -> None:
        """Send a message now; it was due at ``intended_ns``."""
        ledger = self.ledger
        text = payload(message, self._options.payload_bytes)
        ledger.intended_ns[message] = intended_ns
        ledger.missing[message] += len(self._clients) - self._stalled_now
        ledger.sent_ns[message] = time.monotonic_ns()
        self._clients[ledger.speaker[message]].send_text(text)

    def complete(self, message: int, quiet_ns: int) -> bool:
        """Wait until every client has the message; False if nothing came for ``quiet_ns``."""
        self.ledger.heard_at_ns = time.monotonic_ns()
        while self.ledger.missing[message] > 0:
            left_ns = self.ledger.heard_at_ns + quiet_ns - time.monotonic_ns()
            if left_ns <= 0:
                return False
            self._pump(left_ns)
        return True

    def _fence(self) -> None:
        """Say messages until one of them reaches every client: then all clients are in the room.

        One message is enough if the server answers a handshake only when the client is in the
        room. A server that answers earlier may let the client in after the first message.
        """
        for _ in range(_MAX_FENCES):
            message = self.ledger.add_message(FENCE, 0, -1)
            self.say(message, time.monotonic_ns())
            if self.complete(message, _RESEND_NS):
                return
        raise Failed(
            f"the server is silent: {self.ledger.missing[-1]} of {len(self._clients)} clients "
            "wait for a message"
        )

    def _will_stall(self, index: int) -> bool:
        """Return whether a client will stall; `Workload.stalls` chooses the same clients."""
        options = self._options
        place, of = index - options.speakers, options.clients - options.speakers
        return place >= 0 and bool(
            (place + 1) * options.stalled // of > place * options.stalled // of
        )

    def _open(self, index: int, *, churner: bool = False) -> Client:
        return Client(
            index,
            self._options.ws,
            self._selector,
            self.ledger,
            churner=churner,
            will_stall=not churner and self._will_stall(index),
        )

    def connect_all(self) -> None:
        """Connect every client, batch by batch; return when all of them are in the room.

        Raises:
            Failed: the server refused a client, or the deadline has passed.
        """
        for first in range(0, self._options.clients, _BATCH_CLIENTS):
            for index in range(first, min(first + _BATCH_CLIENTS, self._options.clients)):
                self._clients.append(self._open(index))
            self.ledger.heard_at_ns = time.monotonic_ns()
            while upgrading := sum(not client.upgraded for client in self._clients[first:]):
                self._pump(_RESEND_NS)
                if time.monotonic_ns() - self.ledger.heard_at_ns > _HANDSHAKE_S * _NS:
                    raise Failed(f"{upgrading} of {len(self._clients)} handshakes are not answered")
            self._fence()

    def _stall(self) -> None:
        for client in self._clients:
            if self._will_stall(client.index) and client.socket is not None:
                client.stall()
                self._stalled_now += 1
        # Messages in flight may reach the stalled clients or not: nothing waits for them there.
        self.ledger.missing = [min(0, missing) for missing in self.ledger.missing]

    def _look_at_stalled(self) -> None:
        for client in self._clients:
            if client.stalled and client.socket is not None and client.has_ended():
                self._lost_client(client, CutOff())

    def _churn(self, began_ns: int) -> None:
        """Open as many churners as are due by now."""
        due = int((time.monotonic_ns() - began_ns) * self._options.churn_hz / _NS)
        self._churners = [client for client in self._churners if client.socket is not None]
        while self._opened < due and len(self._churners) < _MAX_CHURNERS:
            with suppress(CutOff):  # the next `_pump` finds its socket readable, and hangs up
                self._churners.append(self._open(-1, churner=True))
            self._opened += 1
        self._opened = max(self._opened, due)  # no room for more: the server does not keep up

    def play(self, at: int, phase: int) -> int:
        """Say the messages of ``phase``, which begin at ``at``; return the number after the last.

        A message of an open loop is said when it is due. A message of a closed loop is said when
        its speaker's last message has reached every client.
        """
        options, ledger, end = self._options, self.ledger, at
        while end < ledger.message_count and ledger.phase[end] == phase:
            end += 1
        next_, oldest, given_up = at, at, 0
        last: dict[int, int] = {}  # each speaker's last message
        patience_ns = int(options.patience * _NS)
        began_ns = said_ns = ledger.heard_at_ns = time.monotonic_ns()
        stall_due = phase == COUNTED and options.stalled > 0
        while oldest < end:
            clock_ns, wait_ns = time.monotonic_ns(), patience_ns
            if stall_due and clock_ns - began_ns >= options.stall_after * _NS:
                stall_due = False
                self._stall()
            while next_ < end:
                speaker, due_ns = ledger.speaker[next_], began_ns + ledger.offset_ns[next_]
                if ledger.offset_ns[next_] < 0:
                    if speaker in last and ledger.missing[last[speaker]] > 0:
                        break
                    self.say(next_, clock_ns)
                elif due_ns <= clock_ns:
                    self.say(next_, due_ns)
                else:
                    wait_ns = due_ns - clock_ns
                    # Patience begins only when the open loop has said its last message.
                    ledger.heard_at_ns = clock_ns
                    break
                last[speaker] = next_
                next_ += 1
                clock_ns = time.monotonic_ns()
            while oldest < next_ and ledger.missing[oldest] <= 0:
                oldest += 1
            if oldest == end:
                break
            if next_ < end:
                said_ns = clock_ns
            elif clock_ns - said_ns > options.drain * _NS:
                self.behind = True
                break
            if phase == COUNTED and options.churn_hz > 0:
                self._churn(began_ns)
                wait_ns = min(wait_ns, _NS // 500)
            if self._stalled_now or stall_due:
                self._look_at_stalled()
                wait_ns = min(wait_ns, _NS // 50)
            if clock_ns - ledger.heard_at_ns > patience_ns:  # what is missing will not come
                given_up += 1
                if given_up == _MAX_GIVEN_UP or next_ == end:
                    break
                ledger.missing[oldest:next_] = [0] * (next_ - oldest)
                ledger.heard_at_ns = clock_ns
                continue
            self._pump(wait_ns)
        return end

"""One node's copy of a room that many nodes share. A pure state machine over a log.

Every node appends what its clients do to one log, reads the log, and applies each entry to its
copy. All copies apply the same entries in the same order, so they are equal at every place of the
log, and every client of every node gets the same lines in the same order.

The log may hold an entry twice, or late: a node appends an entry again when it does not know
whether the first try arrived. So an entry counts only if the life that wrote it is alive here and
its number is the last one of that life plus one. This one rule drops repeated entries, keeps each
node's order, and fences off a node that the others have declared dead.

No clock decides that a node is dead. Each node appends beats. When a node's beat has come
`SILENT_BEATS` times and another node has appended nothing meanwhile, the other node is dead: for
every copy, at the same place of the log. So an engine that stands still kills nobody, for then
nobody's beat comes.

Invariants:
  1. `apply` depends on nothing but the entries so far, their places, and the snapshot that the
     copy began with.
  2. Each member belongs to a life that is alive. When a life is over, its members have left.
  3. A number of a life is never used again for another life of the same node that counts.

Not thread-safe: only its owner may use it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from implementations.core.causes import Cause
from implementations.core.entries import Ask, Beat, End, Entry, Hello, Join, Leave, Life
from implementations.core.errors import RoomFull
from implementations.core.room import ClientId, Delivery, Room


__all__ = ["CODE", "SILENT_BEATS", "Outcome", "Refused", "Replica", "client_id", "local_number"]

CODE = 1  # one more whenever the same entries would give another state
SILENT_BEATS = 5  # of one node, without an entry of another node: that other node is dead
CLIENTS_PER_LIFE = 2**40
DIGESTS_KEPT = 64


class Refused(NamedTuple):
    """The room is full, and this client was not let in."""

    client_id: ClientId


Outcome = Delivery | Refused


@dataclass(slots=True)
class _Alive:
    """A life that is alive.

    Attributes:
        order: 1 for the first life in this log, one more for each next life of any node.
        last: the number of its last entry.
        silent: how many beats of each other node came since its last entry.
    """

    life: Life
    order: int
    last: int = 0
    silent: dict[str, int] = field(default_factory=dict)


def client_id(order: int, client: int) -> ClientId:
    """Return a client's id on all nodes: ``order`` is that of its life, ``client`` its number."""
    return order * CLIENTS_PER_LIFE + client


def local_number(order: int, member: ClientId) -> int | None:
    """Return the number of a member of that life; None for a member of another life."""
    life, client = divmod(member, CLIENTS_PER_LIFE)
    return client if life == order else None


class Replica:
    """One copy of a room.

    Args:
        max_clients: the most members that the room takes, on all nodes together.
        tables: the version of the Unicode tables.

    Attributes:
        place: that of the entry that was applied last; 0 before the first one.
        diverged: what this copy differs in from the others; None while it does not differ.
    """

    def __init__(self, max_clients: int, tables: str) -> None:
        self.place = 0
        self.diverged: str | None = None
        self._agreed = Hello(CODE, tables, max_clients)  # what a hello has to say
        self._room = Room(max_clients)
        self._alive: dict[str, _Alive] = {}  # by node
        self._numbers: dict[str, int] = {}  # of each node's last life, dead or alive
        self._lives = 0
        self._digests: dict[int, str] = {}  # of this copy, by place
        self._claims: dict[int, str] = {}  # the first digest that the log has for a place
        self._marked = (0, "")  # the last place with a digest, and that digest

    def __len__(self) -> int:
        return len(self._room)

    # For the node that owns this copy.

    def next_life(self, node: str, token: str) -> Life:
        """Return a life that this node may begin now."""
        return Life(node, self._numbers.get(node, 0) + 1, token)

    def order_of(self, life: Life) -> int | None:
        """Return the order of a life that is alive; None before its hello, and when it is over."""
        alive = self._alive.get(life.node)
        return alive.order if alive is not None and alive.life == life else None

    def is_over(self, life: Life) -> bool:
        """Whether this life can do nothing any more: it ended, died, or another process took it."""
        return self._numbers.get(life.node, 0) >= life.number and self.order_of(life) is None

    def objection(self, hello: Hello) -> str | None:
        """Return why a node with that hello may not take part now; None when it may."""
        if not self._alive or hello == self._agreed:
            return None
        return f"the room's nodes have {_described(self._agreed)}, this node {_described(hello)}"

    def beat(self) -> Beat:
        """Return the beat that this copy's node may append."""
        return Beat(*self._marked)

    @property
    def nodes(self) -> dict[str, int]:
        """The nodes that are alive, each with the number of its last entry."""
        return {node: alive.last for node, alive in self._alive.items()}

    # The log.

    def apply(self, place: int, entry: Entry) -> list[Outcome]:
        """Apply the next entry of the log.

        Args:
            place: where the entry stands. Places grow, and may leave numbers out.

        Returns:
            What the entry causes, in order; for the clients of all nodes.
        """
        self.place = place
        outcomes = list(self._steps(entry)) if self._counts(entry) else []
        if any(isinstance(step, Beat) for step in entry.steps):
            self._mark()
        return outcomes

    def snapshot(self) -> dict[str, Any]:
        """Return the state at `place`, as JSON can hold it."""
        return {
            "place": self.place,
            "agreed": [self._agreed.code, self._agreed.unicode, self._agreed.max_clients],
            "lives": self._lives,
            "numbers": sorted(self._numbers.items()),
            "alive": [
                [*_listed(each.life), each.order, each.last, sorted(each.silent.items())]
                for _, each in sorted(self._alive.items())
            ],
            "members": self._room.members(),
        }

    @classmethod
    def restored(cls, snapshot: dict[str, Any]) -> Replica:
        """Return the copy that made the snapshot, as it was then."""
        agreed = Hello(*snapshot["agreed"])
        copy = cls(agreed.max_clients, agreed.unicode)
        copy.place, copy._agreed, copy._lives = snapshot["place"], agreed, snapshot["lives"]
        copy._numbers = dict(snapshot["numbers"])
        for node, number, token, order, last, silent in snapshot["alive"]:
            copy._alive[node] = _Alive(Life(node, number, token), order, last, dict(silent))
        copy._room = Room.restored(agreed.max_clients, snapshot["members"])
        return copy

    def digest(self) -> str:
        """Return a short text that differs wherever the state differs.

        Entries that do not count change `place`, but not the state and not the digest.
        """
        state = json.dumps({**self.snapshot(), "place": None}, separators=(",", ":"))
        return hashlib.sha256(state.encode()).hexdigest()[:16]

    def _counts(self, entry: Entry) -> bool:
        alive = self._alive.get(entry.life.node)
        if alive is not None and alive.life == entry.life:
            return entry.number == alive.last + 1
        return (
            entry.number == 0
            and entry.life.number > self._numbers.get(entry.life.node, 0)
            and bool(entry.steps)
            and isinstance(entry.steps[0], Hello)
            and self.objection(entry.steps[0]) is None
        )

    def _steps(self, entry: Entry) -> Iterator[Outcome]:
        node = entry.life.node
        if entry.number == 0:
            yield from self._begin(entry)
        alive = self._alive[node]
        alive.last = entry.number
        alive.silent.clear()
        beat: Beat | None = None
        for step in entry.steps:
            match step:
                case Join(client, address):
                    yield from self._join(client_id(alive.order, client), address)
                case Leave(client, cause):
                    yield from self._room.leave(client_id(alive.order, client), cause)
                case Ask(client, command):
                    yield from self._room.submit(client_id(alive.order, client), command)
                case Beat():
                    beat = step
                case End():
                    yield from self._bury(node, Cause.SHUTDOWN)
                    return  # nothing of a life counts after its end
        if beat is not None:
            # Beats that waited together, while the engine stood still, prove no more than one.
            yield from self._heard_beat(node, beat)

    def _begin(self, entry: Entry) -> Iterator[Outcome]:
        node, hello = entry.life.node, entry.steps[0]
        assert isinstance(hello, Hello)
        if node in self._alive:  # a new process has the node's name, so the old one is gone
            yield from self._bury(node, Cause.LEFT)
        if not self._alive:  # the room is empty, so the nodes may agree anew
            self._agreed = hello
            self._room = Room(hello.max_clients)
        self._lives += 1
        self._numbers[node] = entry.life.number
        self._alive[node] = _Alive(entry.life, self._lives)

    def _join(self, member: ClientId, address: str) -> list[Delivery] | list[Refused]:
        try:
            return self._room.join(member, address)
        except RoomFull:
            return [Refused(member)]

    def _heard_beat(self, beater: str, beat: Beat) -> Iterator[Outcome]:
        if beat.place:
            self._compare(beat)
        for node in sorted(self._alive.keys() - {beater}):
            silent = self._alive[node].silent
            silent[beater] = silent.get(beater, 0) + 1
            if silent[beater] >= SILENT_BEATS:
                yield from self._bury(node, Cause.LEFT)

    def _bury(self, node: str, cause: Cause) -> Iterator[Outcome]:
        order = self._alive.pop(node).order
        for each in self._alive.values():
            each.silent.pop(node, None)
        for member, _ in self._room.members():
            if local_number(order, member) is not None:
                yield from self._room.leave(member, cause)

    def _mark(self) -> None:
        """Keep a digest of the state here: a later beat can be compared with it."""
        self._marked = (self.place, self.digest())
        self._digests[self.place] = self._marked[1]
        for kept in (self._digests, self._claims):
            while len(kept) > DIGESTS_KEPT:
                del kept[next(iter(kept))]

    def _compare(self, beat: Beat) -> None:
        claimed = self._claims.setdefault(beat.place, beat.digest)
        own = self._digests.get(beat.place, claimed)
        if own != claimed and self.diverged is None:
            self.diverged = f"at place {beat.place} this copy has {own}, the log says {claimed}"


def _listed(life: Life) -> list[Any]:
    return [life.node, life.number, life.token]


def _described(hello: Hello) -> str:
    return f"rules {hello.code}, Unicode {hello.unicode}, max_clients {hello.max_clients}"

"""One node: what it appends, and what an entry that comes back means for its clients."""

from __future__ import annotations

from implementations.core.causes import Cause
from implementations.core.commands import Say
from implementations.core.entries import Ask, Beat, End, Entry, Hello, Join, Leave
from implementations.core.node import MOST_STEPS, Node, Read
from implementations.core.replica import CODE, SILENT_BEATS, Replica
from implementations.core.room import Goodbye, ToAll, ToOne


HELLO = Hello(CODE, "16.0.0", 2)


class Nodes:
    """Two nodes, each with its copy of the room, and the log."""

    def __init__(self) -> None:
        self.copies = [Replica(2, "16.0.0") for _ in range(2)]
        self.nodes = [Node(copy, f"n{n}", "t", HELLO) for n, copy in enumerate(self.copies)]
        self.place = 0

    def append(self, number: int) -> list[Read]:
        """Let a node append what waits; return what each node reads."""
        entry = self.nodes[number].to_append()
        assert entry is not None
        return self.log(entry)

    def log(self, entry: Entry) -> list[Read]:
        """Put an entry into the log; return what each node reads."""
        self.place += 1
        return [node.read(self.place, entry) for node in self.nodes]


def begun() -> Nodes:
    """Return two nodes that have said hello."""
    nodes = Nodes()
    nodes.append(0)
    nodes.append(1)
    return nodes


def test_node_begins_with_its_hello() -> None:
    """A node lives when its hello has come back; what its clients did before waits."""
    nodes = Nodes()
    node = nodes.nodes[0]
    node.join(1, "a:1")
    assert not node.is_alive

    read = nodes.append(0)[0]

    assert (read.done, node.is_alive) == (1, True)
    assert node.to_append() == Entry(node.life, 1, (Join(1, "a:1"),))


def test_one_entry_is_under_way_at_a_time() -> None:
    """The same entry is appended until it comes back, and then all that waited is the next one."""
    nodes = begun()
    node = nodes.nodes[0]
    node.join(1, "a:1")
    first = node.to_append()
    for number in range(MOST_STEPS + 1):
        node.ask(1, Say(str(number)))
    assert node.to_append() is first
    assert first is not None

    nodes.log(first)

    second = node.to_append()
    assert second is not None
    assert len(second.steps) == MOST_STEPS
    nodes.log(second)
    assert node.to_append() == Entry(node.life, 3, (Ask(1, Say(str(MOST_STEPS))),))


def test_node_delivers_to_its_own_clients_only() -> None:
    """Everyone gets the public lines; the welcome and the goodbye are for the client's node."""
    nodes = begun()
    nodes.nodes[0].join(7, "a:1")
    here, there = nodes.append(0)
    assert here.deliveries == [
        ToAll("* a:1 joined", but=7),
        ToOne(7, ("* you are a:1", "* online (1): a:1")),
    ]
    assert there == Read()  # it has no client yet
    nodes.nodes[1].join(7, "b:1")
    nodes.append(1)
    nodes.nodes[0].ask(7, Say("x"))
    nodes.nodes[0].leave(7, Cause.LEFT)

    here, there = nodes.append(0)

    assert here.deliveries == [ToAll("a:1: x"), Goodbye(7, Cause.LEFT)]
    assert there.deliveries == [ToAll("a:1: x"), ToAll("* a:1 left", exempt=True)]
    assert (here.done, there.done) == (2, 0)


def test_full_room_refuses_at_the_client_s_node() -> None:
    """The node of the client learns that it was refused, and no other node."""
    nodes = begun()
    for client in (1, 2, 3):
        nodes.nodes[0].join(client, f"a:{client}")

    here, there = nodes.append(0)

    assert here.refused == [3]
    assert there.refused == []


def test_one_beat_waits_at_a_time() -> None:
    """While the engine stands still, one beat is enough."""
    nodes = begun()
    node = nodes.nodes[0]

    assert [node.beat(), node.beat()] == [True, False]
    assert node.to_append() == Entry(node.life, 1, (Beat(0, ""),))
    assert node.beat()


def test_dead_node_appends_nothing() -> None:
    """A node that reads of its death is over, and the next life has the next number."""
    nodes = begun()
    dead = nodes.nodes[1]
    dead.join(1, "b:1")
    nodes.append(1)
    dead.ask(1, Say("x"))
    for _ in range(SILENT_BEATS):
        assert nodes.nodes[0].beat()
        reads = nodes.append(0)

    assert reads[1].deliveries == [Goodbye(1, Cause.LEFT)]
    assert dead.is_over
    assert dead.to_append() is None
    assert Node(nodes.copies[1], "n1", "u", HELLO).life.number == 2


def test_end_is_the_last_entry() -> None:
    """A node that ended in good order is over when it has read that."""
    nodes = begun()
    node = nodes.nodes[0]
    node.end()

    assert node.to_append() == Entry(node.life, 1, (End(),))
    nodes.append(0)
    node.leave(1, Cause.LEFT)
    assert node.to_append() is None
    assert node.is_over
    assert not node.is_alive


def test_node_that_cannot_take_part_knows_why() -> None:
    """The objection is there before the hello, and not after it."""
    nodes = begun()
    other = Node(nodes.copies[0], "n9", "t", Hello(CODE, "16.0.0", 3))

    assert other.objection is not None
    assert "max_clients 3" in other.objection
    assert nodes.nodes[0].objection is None
    assert Node(nodes.copies[0], "n9", "t", HELLO).objection is None


def test_idle_node_appends_nothing() -> None:
    """Nothing waits, so nothing is appended."""
    assert begun().nodes[0].to_append() is None


def test_entry_of_another_process_is_not_its_own() -> None:
    """An entry that only looks like the one under way answers no step."""
    nodes = begun()
    node = nodes.nodes[0]
    node.leave(1, Cause.LEFT)
    mine = node.to_append()
    assert mine is not None

    read = node.read(3, Entry(mine.life, mine.number, (Leave(2, Cause.LEFT),)))

    assert read.done == 0

"""One room on three nodes, with NATS as the log: the promises, and what may go wrong."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from conformance.checker import Coverage, History, check, tagged
from conformance.clients import Client
from conformance.timing import WITHIN
from tests.cluster.running import BACK_WITHIN_S, DEAD_WITHIN_S, Cluster


NODES = ("n1", "n2", "n3")
LINES = 60


def talk(clients: list[Client], first: int, lines: int = LINES) -> None:
    """Let each client say numbered lines, in turn with the others."""
    for number in range(first, first + lines):
        for client in clients:
            client.say(tagged(client.label, number))


def judge(clients: list[Client], gone: list[Client]) -> None:
    """See that each client that is left has heard everything, and that the checker agrees."""
    fences = [client.send_fence() for client in clients]
    for client in clients:
        for fence in fences:
            client.wait_heard(fence, within=BACK_WITHIN_S)
    sessions = [client.session(complete=True) for client in clients]
    sessions += [client.session(gone=True) for client in gone]

    verdict = check(History(tuple(sessions)), Coverage(receivers=2, messages=2, overlaps=1))
    assert not verdict.violations, verdict.violations[0].sentence
    assert not verdict.lacks


def three_nodes(cluster: Cluster) -> list[Client]:
    """Start three nodes, and return a client of each."""
    for name in NODES:
        cluster.node(name)
    clients = [cluster.client(name, f"at-{name}") for name in NODES]
    for client in clients:
        client.wait_heard(f"* {clients[-1].address} is now at-n3")
    return clients


def test_all_clients_of_all_nodes_hear_one_order(cluster: Cluster) -> None:
    """What is said at three nodes at once reaches everyone once, in one order."""
    clients = three_nodes(cluster)

    talk(clients, 0)

    judge(clients, [])


def test_name_is_taken_on_all_nodes(cluster: Cluster) -> None:
    """A name that a client of one node has is refused at another node."""
    one, two, _ = three_nodes(cluster)

    two.say("/rename AT-N1")

    two.wait_for("! name taken: AT-N1")
    one.say("/who")
    one.wait_for("* online (3): at-n1, at-n2, at-n3")


def test_members_of_a_dead_node_leave_once(cluster: Cluster) -> None:
    """A node that is killed is noticed, and each of its members is announced left, once."""
    one, two, three = three_nodes(cluster)
    another = cluster.client("n3", "another")
    talk([one, two, three, another], 0)

    cluster.nodes["n3"].signal(signal.SIGKILL)

    for client in (one, two):
        client.wait_heard("* at-n3 left", within=DEAD_WITHIN_S)
        client.wait_heard("* another left", within=DEAD_WITHIN_S)
    talk([one, two], LINES)
    judge([one, two], [three, another])


def test_zombie_sends_its_clients_away_and_begins_anew(cluster: Cluster) -> None:
    """A node that was stopped for too long learns of its death, and then lets clients in again."""
    one, two, three = three_nodes(cluster)
    stopped = cluster.nodes["n3"]
    stopped.signal(signal.SIGSTOP)
    three.say(tagged("at-n3", 1000))  # the kernel takes it
    for client in (one, two):
        client.wait_heard("* at-n3 left", within=DEAD_WITHIN_S)

    stopped.signal(signal.SIGCONT)

    three.wait_heard(lambda line: line.startswith("! cut off: "), within=DEAD_WITHIN_S)
    again = cluster.client("n3", "again")
    talk([one, two, again], 0)
    judge([one, two, again], [])
    assert not any("at-n3-1000" in entry.text for entry in one.log)


@pytest.mark.parametrize("cluster", [3], indirect=True)
def test_engine_that_dies_loses_nothing(cluster: Cluster) -> None:
    """While the engines elect another leader nobody is lost, and afterwards all lines are there."""
    clients = three_nodes(cluster)
    talk(clients, 0)

    cluster.leader().kill()
    talk(clients, LINES)

    judge(clients, [])


def test_second_process_with_a_name_ends_the_first(cluster: Cluster) -> None:
    """A node whose name another process takes sends its clients away, and says why it ends."""
    first = cluster.node("n1")
    client = cluster.client("n1", "anna")
    cluster.node("n1")

    assert first.wait_exit(within=WITHIN) == 1
    first.wait_stderr("hubbub: another process has the name n1: take another --node")
    client.wait_heard(lambda line: line.startswith("! cut off: "))


def test_node_that_would_judge_names_otherwise_is_refused(cluster: Cluster) -> None:
    """A node with another limit cannot take part, and says what the others have."""
    cluster.node("n1", "--max-clients", "10")
    cluster.client("n1", "anna")
    other = cluster.node("n2", "--max-clients", "11")

    assert other.wait_exit(within=WITHIN) == 1
    other.wait_stderr("hubbub: this node may not take part: .*max_clients 10.*max_clients 11")


def test_node_stops_without_an_engine(cluster: Cluster) -> None:
    """A node whose engine is gone still says goodbye, and ends within ``drain_timeout``."""
    node = cluster.node("n1", "--drain-timeout", "2")
    client = cluster.client("n1", "anna")
    cluster.engines[0].kill()

    node.signal(signal.SIGTERM)

    assert node.wait_exit(within=2 + WITHIN) == 0
    client.wait_heard("* server is shutting down")


def test_late_node_sees_the_room_as_it_is(cluster: Cluster) -> None:
    """A node that starts later has all members and names."""
    cluster.node("n1")
    one = cluster.client("n1", "anna")
    one.say("/rename zoe")
    one.wait_for("* anna is now zoe")

    cluster.node("n2")
    two = cluster.client("n2", "ben")

    two.say("/who")
    two.wait_for("* online (2): zoe, ben")


def test_engine_that_cannot_be_reached_is_one_clear_line() -> None:
    """A node without an engine does not start, and says why in one line."""
    assert _failure("--engine", "nats://127.0.0.1:1") == (
        1,
        "hubbub: no engine answers at nats://127.0.0.1:1: is nats-server running?",
    )


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--engine", "redis://x"], "hubbub: --engine: expected memory or nats://HOST:PORT, got"),
        (["--room", "a b"], "hubbub: --room: expected 1 to 32 letters, digits, '-' or '_', got"),
        (["--node", ""], "hubbub: --node: expected 1 to 32 letters, digits, '-' or '_', got"),
    ],
)
def test_flags_that_make_no_sense(flags: list[str], line: str) -> None:
    """Each wrong value is named in one line, and the exit code is 2."""
    code, said = _failure(*flags)

    assert code == 2
    assert said.startswith(line)


def test_other_servers_refuse_the_flags() -> None:
    """The flags of a cluster make no sense for the nine."""
    code, said = _failure("--node", "n2", server_id="trio-mutex")

    assert (code, said) == (2, "hubbub: --node is for asyncio-replicated, not for trio-mutex")


def _failure(*flags: str, server_id: str = "asyncio-replicated") -> tuple[int, str]:
    command = [sys.executable, "-m", "implementations", server_id, *flags]
    ended = subprocess.run(
        [*command, "--tcp", "127.0.0.1:0", "--ws", "127.0.0.1:0"],
        capture_output=True,
        text=True,
        timeout=60 + WITHIN,
        check=False,
    )
    return ended.returncode, ended.stderr.strip()

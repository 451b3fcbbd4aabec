"""What the lab's judge says of a window of a conversation."""

from __future__ import annotations

from typing import Any

from hubbub.lab.verdicts import Judge


def talk(judge: Judge, *orders: list[int]) -> None:
    """Let each client hear the numbered lines in its order; client n % clients says line n."""
    clients = len(orders)
    for number in sorted(orders[0]):
        judge.take(line(number % clients, f"abc #{number:08d}", number % clients, "said"))
    for client, order in enumerate(orders):
        for number in order:
            judge.take(line(client, f"c{number % clients}: abc #{number:08d}", client, "heard"))


def line(client: int, text: str, name: int, kind: str) -> dict[str, Any]:
    return {"is": kind, "client": client, "name": f"c{name}", "line": text}


def test_two_orders_are_told_once() -> None:
    """A disagreement is told with its clients and a line, and not again."""
    judge = Judge()
    judge.pin([0, 1, 2])
    talk(judge, [1, 2, 3, 4], [1, 3, 2, 4], [1, 2, 3, 4])

    [verdict, *_] = judge.verdicts()

    assert verdict["rule"] == "order.total"
    assert {0, 1} & set(verdict["clients"])
    judge.take(line(0, "c1: abc #00000005", 0, "heard"))
    assert all(again["text"] != verdict["text"] for again in judge.verdicts())


def test_one_order_is_no_verdict() -> None:
    """Clients that agree are not blamed, whatever the window has cut off."""
    judge = Judge()
    judge.pin([0, 1])
    talk(judge, [1, 2, 3], [2, 3])

    assert judge.verdicts() == []


def test_lines_of_the_room_and_of_others_do_not_count() -> None:
    """Only pinned clients' talk is judged; a foreign server has no names."""
    judge = Judge()
    judge.pin([0])
    judge.take({"is": "heard", "client": 7, "name": "x", "line": "x: 1"})
    judge.take({"is": "heard", "client": 0, "name": None, "line": "* x joined"})
    judge.take({"is": "heard", "client": 0, "name": None, "line": None})

    assert judge.verdicts() == []

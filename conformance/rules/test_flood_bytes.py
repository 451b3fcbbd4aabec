"""Rules of the area ``flood``: outboxes that their bytes fill, long before their messages do."""

from conformance import TICK, Client, Connect, rule, settings


DELIVERED_WITHIN = 300 * TICK


@rule("flood.paced")
@settings(max_line=60_000)
def test_burst_of_few_huge_lines_reaches_everyone_who_reads(connect: Connect) -> None:
    """A burst of lines of which twenty fill an outbox by their bytes reaches everyone who reads."""
    room: list[Client] = [connect() for _ in range(4)]
    anna = room[0]
    anna.wait_for(room[-1].send_fence())
    lines = [f"{number} ".ljust(60_000, ".") for number in range(150)]

    anna.say(*lines, within=DELIVERED_WITHIN)
    fence = anna.send_fence()

    for client in room:
        heard = client.lines_until(fence, within=DELIVERED_WITHIN)
        assert [line for line in heard if line.startswith(f"{anna.name}: ")] == [
            f"{anna.name}: {line}" for line in lines
        ]

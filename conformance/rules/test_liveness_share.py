"""Rules of the area ``liveness``: pings where ``ping_interval`` is longer than ``pong_wait``."""

from conformance import TICK, ClientFactory, Connect, rule, settings
from conformance.rules.silence import fall_silent


PONG_WAIT_S = 20 * TICK  # a tenth of it is the time for a pong


@rule("liveness.ping")
@settings(ping_interval=600 * TICK, pong_wait=PONG_WAIT_S)
def test_pings_come_before_the_time_is_over(clients: ClientFactory, connect: Connect) -> None:
    """A client is pinged at least every 0.9 ``pong_wait``, so that it can answer in time."""
    anna, ben = clients("anna", "ben")

    for _ in range(2):
        silent = fall_silent(connect, anna)
        anna.wait_for(f"* {silent.name} timed out", within=2 * PONG_WAIT_S)

    ben.wait_for(ben.send_fence())

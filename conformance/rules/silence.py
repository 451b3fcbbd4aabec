"""Silent clients as hourglasses, for the rules of the area ``liveness``.

A silent client falls silent at a known time; the room tells when its time is over. By then the
same time has passed for every other client, and no test has to measure it.
"""

import contextlib
import time
from collections.abc import Callable

from conformance import TICK, WITHIN, Client, Connect, ConnectionEnded, Mismatch, Unknown


__all__ = ["BEAT_S", "SILENCE_S", "beat_until", "fall_silent", "outlive"]

BEAT_S = TICK  # how often a client that is to stay shows life
SILENCE_S = 8 * TICK  # the idle_timeout or pong_wait of these tests


def beat_until(line: str, witness: Client, *beats: Callable[[], None]) -> None:
    """Do all of ``beats`` again and again until the witness hears a line.

    Raises:
        Mismatch: it did not come in time, or the witness was disconnected.
        Unknown: the beats came so late that even a correct server may have given up on a client.
    """
    __tracebackhide__ = True
    deadline = time.monotonic() + WITHIN
    while True:
        began = time.monotonic()
        for beat in beats:
            with contextlib.suppress(ConnectionEnded):  # the caller knows whether that is right
                beat()
        try:
            witness.wait_for(line, within=BEAT_S)
            return
        except ConnectionEnded:
            raise
        except Mismatch:
            now = time.monotonic()
            if now - began > SILENCE_S / 2:
                raise Unknown("this machine was too busy to show life in time") from None
            if now > deadline:
                raise Mismatch(f"{witness.label} waited {WITHIN:g} s for {line!r}") from None


def outlive(silent: Client, witness: Client, *beats: Callable[[], None]) -> None:
    """Do all of ``beats`` again and again until a silent client has timed out.

    Raises:
        ConnectionEnded: the witness was disconnected.
        Unknown: the silent client never timed out, so there is nothing to outlive.
    """
    __tracebackhide__ = True
    try:
        beat_until(f"* {silent.name} timed out", witness, *beats)
    except ConnectionEnded:
        raise
    except Mismatch:
        raise Unknown("a silent client was not timed out") from None


def fall_silent(connect: Connect, witness: Client) -> Client:
    """Return a client that says nothing from now on, and answers nothing."""
    silent: Client = connect() if witness.door == "tcp" else connect(answers_pings=False)
    witness.wait_for(f"* {silent.name} joined")
    return silent

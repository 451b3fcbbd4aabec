"""One probe per behaviour. Each starts a server afresh and returns plain values for the JSON file.

A probe never judges: `findings` does. What a server does, an ended connection for example, never
raises an error here; a server that does not start raises `LoadError`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import combinations, pairwise
from typing import Any

from benchmarks.peers import PEERS
from benchmarks.popular.observing import (
    BINARY_MARK,
    Observer,
    gathered,
    join,
    reaches,
    wait_until,
)
from benchmarks.procfs import open_files, rss_bytes
from benchmarks.server_process import READY_S, server_command, serving
from benchmarks.workload import Workload
from conformance.expectations import Mismatch
from conformance.frames import BINARY, TEXT
from conformance.http_requests import Refused
from conformance.server import Address, parse_address


__all__ = ["PROBES", "Probe"]

Probe = Callable[[str], dict[str, Any]]

MIB = 1 << 20
STALL_BYTES = 8192  # a message
STALL_HZ = 200.0
STALL_MESSAGES = 4000  # 20 s; 31 MiB, more than the kernel and the largest known limit hold
STOPPED_S = 5.0  # nobody gets anything for so long: the room has stopped
SMALL_BUFFER_BYTES = 65_536  # of the stalled client's kernel
ORDER_CLIENTS, ORDER_SPEAKERS, ORDER_WAVES, ORDER_LINES = 14, 8, 3, 25
PADDING_BYTES = 80  # more with each message of a wave, up to 2,000: short ones overtake long ones
VANISHING = 10
BURST_READERS, BURST_MESSAGES, BURST_BYTES = 10, 5000, 64
LONG_BYTES = (1 << 20, 1 << 24)  # a mebibyte, and the largest usual limit


@contextmanager
def _served(server: str) -> Iterator[tuple[int, Address]]:
    start_s = PEERS[server].start_within_s if server in PEERS else READY_S
    workload = Workload(payload_bytes=STALL_BYTES)  # our own servers take 4 KiB by default
    with serving(server_command(server, workload), None, start_s) as (pid, address):
        yield pid, parse_address(address)


# One client stops reading.


def stall(server: str) -> dict[str, Any]:
    """Let one client stop reading while another one talks; watch the others and the memory."""
    with _served(server) as (pid, address):
        names = ["anna", "ben", "carl", "dora"]
        with (
            gathered(address, names) as others,
            gathered(address, ["slow"], SMALL_BUFFER_BYTES) as (slow,),
        ):
            return _stall(pid, address, others, slow)


class _Talker(threading.Thread):
    """Says long messages at a fixed rate, until it is told to stop or its connection ends.

    It has a thread of its own, because the server may stop reading in the middle of a message.
    """

    def __init__(self, client: Observer) -> None:
        super().__init__()
        self.said = 0
        self.enough = threading.Event()
        self._client = client

    def run(self) -> None:
        began = time.monotonic()
        while self.said < STALL_MESSAGES and not self.enough.is_set():
            ahead_s = self.said / STALL_HZ - (time.monotonic() - began)
            if ahead_s > 0:
                time.sleep(ahead_s)
            try:
                line = f"talk-{self.said} ".ljust(STALL_BYTES, "x")
                self._client.say(line, within=2 * STOPPED_S)
            except Mismatch:
                return
            self.said += 1


def _stall(pid: int, address: Address, others: list[Observer], slow: Observer) -> dict[str, Any]:
    anna, *readers = others
    slow.clog()
    starts = [reader.heard_count() for reader in readers]
    rss, files = rss_bytes(pid) or 0, open_files(pid) or 0
    curve: list[tuple[float, int, int, float]] = []
    cut_off_s: float | None = None
    talker = _Talker(anna)
    talker.start()
    began = moved = time.monotonic()
    heard = 0
    while True:
        now = time.monotonic()
        counts = [one.heard_count() - start for one, start in zip(readers, starts, strict=True)]
        if min(counts) > heard:
            heard, moved = min(counts), now
        if now - began >= len(curve) * 0.5:
            grown = ((rss_bytes(pid) or rss) - rss) / MIB
            curve.append((round(now - began, 1), talker.said, heard, round(grown, 1)))
            if cut_off_s is None and (open_files(pid) or files) < files:
                cut_off_s = round(now - began, 1)
        finished = not talker.is_alive() and heard >= talker.said
        if finished or now - moved > STOPPED_S or now - began > 60:
            break
        time.sleep(0.02)
    ended = [f"{client.label} {client.end}" for client in others if client.end]
    stopped = now - moved > STOPPED_S and not ended and talker.said < STALL_MESSAGES
    talker.enough.set()
    found: dict[str, Any] = {
        "message_bytes": STALL_BYTES,
        "said": talker.said,
        "offered_mib": round(talker.said * STALL_BYTES / MIB, 1),
        "heard_by_the_others": counts,
        "stopped_at_message": max(counts) if stopped else None,
        "grown_mib": round(max(point[3] for point in curve), 1),
        "slow_cut_off_after_s": cut_off_s,
        "others_ended": ended,
        "curve_is": ["seconds", "messages said", "messages heard", "MiB grown"],
        "curve": curve,
    }
    if stopped:
        slow.reset()
        found["after_it_leaves"] = _after(address, others)
    else:
        count = slow.heard_count()
        slow.resume()
        wait_until([slow], count + talker.said, 3.0, 20.0)
        found["slow_got_at_last"] = slow.heard_count() - count
        found["slow_end"] = str(slow.end) if slow.end else ""
    talker.join()
    return found


def _after(address: Address, others: list[Observer]) -> str:
    """Return what becomes of a stopped room when the client that stopped it has left."""
    time.sleep(1.0)
    anna, ben, carl, *_ = others
    works = reaches(ben, carl, "ben asks: is the room alive?", 8.0)
    works = reaches(anna, ben, "anna asks: is the room alive?", 8.0) and works
    ended = ", ".join(client.label for client in others if client.end)
    if works:
        return "goes on"
    with suppress(Mismatch, OSError), gathered(address, ["eve", "finn"]) as (eve, finn):
        if reaches(eve, finn, "hello to the new ones"):
            return f"goes on, but cut off: {ended}" if ended else "goes on for new clients only"
    return f"stays silent; cut off: {ended}" if ended else "stays silent"


# Clients vanish.


def vanish(server: str) -> dict[str, Any]:
    """Let ten clients reset their connections, one by one, while three others talk."""
    with _served(server) as (_, address), gathered(address, ["anna", "ben", "carl"]) as talkers:
        gone = 0
        for number in range(VANISHING):
            guest = join(address, f"guest{number}")
            with suppress(Mismatch):
                guest.say(f"guest {number} is here")
                talkers[0].wait_heard(f"guest {number} is here", 3.0)
            guest.reset()
            gone += 1
            lines = [f"{talker.label} says {number}" for talker in talkers]
            for talker, line in zip(talkers, lines, strict=True):
                with suppress(Mismatch):  # its connection has ended
                    talker.say(line)
            time.sleep(0.1)
            if any(talker.end for talker in talkers):
                break
        time.sleep(0.5)
        ended = [f"{talker.label} {talker.end}" for talker in talkers if talker.end]
        return {
            "talkers": len(talkers),
            "vanished": gone,
            "ended": ended,
            "for_new_clients": _works_for_new_clients(address),
        }


# The order of messages, and losses.


def order(server: str) -> dict[str, Any]:
    """Let eight of fourteen clients talk at once, in waves; compare what each client got."""
    with _served(server) as (_, address):
        labels = [f"c{number}" for number in range(ORDER_CLIENTS)]
        with gathered(address, labels) as clients:
            time.sleep(0.5)
            starts = [client.heard_count() for client in clients]
            said = _talk(clients[:ORDER_SPEAKERS])
            wanted = max(starts) + len(said)
            wait_until(clients, wanted, 4.0, 30.0)
            spoken = set(said)
            heard = [
                [line for line in map(str.rstrip, client.heard()[start:]) if line in spoken]
                for client, start in zip(clients, starts, strict=True)
            ]
            ends = [f"{client.label} {client.end}" for client in clients if client.end]
    return _compared(said, heard, ends)


def _talk(speakers: Sequence[Observer]) -> list[str]:
    said: list[str] = []
    for wave in range(ORDER_WAVES):
        together = threading.Barrier(len(speakers))

        def speak(speaker: Observer, lines: list[str], together: threading.Barrier) -> None:
            together.wait(10.0)
            with suppress(Mismatch):
                speaker.say(*lines)  # in one write, so that the speakers' messages overlap

        threads = []
        for speaker in speakers:
            lines = [
                f"{speaker.label}-{wave}-{number}{' ' * number * PADDING_BYTES}"
                for number in range(ORDER_LINES)
            ]
            said += map(str.rstrip, lines)
            threads.append(threading.Thread(target=speak, args=[speaker, lines, together]))
            threads[-1].start()
        for thread in threads:
            thread.join()
        time.sleep(0.3)
    return said


def _compared(said: list[str], heard: list[list[str]], ends: list[str]) -> dict[str, Any]:
    missing = sum(len(set(said) - set(lines)) for lines in heard)
    twice = sum(count - 1 for lines in heard for count in Counter(lines).values())
    common = set(said).intersection(*map(set, heard))
    orders = {tuple(line for line in lines if line in common) for lines in heard}
    own_order = all(_is_sorted(lines) for lines in heard)
    return {
        "clients": len(heard),
        "messages": len(said),
        "distinct_orders": len(orders),
        "compared_messages": len(common),
        "speakers_own_order_kept": own_order,
        "missing_deliveries": missing,
        "missing_percent": round(100 * missing / (len(said) * len(heard)), 1),
        "twice": twice,
        "ended": ends,
        "history": _smallest_disagreement(heard, common) if len(orders) > 1 else [],
    }


def _is_sorted(lines: list[str]) -> bool:
    """Return whether the messages of each speaker are in the order in which it said them."""
    latest: dict[str, tuple[int, int]] = {}
    for line in dict.fromkeys(lines):
        speaker, wave, number = line.split("-")
        at = (int(wave), int(number))
        if latest.get(speaker, (-1, -1)) > at:
            return False
        latest[speaker] = at
    return True


def _smallest_disagreement(heard: list[list[str]], common: set[str]) -> list[str]:
    """Return two messages that two clients got in different orders, in words."""
    places = [
        {line: place for place, line in enumerate(x for x in lines if x in common)}
        for lines in heard
    ]
    for (one, first), (other, second) in combinations(enumerate(places), 2):
        ordered = sorted(first, key=first.__getitem__)
        for earlier, later in pairwise(ordered):
            if second[earlier] > second[later]:
                return [f"c{one} got {earlier}, {later}", f"c{other} got {later}, {earlier}"]
    return []


# A burst.


def burst(server: str) -> dict[str, Any]:
    """Let one client say 5,000 short messages at once; count the readers that are cut off."""
    with _served(server) as (_, address):
        labels = ["talker", *(f"r{number}" for number in range(BURST_READERS))]
        with gathered(address, labels) as (talker, *readers):
            time.sleep(0.5)
            starts = [reader.heard_count() for reader in readers]
            lines = [f"burst-{number} ".ljust(BURST_BYTES, "x") for number in range(BURST_MESSAGES)]
            error = ""
            try:
                talker.say(*lines, within=30.0)
            except Mismatch as reason:
                error = str(reason).partition(" (")[0][:150]
            wait_until(readers, max(starts) + BURST_MESSAGES, 4.0, 60.0)
            counts = [
                sum(line.startswith("burst-") for line in reader.heard()[start:])
                for reader, start in zip(readers, starts, strict=True)
            ]
            return {
                "messages": BURST_MESSAGES,
                "readers": BURST_READERS,
                "heard": counts,
                "fewest_heard": min(counts),
                "cut_off": sum(reader.end is not None for reader in readers),
                "ends": sorted({str(reader.end) for reader in readers if reader.end}),
                "talker_end": str(talker.end) if talker.end else "",
                "talker_error": error,
            }


# What no client should send.


def bad_text(server: str) -> dict[str, Any]:
    """Let one client send a text frame that is not UTF-8."""
    return _bad(server, TEXT, b"caf\xe9 \xff", "caf\\xe9 \\xff")


def binary(server: str) -> dict[str, Any]:
    """Let one client send a binary message."""
    return _bad(server, BINARY, b"plain bytes", "plain bytes")


def _bad(server: str, opcode: int, payload: bytes, as_text: str) -> dict[str, Any]:
    with _served(server) as (_, address), gathered(address, ["anna", "ben", "rude"]) as clients:
        anna, ben, rude = clients
        with suppress(Mismatch):
            rude.send_frame(opcode, payload)
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline and not (rude.end or as_text in str(anna.heard()[-3:])):
            time.sleep(0.02)
        time.sleep(0.3)
        lines = anna.heard()
        found: dict[str, Any] = {
            "sender": str(rude.end) if rude.end else "stays",
            "code": rude.end.code if rude.end else None,
            "relayed": (
                "as binary"
                if BINARY_MARK + as_text in lines
                else "as text"
                if as_text in lines
                else "to nobody"
            ),
        }
        # Said several times, in turn: in some rooms the first message ends its speaker.
        found["room_goes_on"] = all(
            reaches(*pair, f"does the room go on? {number}")
            for number, pair in enumerate([(anna, ben), (ben, anna), (anna, ben)])
        )
        found["others_ended"] = [
            f"{one.label} {one.end}" for one in (anna, ben) if one.end is not None
        ]
        rude.abandon()
        found["for_new_clients"] = _works_for_new_clients(address)
        return found


def _works_for_new_clients(address: Address) -> bool:
    """Return whether two clients that come now can talk, at the second try at the latest."""
    for attempt in range(2):
        with suppress(Mismatch, OSError):
            eve, finn = (join(address, f"{name}{attempt}") for name in ("eve", "finn"))
            try:
                time.sleep(0.3)
                if reaches(eve, finn, f"hello {attempt}") and reaches(finn, eve, f"and {attempt}"):
                    return True
            finally:
                eve.abandon()
                finn.abandon()
    return False


def origin(server: str) -> dict[str, Any]:
    """Connect from a page of another site."""
    with _served(server) as (_, address):
        try:
            guest = join(address, "guest", origin="http://evil.example")
        except Refused as refused:
            return {"let_in": False, "status": refused.status}
        except (Mismatch, OSError) as error:
            return {"let_in": False, "status": None, "how": str(error)[:150]}
        guest.abandon()
        return {"let_in": True, "status": 101}


# Close codes.


def close_codes(server: str) -> dict[str, Any]:
    """Close in each way, and write down how the server's side of the connection ended."""
    ways: dict[str, Callable[[int, Address], str]] = {"own_close": _own_close}
    for size in LONG_BYTES:
        ways[f"message_of_{size >> 20}_mib"] = partial(_long_message, size)
    ways["shutdown"] = _shutdown
    found = {}
    for name, way in ways.items():
        with _served(server) as (pid, address):
            found[name] = way(pid, address)
    return found


def _own_close(_pid: int, address: Address) -> str:
    with gathered(address, ["anna"]) as (anna,):
        with suppress(Mismatch):
            anna.send_close(1000)
        return _end(anna)


def _long_message(size: int, _pid: int, address: Address) -> str:
    with gathered(address, ["ben", "carl"]) as (ben, carl):
        text = "x" * size
        with suppress(Mismatch):
            ben.say(text, within=8.0)
        with suppress(Mismatch):
            carl.wait_heard(text, 8.0)
        if text in carl.heard():
            return "relayed"
        end = _end(ben, 1.0)
        return "not relayed within 8 s" if end == "stays open" else end


def _shutdown(pid: int, address: Address) -> str:
    with gathered(address, ["dora"]) as (dora,):
        os.kill(os.getpgid(pid), signal.SIGTERM)
        return _end(dora, 10.0)


def _end(client: Observer, within_s: float = 5.0) -> str:
    try:
        _, end = client.lines_until_end(within_s)
    except Mismatch:
        return "stays open"
    return str(end)


PROBES: dict[str, Probe] = {
    "stall": stall,
    "vanish": vanish,
    "order": order,
    "burst": burst,
    "bad_text": bad_text,
    "binary": binary,
    "origin": origin,
    "close_codes": close_codes,
}

"""One short sentence per probe and server, made from the saved values: the cells of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


__all__ = ["COLUMNS", "cell", "is_trouble"]

Found = Mapping[str, Any]
Finding = tuple[str, bool]  # the words, and whether a chat room has trouble with it


def _stops(found: Found) -> Finding:
    at = found["stopped_at_message"]
    if at is not None:
        after = found["after_it_leaves"].replace("anna", "the talker")
        return f"**yes**, at message {at:,}; when that client leaves, the room {after}", True
    if found["others_ended"]:
        cut = len(found["others_ended"])
        return f"no, but **{cut} of the 4 others were cut off too**", True
    return "no", False


def _memory(found: Found) -> Finding:
    grown, offered = found["grown_mib"], found["offered_mib"]
    measured = f"+{max(grown, 0):.0f} MiB of {offered:.0f} MiB offered"
    if found["stopped_at_message"] is not None:
        return f"no: it waits instead ({measured})", False
    missing = found["said"] - found["slow_got_at_last"]
    if found["slow_end"] and missing > 0:
        when = found["slow_cut_off_after_s"]
        after = f" after {when:.0f} s" if when is not None else ""
        return f"no: the slow client is cut off{after} ({measured})", False
    if missing > 0:
        return f"no: the slow client misses {missing:,} messages, untold ({measured})", True
    return f"**no limit seen**: all is kept for it ({measured})", True


def _vanish(found: Found) -> Finding:
    cut = len(found["ended"])
    if not found["for_new_clients"]:
        return "**the room ends for good**", True
    if cut:
        return f"**{cut} of {found['talkers']} talkers cut off**", True
    return "fine", False


def _burst(found: Found) -> Finding:
    cut, readers = found["cut_off"], found["readers"]
    if cut:
        return f"**{cut} of {readers} readers cut off**, from {found['fewest_heard']:,} on", True
    missing = found["messages"] * readers - sum(found["heard"])
    if missing:
        share = 100 * missing / (found["messages"] * readers)
        return f"nobody is cut off; {share:.0f} % of the deliveries are lost", True
    return "fine", False


def _order(found: Found) -> Finding:
    if found["compared_messages"] < 2:
        return "too few messages reached everybody to compare", True
    orders, clients = found["distinct_orders"], found["clients"]
    if orders == 1 and found["speakers_own_order_kept"]:
        return "yes", False
    own = "" if found["speakers_own_order_kept"] else "; a speaker's own order breaks too"
    return f"**no**: {orders} orders at {clients} clients{own}", True


def _lost(found: Found) -> Finding:
    words = []
    if found["missing_percent"]:
        words.append(f"**{found['missing_percent']:g} % lost**")
    elif found["missing_deliveries"]:
        words.append(f"{found['missing_deliveries']} deliveries lost")
    if found["twice"]:
        words.append(f"{found['twice']} twice")
    if found["ended"]:
        words.append(f"{len(found['ended'])} of {found['clients']} clients cut off")
    return (", ".join(words), True) if words else ("no", False)


def _bad(found: Found) -> Finding:
    words = []
    trouble = found["relayed"] != "to nobody"
    if trouble:
        words.append(f"relayed {found['relayed'].replace('as binary', 'unchanged')}")
    code = found["code"]
    if found["sender"] != "stays":
        words.append(
            f"the sender is closed ({_code(found['sender'])})"
            if code
            else "the sender's connection ends"
        )
    elif not trouble:
        words.append("ignored")
    if not found["room_goes_on"] or not found["for_new_clients"]:
        trouble = True
        forever = "" if found["for_new_clients"] else " for good"
        words.append(f"**the room ends{forever}**")
    elif found["others_ended"]:
        trouble = True
        words.append(f"{len(found['others_ended'])} others cut off")
    return "; ".join(words), trouble


def _binary(found: Found) -> Finding:
    words, trouble = _bad(found)
    if found["relayed"] == "as binary" and found["room_goes_on"] and not found["others_ended"]:
        trouble = False  # a choice: the message arrives as what it is
    return words, trouble


def _origin(found: Found) -> Finding:
    if found["let_in"]:
        return "let in", True
    return (f"refused with {found['status']}" if found["status"] else "refused"), False


def _closes(found: Found) -> Finding:
    return (
        f"own close: {_code(found['own_close'])}; 1 MiB: {_code(found['message_of_1_mib'])}; "
        f"16 MiB: {_code(found['message_of_16_mib'])}; shutdown: {_code(found['shutdown'])}"
    ), found["own_close"] == "stays open"


def _code(end: str) -> str:
    """Return the code in ``was closed with 1001 (Server shutdown)``, or the words themselves."""
    words = end.removeprefix("was closed with ")
    if words == end:
        return "no close frame" if end in ("ended", "was reset") else end
    code = words.partition(" ")[0]
    return "a frame without a code" if code == "1005" else code


COLUMNS: dict[str, tuple[str, Callable[[Found], Finding]]] = {
    "One stalled client stops everyone": ("stall", _stops),
    "Memory without bound": ("stall", _memory),
    "Clients that vanish": ("vanish", _vanish),
    "A burst of 5,000": ("burst", _burst),
    "Same order for all": ("order", _order),
    "Lost or twice": ("order", _lost),
    "Text that is not UTF-8": ("bad_text", _bad),
    "A binary message": ("binary", _binary),
    "Foreign `Origin`": ("origin", _origin),
    "Close codes": ("close_codes", _closes),
}
"""The columns of the table: their headings, the probe and the sentence."""


def cell(column: str, results: Found) -> str:
    """Return the words of one cell; ``not measured`` and why, if the probe failed."""
    return _finding(column, results)[0]


def is_trouble(column: str, results: Found) -> bool:
    """Return whether a chat room has trouble with what the cell says."""
    return _finding(column, results)[1]


def _finding(column: str, results: Found) -> Finding:
    probe, sentence = COLUMNS[column]
    found = results.get(probe)
    if found is None:
        return "not measured", False
    if "failed" in found:
        return f"not measured: {found['failed']}", False
    return sentence(found)

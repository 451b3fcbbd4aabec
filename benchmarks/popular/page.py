"""The page *What popular chat servers do*, in Markdown, from the saved results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.peers import PEERS
from benchmarks.popular.advice import ADVICE
from benchmarks.popular.findings import COLUMNS, cell, is_trouble


__all__ = ["ASKED", "page"]

Results = Mapping[str, Mapping[str, Any]]

_TITLE = "# What popular chat servers do"
# The paragraphs before the table.
_LEAD = (
    "Each row is a small server that follows a pattern of its framework's own documentation and has the framework's defaults. Nothing here is a fault of a framework: most of these pages show how to send a message, and leave it to their readers what a room needs besides. The table shows what such a room does, so that you can decide before your users find out.",
    "**How to read it.** Bold marks what a chat room has trouble with. Each cell is measured, by `python -m benchmarks.popular`; the proofs stand below, and the values in [popular.json](popular.json). The machine was busy, so the page holds no speeds. A number that depends on time, such as the message at which a room stops, differs from run to run.",
)

ASKED = {
    "One stalled client stops everyone": "One client stops reading. Another one says 4,000 messages of 8 KiB, 200 per second, to three readers. *Yes*: no reader gets anything for 5 s.",
    "Memory without bound": "How much memory the server has gained at that time, of what was said. What the kernel buffers for the stalled client, about 4 MiB, does not count.",
    "Clients that vanish": "Up to ten clients reset their connections, one by one; three others talk meanwhile. Are they cut off?",
    "A burst of 5,000": "One client says 5,000 short messages in one go, and ten clients read as fast as they can.",
    "Same order for all": "Of 14 clients, 8 talk at once. How many different orders do the 14 see?",
    "Lost or twice": "How many deliveries are missing or came twice in that same talk?",
    "Text that is not UTF-8": "A client sends a text frame that RFC 6455 forbids. It asks for the close code 1007.",
    "A binary message": "A client sends a binary message. To relay it is a choice; to end the room is not.",
    "Foreign `Origin`": "A page of another site connects, with a browser's header. A proxy may decide that too.",
    "Close codes": "What answers a client that closes with 1000, messages of 1 and of 16 MiB, and SIGTERM.",
}
"""What is done for each column of the table."""

_OUTRO = """\
## What is not in the table

- **python-socketio** speaks Socket.IO, a protocol on top of WebSocket with a handshake and a
  prefix of its own. A plain WebSocket client gets nothing from it, so it cannot be asked these
  questions by the same means.
- **coder/websocket** is measured under its former name, nhooyr.io/websocket, in the version that
  Debian has.
- **Channels with Redis** is what its documentation advises for production; it needs a server of
  its own and was not tried.
"""


def page(results: Results) -> str:
    """Return the page; a server without results is left out, a skipped one is named."""
    studied = {server: found for server, found in results.items() if "skipped" not in found}
    asked = ["| column | what is done |", "|---|---|"]
    asked += [f"| {column} | {what} |" for column, what in ASKED.items()]
    parts = [_TITLE, *_LEAD, "\n".join(asked), "## The table", _table(studied), "## The proofs"]
    parts += [_section(server, found) for server, found in studied.items()]
    skipped = [
        f"- **{server}** was skipped: {found['skipped']}"
        for server, found in results.items()
        if "skipped" in found
    ]
    parts.append("\n".join([_OUTRO.rstrip(), *skipped]))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _table(results: Results) -> str:
    lines = ["| server | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for server, found in results.items():
        cells = [_marked(cell(column, found), is_trouble(column, found)) for column in COLUMNS]
        lines.append(f"| [{_name(server)}](#{server}) | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _marked(words: str, trouble: bool) -> str:
    return f"**{words}**" if trouble and "**" not in words else words


def _name(server: str) -> str:
    return f"{PEERS[server].label}" if server in PEERS else f"Hubbub's {server}"


def _section(server: str, found: Mapping[str, Any]) -> str:
    lines = [f"### {server}", "", *_introduction(server, found), ""]
    lines += [f"- {proof}" for proof in _proofs(found)]
    if server in ADVICE:
        advice = ADVICE[server]
        lines += ["", f"**Its maintainers.** {advice.says}", "", f"**A small fix.** {advice.fix}"]
        if advice.code:
            lines += ["", "```diff", advice.code, "```"]
    return "\n".join(lines)


def _introduction(server: str, found: Mapping[str, Any]) -> list[str]:
    """Return two lines: what the server is, and which versions were studied when."""
    first = "One of this project's own servers, for comparison."
    if server in PEERS:
        peer = PEERS[server]
        source = f"a [documented pattern]({peer.source})" if peer.source else "this design"
        first = f"{peer.label}, by {source}: {peer.summary.replace(': ', '; ')}."
    return [first, f"Versions: {found['version']}. Studied on {found['date']}."]


def _proofs(found: Mapping[str, Any]) -> list[str]:
    proofs = []
    for probe, describe in (
        ("stall", _stall),
        ("vanish", _vanish),
        ("order", _order),
        ("burst", _burst),
        ("bad_text", _bad),
        ("binary", _bad),
    ):
        values = found.get(probe)
        if values is not None and "failed" not in values:
            what = {"bad_text": "Bad UTF-8", "binary": "A binary message"}.get(probe, "")
            proofs.append(f"{what}: {describe(values)}" if what else describe(values))
    return proofs


def _stall(found: Mapping[str, Any]) -> str:
    points = found["curve"]
    chosen = points[:: max(1, len(points) // 4)][:4] + points[-1:]
    curve = " → ".join(
        f"{at:g} s: {said:,} said, {heard:,} heard, {grown:+g} MiB"
        for at, said, heard, grown in dict.fromkeys(map(tuple, chosen))
    )
    words = [f"One client stalls: {curve}."]
    if found["stopped_at_message"] is not None:
        words.append(
            f"When that client leaves, the room {found['after_it_leaves'].replace('anna', 'the talker')}."
        )
    else:
        got = f"it gets {found['slow_got_at_last']:,} of {found['said']:,} messages"
        end = f", and its connection {found['slow_end']}" if found["slow_end"] else ""
        words.append(f"When it reads again, {got}{end}.")
    if found["others_ended"]:
        words.append(f"Also cut off: {'; '.join(found['others_ended'])}.")
    return " ".join(words)


def _vanish(found: Mapping[str, Any]) -> str:
    gone, talkers = found["vanished"], found["talkers"]
    clients = "1 client has" if gone == 1 else f"{gone} clients have"
    words = f"After {clients} vanished, {len(found['ended'])} of {talkers} talkers are cut off"
    return f"{words}." if found["for_new_clients"] else f"{words}, and clients that come later too."


def _order(found: Mapping[str, Any]) -> str:
    words = [
        f"Eight talk at once: {found['messages']} messages, {found['distinct_orders']} "
        f"{'order' if found['distinct_orders'] == 1 else 'orders'} among {found['clients']} "
        f"clients, {found['missing_deliveries']:,} deliveries missing, {found['twice']} twice."
    ]
    if found["history"]:
        words.append(f"The smallest history: {'; '.join(found['history'])}.")
    if found["ended"]:
        words.append(f"Cut off: {'; '.join(found['ended'][:3])}.")
    return " ".join(words)


def _burst(found: Mapping[str, Any]) -> str:
    fewest, most = min(found["heard"]), max(found["heard"])
    got = f"{most:,} of them" if fewest == most else f"{fewest:,} to {most:,} of them"
    words = f"A burst of {found['messages']:,}: each reader got {got}"
    ends = f"; {found['cut_off']} are cut off, each {found['ends'][0]}" if found["ends"] else ""
    return words + ends + "."


def _bad(found: Mapping[str, Any]) -> str:
    stays = found["sender"] == "stays"
    sender = "the sender stays" if stays else f"the sender's connection {found['sender']}"
    goes_on = "goes on" if found["room_goes_on"] else "stops for the clients that were there"
    new = "works" if found["for_new_clients"] else "does not work"
    ended = f" Cut off too: {'; '.join(found['others_ended'])}." if found["others_ended"] else ""
    return (
        f"it is relayed {found['relayed']}, and {sender}; the room {goes_on}, and it "
        f"{new} for clients that come later.{ended}"
    )

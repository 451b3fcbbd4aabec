"""Two ways to measure how fast a server is."""

from __future__ import annotations

import asyncio
import time


async def closed_loop(client, rate_hz, messages):
    """Send a message, wait until it is back, send the next. Returns milliseconds."""
    waited_ms = []
    for number in range(messages):
        sent = time.perf_counter()
        await client.say(f"m{number}.")
        await client.hears(f": m{number}.")
        waited_ms.append(1000 * (time.perf_counter() - sent))
        await asyncio.sleep(max(0.0, 1 / rate_hz - waited_ms[-1] / 1000))
    return waited_ms


async def open_loop(client, rate_hz, messages):
    """Send each message at its fixed time, without waiting for others. Returns milliseconds."""
    start = time.perf_counter()
    intended = [start + number / rate_hz for number in range(messages)]
    for number, at in enumerate(intended):
        await asyncio.sleep(max(0.0, at - time.perf_counter()))
        await client.say(f"m{number}.")
    await client.hears(f": m{messages - 1}.")
    came = {
        line.rpartition(": ")[2]: at_ns / 1e9
        for line, at_ns in zip(client.lines, client.heard_ns, strict=True)
    }
    return [1000 * (came[f"m{number}."] - at) for number, at in enumerate(intended)]

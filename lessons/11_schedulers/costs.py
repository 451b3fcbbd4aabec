"""Measure what a waiting thread or task costs, and what a hop costs.

As a program it starts waiting threads or tasks and prints how much memory each one added. Use a new
process for each kind; otherwise the second kind reuses the memory that the first gave back.

    python costs.py threads 500
"""

from __future__ import annotations

import asyncio
import json
import math
import queue
import sys
import threading
import time
from pathlib import Path

import trio
import trio.testing


def memory_bytes():
    """Return how much memory this process has reserved, and how much it uses. Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return [1024 * int(fields[name].split()[0]) for name in ("VmSize", "VmRSS")]


def threads_wait(count):
    over = threading.Event()
    before = memory_bytes()
    threads = [threading.Thread(target=over.wait) for _ in range(count)]
    for thread in threads:
        thread.start()
    after = memory_bytes()
    over.set()
    return before, after


async def asyncio_tasks_wait(count):
    over = asyncio.Event()
    before = memory_bytes()
    tasks = [asyncio.create_task(over.wait()) for _ in range(count)]
    await asyncio.sleep(0)
    after = memory_bytes()
    over.set()
    await asyncio.wait(tasks)
    return before, after


async def trio_tasks_wait(count):
    over = trio.Event()
    before = memory_bytes()
    async with trio.open_nursery() as waiters:
        for _ in range(count):
            waiters.start_soon(over.wait)
        await trio.testing.wait_all_tasks_blocked()
        after = memory_bytes()
        over.set()
    return before, after


def threads_hop(rounds, most_s=math.inf):
    """Pass a message between two threads, there and back; return each round trip in seconds."""
    there, back = queue.SimpleQueue(), queue.SimpleQueue()

    def echo():
        while (message := there.get()) is not None:
            back.put(message)

    echoing = threading.Thread(target=echo)
    echoing.start()
    took_s = []
    while len(took_s) < rounds and sum(took_s) < most_s:
        started = time.perf_counter()
        there.put("hello")
        back.get()
        took_s.append(time.perf_counter() - started)
    there.put(None)
    echoing.join()
    return took_s


def threads_hop_beside(computing, most_s=0.6):
    """Do the same while a third thread computes."""
    begun, over = threading.Event(), threading.Event()

    def compute():
        while not over.is_set():
            computing(10_000)
            begun.set()

    thread = threading.Thread(target=compute)
    thread.start()
    begun.wait()
    try:
        return threads_hop(2000, most_s)
    finally:
        over.set()
        thread.join()


async def asyncio_hop(rounds):
    there, back = asyncio.Queue(), asyncio.Queue()

    async def echo():
        while (message := await there.get()) is not None:
            await back.put(message)

    echoing = asyncio.create_task(echo())
    took_s = []
    for number in range(rounds):
        started = time.perf_counter()
        await there.put(number)
        await back.get()
        took_s.append(time.perf_counter() - started)
    await there.put(None)
    await echoing
    return took_s


async def trio_hop(rounds):
    send_there, there = trio.open_memory_channel(0)
    send_back, back = trio.open_memory_channel(0)

    async def echo():
        async for message in there:
            await send_back.send(message)

    took_s = []
    async with trio.open_nursery() as tasks:
        tasks.start_soon(echo)
        for number in range(rounds):
            started = time.perf_counter()
            await send_there.send(number)
            await back.receive()
            took_s.append(time.perf_counter() - started)
        await send_there.aclose()
    return took_s


def no_hop(rounds):
    """Call a function that does the same; return each call in seconds."""

    def echo(message):
        return message

    took_s = []
    for number in range(rounds):
        started = time.perf_counter()
        echo(number)
        took_s.append(time.perf_counter() - started)
    return took_s


def count_down(number):
    """Compute without waiting."""
    while number:
        number -= 1


def both_compute(for_s=0.5):
    """Let two threads compute; return the processor time they got, and the time that passed."""
    over = threading.Event()

    def compute():
        while not over.is_set():
            count_down(10_000)

    threads = [threading.Thread(target=compute) for _ in range(2)]
    began_s, had_s = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    time.sleep(for_s)
    over.set()
    for thread in threads:
        thread.join()
    return time.process_time() - had_s, time.perf_counter() - began_s


if __name__ == "__main__":
    kind, count = sys.argv[1], int(sys.argv[2])
    if kind == "threads":
        before, after = threads_wait(count)
    elif kind == "asyncio":
        before, after = asyncio.run(asyncio_tasks_wait(count))
    else:
        before, after = trio.run(trio_tasks_wait, count)
    reserved, used = ((b - a) / count for a, b in zip(before, after, strict=True))
    print(json.dumps({"reserved_bytes": reserved, "used_bytes": used}))

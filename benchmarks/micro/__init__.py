"""Micro-benchmarks: the cost of single steps inside a server.

README.md says how to run, save and compare them.

    bench_hubs.py      one fan-out of each hub
    bench_codecs.py    bytes to lines, and a line to bytes
    bench_parsing.py   a line to a command
    bench_room.py      one step of the room
    scene_*.py         a hub of each runtime with n clients, for bench_hubs.py
    fakes.py           fake sockets, and what every scene offers
    frozen.py          an event loop that runs only during a call
    fixture.py         the `benchmark` fixture of pytest-benchmark, with types
    against.py         compares this tree with another revision, in turns
"""

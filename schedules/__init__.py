"""The real hubs under controlled schedules: which thread or task runs next is drawn from a seed.

script.py           what each client of a scene says, drawn from the seed
memory_socket.py    a socket in memory; the client behind it plays its script
stage.py            a scene set up: its sockets, what happened step by step, who waits where
under_threads.py    a run of the threads servers, under interleave-test
under_asyncio.py    a run of the asyncio servers, under simloop
under_trio.py       a run of the trio servers, under trio's own scheduler, seeded
judgement.py        what a run broke, in sentences
explore.py          a server and a seed in, a run out; many seeds until the first that fails

A clean result means what the canaries in tests/schedules/ vouch for, and no more.
"""

"""The real hubs under controlled schedules: a seed decides which thread or task runs next.

script.py           what each client of a scene says, drawn from the seed
memory_socket.py    a socket in memory; the client behind it plays its script
stage.py            one run's scene: its sockets, its steps, what went wrong
under_threads.py    a run of the threads servers, under interleave-test
under_asyncio.py    a run of the asyncio servers, under simloop
under_trio.py       a run of the trio servers, under trio's own scheduler, seeded
sticky.py           how interleave-test picks the next thread
whereabouts.py      where a task waits: file and line
judgement.py        which promises a run broke, in sentences
explore.py          plays one seed, or many seeds until the first that fails

A clean result proves as much as the canaries in tests/schedules/ prove, and no more.
"""

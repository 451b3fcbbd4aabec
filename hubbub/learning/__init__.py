"""What stands behind the lessons: where they are, how an exercise is judged, how far one has got.

    lessons     the lessons, found by their folders
    progress    what was passed, which hints were read, what was predicted
    promises    what a lesson's check.py is made of
    schedule    threads that change over only where a seed says so
    controlled  the locks, queues and threads that an exercise gets in the place of Python's
    tasks       an asyncio loop that runs its tasks in an order that a seed makes
    scene       clients in memory, and the history of what they said and got
    nurseries   a connection's life under trio: two pumps, a room that may be slow, and a log
    processors  tasks on processors, tick by tick, as a scheduler gives them out
    inside      judges one exercise; runs in a process of its own
    judge       starts that process, and ends it whatever it does
    telling     what the judge found, as text

The exercise never runs in the process of the command line or of the notebook: a loop without
end, a crash or an ``exit()`` in it is a finding, and nothing worse.
"""

"""The load generator: many WebSocket clients in one thread, and the time of every delivery.

The program exists twice, with the same flags, phases and files: in C, and in Python for a machine
without a C compiler.

    process.py         starts either program as a child process, and steps it through its phases
    generator.c        the program in C; its header explains the plan, the phases and the flags
    __main__.py        the program in Python: flags and phases
    player.py          connects the clients, says the messages of the plan, waits for deliveries
    client.py          one client's connection
    ledger.py          every message that was said and every delivery that came
    client_frames.py   the handshake and the frames, as bytes
    payload.py         the text of one message
"""

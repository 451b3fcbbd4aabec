"""Load generators: many clients in one thread, and the time of every delivery.

One plays the fixed plan of a measurement, at the WebSocket door. The other, for the lab, is live:
it takes commands while it runs, and tells ten times per second what it sees. Each exists twice, in
C, and in Python for a machine without a C compiler.

The generator of the benchmark:
    process.py         starts either program as a child process, and steps it through its phases
    generator.c        the program in C; its header explains the plan, the phases and the flags
    __main__.py        the program in Python: flags and phases
    player.py          connects the clients, says the messages of the plan, waits for deliveries
    client.py          one client's connection
    ledger.py          every message that was said and every delivery that came
    payload.py         the text of one message

The live one:
    live.py            starts either program, and lists its commands and its messages
    live.c             the program in C; live_out.h is its output
    live_python.py     the program in Python: cells, commands and the loop
    live_schedule.py   when messages are due
    live_ledger.py     what was said and heard since the last column
    live_client.py     one client's connection, at either door
    live_output.py     lines of JSON on a pipe that is never waited for
    live_text.py       the text of one message
    live_columns.py    latencies in logarithmic buckets, and their percentiles

Shared:
    wire.h             the handshake and the frames, as bytes, in C
    client_frames.py   the same in Python
"""

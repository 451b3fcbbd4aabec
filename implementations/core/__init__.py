"""Everything about the chat that never waits, written once for all servers.

Nothing here imports a socket, a thread, a clock or a runtime, and nothing here
has an ``await``; tests/meta/test_core_is_pure.py holds it to that. A runtime's
folder feeds bytes in, carries bytes out and decides who waits for whom.

    settings.py        what can be configured, from flags, environment and TOML
    errors.py          what can go wrong, and whose fault it is
    causes.py          why a client's stay ended, and how each door says so
    commands.py        what a line can mean
    room.py            the room: who is in it, under which name
    fanout.py          the room joined to its members' outboxes
    message.py         a line, encoded once for each door
    backlog.py         what waits for one client, bounded, and the slow-consumer policies
    events.py          what a codec makes of the bytes it is fed
    line_codec.py      the TCP door
    websocket_codec.py the WebSocket door
    site.py            the plain HTTP answers and the chat page (chat.html)
"""

"""Everything about the chat that never waits, written once for all servers.

Nothing here imports a socket, a thread, a clock or a runtime, and nothing here has an
``await``; tests/meta/test_core_is_pure.py checks that. A runtime's folder feeds bytes in,
carries bytes out and decides which task or thread waits for which.

Start with these two:

    room.py            the room: its members, their names, and what each step causes
    fanout.py          the fan-out loop: what a step causes goes into the members' outboxes

What the two are made of:

    commands.py        what a line of a client can mean
    characters.py      characters that show nothing, and combining marks
    causes.py          why a client's stay ended, and how each door says so
    message.py         a line, encoded once for each door
    counted_room.py    a room that counts what happens in it
    backlog.py         what waits for one client: bounded, with a policy for slow clients

The fan-out of the direct hub, which writes many messages at once:

    group_commit.py    a room whose steps go out in groups
    group_writer.py    the members in turn, and what each of them still needs
    commit_log.py      what was said to everyone and has not reached everyone yet
    ring.py            whose turn it is
    group.py           messages that go out in one write

A room on many machines, where a log that all nodes read owns the room:

    entries.py         what a node writes into the log
    replica.py         a copy of the room, which applies the log
    node.py            one node: its steps on their way into the log, and what comes back

The two doors:

    events.py          what a codec makes of the bytes that it is fed
    line_codec.py      the TCP door
    websocket_codec.py the WebSocket door
    request_head.py    the head of a request at the WebSocket door
    site.py            the plain HTTP answers and the chat page (chat.html)

The rest:

    settings.py        what can be configured by flags, environment and TOML
    errors.py          what can go wrong, and whose fault it is
"""

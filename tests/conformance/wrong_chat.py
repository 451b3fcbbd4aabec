"""A small line chat that is wrong on request: ``python wrong_chat.py HOST:PORT [FAULT]``.

The suite's own tests judge it. It knows as much of the protocol as the fixtures and a few rules
need. It has no WebSocket door, takes no settings and prints no ready line.
"""

import os
import socket
import sys
import threading


LISTEN_BACKLOG = 16  # connections

fault = sys.argv[2] if len(sys.argv) > 2 else ""
lock = threading.Lock()  # guards room and held
room: dict[socket.socket, str] = {}
held: list[str] = []


def tell(line: str, *sockets: socket.socket) -> None:
    """Send a line. Called with the lock held."""
    for sock in sockets:
        try:
            sock.sendall(line.encode() + b"\n")
        except OSError:
            continue  # its own thread sees the end


def serve(sock: socket.socket) -> None:
    """Serve one client until it leaves."""
    host, port = sock.getpeername()
    with lock:
        tell(f"* {host}:{port} joined", *room)
        room[sock] = f"{host}:{port}"
        if fault != "silent":
            tell(f"* you are {room[sock]}", sock)
        tell(f"* online ({len(room)}): {', '.join(room.values())}", sock)
    with sock, sock.makefile(encoding="utf-8", newline="\n") as lines:
        try:
            for line in lines:
                with lock:
                    understand(sock, line.removesuffix("\n"))
        except OSError:
            pass  # a reset is one way to leave
        with lock:
            name = room.pop(sock)
            tell(f"* {name} left", *room)


def understand(sock: socket.socket, line: str) -> None:
    """Do what a line asks for. Called with the lock held."""
    name = room[sock]
    if line.startswith("/rename "):
        room[sock] = line.removeprefix("/rename ")
        tell(f"* {name} is now {room[sock]}", *room)
    elif line == "/who":
        tell(f"* online ({len(room)}): {', '.join(room.values())}", sock)
    else:
        say(f"{name}: {line}")


def say(line: str) -> None:
    """Send a line to everyone, or what the fault makes of it. Called with the lock held."""
    first, *others = room
    match fault:
        case "crashes":
            print("out of ideas", file=sys.stderr, flush=True)
            os._exit(7)
        case "mishears":
            tell(line.replace("hi", "ho"), *room)
        case "stutters":
            tell(line, *room)
            tell(line, first)
        case "loses" if line.endswith("-7"):
            tell(line, *others)
        case "swaps" if line.endswith("-7"):
            tell(line, *others)
            held.append(line)  # the first gets it after the next line
        case _:
            tell(line, *room)
            while held:
                tell(held.pop(), first)


def main() -> None:
    """Accept clients for ever."""
    host, _, port = sys.argv[1].rpartition(":")
    with socket.create_server((host, int(port)), backlog=LISTEN_BACKLOG) as listener:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=serve, args=(sock,), daemon=True).start()


main()

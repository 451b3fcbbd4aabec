"""Half-open connections: a peer that is gone without a word, as when a cable is pulled.

A socket filter that drops everything makes one of our own ends silent: nothing that comes is
acknowledged, nothing is refused, and no FIN is sent while the socket stays open. This needs no
privileges. Linux only.
"""

from __future__ import annotations

import ctypes
import socket
import struct
import sys

import pytest


__all__ = ["vanish"]

_SO_ATTACH_FILTER = 26
_DROP_ALL = struct.pack("HBBI", 6, 0, 0, 0)  # one instruction of classic BPF: ret 0


def vanish(sock: socket.socket) -> None:
    """Let the kernel drop whatever comes for a connected socket, without an answer."""
    if sys.platform != "linux":
        pytest.skip("only Linux lets a socket drop what comes for it (SO_ATTACH_FILTER)")
    program = ctypes.create_string_buffer(_DROP_ALL, len(_DROP_ALL))
    fprog = struct.pack("@HP", 1, ctypes.addressof(program))  # length, instructions
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)

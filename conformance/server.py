"""A server under test: where its doors are, what it prints, how it ends.

Invariants:
  1. Standard output and error are always read, so a server never waits for us,
     unless the test asked for a standard error that nobody reads.
  2. ``stop`` leaves nothing of the process group.
"""

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from conformance.protocol import Door
from conformance.timing import TICK
from conformance.verdicts import Unknown


__all__ = ["Address", "NotReady", "Server", "free_address", "parse_address", "spell"]

Address = tuple[str, int]

_READY_WITHIN = 100 * TICK
_PROBE_AFTER = 3 * TICK  # a server that prints a ready line has printed it by then
_STOP_WITHIN = 20 * TICK
_READY_LINE = re.compile(r"^hubbub \S+ ready tcp=(?P<tcp>\S+) ws=(?P<ws>\S+)$", re.MULTILINE)


class NotReady(AssertionError):
    """The server ended, or stayed silent, before both its doors were open."""


class Server:
    """One running server: its addresses, its process, what it printed.

    Every method may be called from the test's thread only. On a server that
    somebody else started (``FixedAddresses``) whatever needs the process raises
    ``Unknown``.
    """

    def __init__(
        self,
        name: str,
        *,
        tcp: Address | None = None,
        ws: Address | None = None,
        process: "subprocess.Popen[bytes] | None" = None,
        read_stderr: bool = True,
    ) -> None:
        self.name = name
        self._tcp = tcp
        self._ws = ws
        self._maybe_process = process
        self._stdout = self._stderr = None
        if process is not None:
            assert process.stdout is not None
            assert process.stderr is not None
            self._stdout = _Reader(process.stdout)
            self._stderr = _Reader(process.stderr) if read_stderr else None

    def __repr__(self) -> str:
        at = [spell(address) for address in (self._tcp, self._ws) if address is not None]
        return f"<{self.name} at {' and '.join(at)}>"

    # Where its doors are.

    @property
    def tcp(self) -> Address:
        """Host and port of the line door; ``Unknown`` before it is known or without one."""
        return self.address("tcp")

    @property
    def ws(self) -> Address:
        """Host and port of the WebSocket door; ``Unknown`` before it is known or without one."""
        return self.address("ws")

    def address(self, door: Door) -> Address:
        """Return host and port of a door."""
        address = self._tcp if door == "tcp" else self._ws
        if address is None or address[1] == 0:
            raise Unknown(f"{self.name} has no {door} door that is known")
        return address

    def wait_ready(self, within: float = _READY_WITHIN) -> "Server":
        """Wait until both doors are open, and return the server itself.

        The ready line says so; for a server that prints none, a connection does.

        Raises:
            NotReady: it ended first, or the time was over.
        """
        if self._maybe_process is None:
            return self
        started = time.monotonic()
        while time.monotonic() < started + within:
            line = _READY_LINE.search(self.stdout_text())
            if line is not None:
                self._tcp, self._ws = parse_address(line["tcp"]), parse_address(line["ws"])
                return self
            if self._maybe_process.poll() is not None:
                raise NotReady(f"{self.name} ended before it was ready: {self._last_words()}")
            if time.monotonic() > started + _PROBE_AFTER and self._doors_open():
                return self
            time.sleep(TICK / 20)
        raise NotReady(f"{self.name} was not ready within {within:g} s: {self._last_words()}")

    # Its process.

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._process.send_signal(number)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process for the length of the body: what is sent meanwhile comes all at once.

        Nothing is stopped on a server that somebody else started.
        """
        if self._maybe_process is None:
            yield
            return
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def wait_exit(self, within: float) -> int:
        """Wait until the process has ended, and return its exit code.

        Raises:
            AssertionError: it still runs after ``within`` seconds.
        """
        __tracebackhide__ = True
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still ran {within:g} s later") from None

    def has_exited(self) -> bool:
        """Tell whether the process has ended."""
        return self._process.poll() is not None

    def stdout_text(self) -> str:
        """Return what it printed so far; all of it once it has ended."""
        return self._read(self._stdout, "standard output")

    def stderr_text(self) -> str:
        """Return what it logged so far; all of it once it has ended."""
        return self._read(self._stderr, "standard error")

    def wait_stderr(self, pattern: str, within: float = 50 * TICK) -> re.Match[str]:
        """Wait until a regular expression matches what it logged.

        Raises:
            AssertionError: it does not within that time; the message shows the log.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + within
        while True:
            text = self.stderr_text()
            match = re.search(pattern, text, re.MULTILINE)
            if match is not None:
                return match
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} was not logged within {within:g} s:\n{text}")
            time.sleep(TICK / 20)

    def rss_bytes(self) -> int:
        """Return the resident memory of its processes. Linux only, else ``Unknown``."""
        pages = sum(int(fields[21]) for fields in self._process_stats())
        return pages * resource.getpagesize()

    def cpu_s(self) -> float:
        """Return the processor time its processes have used. Linux only, else ``Unknown``."""
        ticks = sum(int(fields[11]) + int(fields[12]) for fields in self._process_stats())
        return ticks / os.sysconf("SC_CLK_TCK")

    def descriptors(self) -> int:
        """Return how many file descriptors the process has open. Linux only, else ``Unknown``."""
        return len(self._open_descriptors())

    def limit_descriptors(self, more: int) -> None:
        """Let the process open ``more`` file descriptors, and none beyond.

        Linux only, else ``Unknown``.
        """
        highest = max(self._open_descriptors())
        limit = highest + 1 + more
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (limit, limit))

    def stop(self) -> None:
        """End the process group: SIGTERM, then SIGKILL. Calling it again does nothing."""
        process = self._maybe_process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
        # Whatever it left behind; mostly nothing, which macOS may call EPERM.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for reader in (self._stdout, self._stderr):
            if reader is not None:
                reader.close()
        if self._stderr is None and process.stderr is not None:
            process.stderr.close()

    @property
    def _process(self) -> "subprocess.Popen[bytes]":
        if self._maybe_process is None:
            raise Unknown("needs a server of its own")
        return self._maybe_process

    def _read(self, reader: "_Reader | None", stream: str) -> str:
        if self._process.poll() is not None and reader is not None:
            reader.wait_end()
        if reader is None:
            raise Unknown(f"nobody reads its {stream}")
        return reader.text()

    def _last_words(self) -> str:
        exit_code = self._process.poll()
        state = "it is still running" if exit_code is None else f"exit code {exit_code}"
        stderr = self._stderr.text().strip().splitlines() if self._stderr else []
        return f"{state}; last on standard error: {' / '.join(stderr[-3:]) or 'nothing'}"

    def _process_stats(self) -> list[list[str]]:
        """Return what /proc/PID/stat says after the command name, for each of its processes."""
        group = str(self.pid)
        found = []
        for stat in _proc().glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended between the listing and the reading
            if fields[2] == group:
                found.append(fields)
        return found

    def _open_descriptors(self) -> list[int]:
        return [int(entry.name) for entry in (_proc() / str(self.pid) / "fd").iterdir()]

    def _doors_open(self) -> bool:
        """Tell whether each known door accepts, and leave no trace in the room of having asked."""
        known = [address for address in (self._tcp, self._ws) if address is not None]
        for address in known:
            try:
                with socket.create_connection(address, 10 * TICK) as sock:
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(4096):  # until it has seen us leave
                        pass
            except OSError:
                return False
        return bool(known)  # one of ours tells its ports itself: until then there is none to ask


def parse_address(text: str) -> Address:
    """Return host and port of ``HOST:PORT`` or ``[HOST]:PORT``.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def spell(address: Address) -> str:
    """Return an address as flags, names and people spell it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def free_address() -> Address:
    """Return an address of the loopback interface where nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        host, port = sock.getsockname()
        return host, port


class _Reader:
    """Reads a stream to its end, whatever comes, in a thread of its own."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._chunks: list[bytes] = []  # appended by the thread only
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def text(self) -> str:
        """Return what came so far."""
        return b"".join(self._chunks).decode("utf-8", "backslashreplace")

    def wait_end(self) -> None:
        """Wait, not for ever, until the stream has ended."""
        self._thread.join(10 * TICK)

    def close(self) -> None:
        """Wait for the end and close the stream; a grandchild may hold it open for ever."""
        self.wait_end()
        if not self._thread.is_alive():
            self._stream.close()

    def _run(self) -> None:
        while chunk := os.read(self._stream.fileno(), 65536):
            self._chunks.append(chunk)


def _proc() -> Path:
    if sys.platform != "linux":
        raise Unknown("processes can be looked into on Linux only")
    return Path("/proc")

"""A server under test: where its doors are, what it prints, how it ends.

Invariants:
  1. Standard output and standard error are always read, so a server never waits for us. The one
     exception: a test may ask for a standard error that nobody reads.
  2. ``stop`` leaves no process of the process group.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

from conformance.announced import announced, last_lines
from conformance.guard import release
from conformance.output import Output
from conformance.proc import (
    cpu_s,
    limit_descriptors,
    open_descriptors,
    rss_bytes,
    wait_stopped,
)
from conformance.protocol import Door
from conformance.timing import TICK
from conformance.verdicts import Unknown
from conformance.warm import ForkedProcess


__all__ = [
    "READY_WITHIN",
    "Address",
    "NotReady",
    "Server",
    "accepts",
    "ended_how",
    "free_address",
    "parse_address",
    "port_was_taken",
    "spell",
]

Address = tuple[str, int]

READY_WITHIN = 100 * TICK
_PROBE_AFTER = 3 * TICK  # by then a server that prints a ready line has printed it
_PROBE_EVERY = TICK / 2
_ELSEWHERE_AFTER = 5 * TICK  # a server that names another port than ours may still open ours
_LEAVE_WITHIN = 3 * TICK  # some servers never end a connection that we have ended
_STOP_WITHIN = 20 * TICK
_LAST_LINES = 3
_TAKEN = re.compile(
    r"address (is )?already in use|address in use|EADDRINUSE|port \d+ is (already )?in use",
    re.IGNORECASE,
)
_READY_LINE = re.compile(r"^hubbub \S+ ready tcp=(?P<tcp>\S+) ws=(?P<ws>\S+)$", re.MULTILINE)


class NotReady(AssertionError):
    """The server ended before both its doors were open, or they did not open in time.

    Attributes:
        port_taken: it ended because another program has its port.
    """

    def __init__(self, message: str, *, port_taken: bool = False) -> None:
        super().__init__(message)
        self.port_taken = port_taken


class Server:
    """One running server: its addresses, its process, what it printed.

    Every method may be called from the test's thread only. A server that was running before the
    suite came (``FixedAddresses``) has no process here: all methods that need it raise
    ``Unknown``.
    """

    def __init__(
        self,
        name: str,
        *,
        tcp: Address | None = None,
        ws: Address | None = None,
        process: "subprocess.Popen[bytes] | ForkedProcess | None" = None,
        read_stderr: bool = True,
        ready_within: float = READY_WITHIN,
    ) -> None:
        self.name = name
        self._ready_within = ready_within
        self._was_signalled = False
        self._tcp = tcp
        self._ws = ws
        self._maybe_process = process
        self._stdout = self._stderr = None
        if process is not None:
            assert process.stdout is not None
            assert process.stderr is not None
            self._stdout = Output(process.stdout)
            self._stderr = Output(process.stderr) if read_stderr else None

    def __repr__(self) -> str:
        at = [spell(address) for address in (self._tcp, self._ws) if address is not None]
        return f"<{self.name} at {' and '.join(at)}>"

    # Where its doors are.

    @property
    def tcp(self) -> Address:
        """Host and port of the line door; raises as ``address`` does."""
        return self.address("tcp")

    @property
    def ws(self) -> Address:
        """Host and port of the WebSocket door; raises as ``address`` does."""
        return self.address("ws")

    def address(self, door: Door) -> Address:
        """Return host and port of a door.

        Raises:
            Unknown: the server has no such door, or has not said yet where it is.
        """
        address = self._tcp if door == "tcp" else self._ws
        if address is None or address[1] == 0:
            raise Unknown(f"{self.name} has no {door} door that is known")
        return address

    def wait_ready(self, within: float | None = None) -> "Server":
        """Wait until both doors are open, and return the server itself.

        They are open when the server prints its ready line. A server that prints none is asked:
        its doors are open when they accept a connection. A server that names another address, in
        any form that people print, is asked there as well.

        Args:
            within: seconds; None: what this server was given, ten seconds for most.

        Raises:
            NotReady: the server ended first, or was not ready within that time.
        """
        if self._maybe_process is None:
            return self
        within = self._ready_within if within is None else within
        started = time.monotonic()
        probe_at = started + _PROBE_AFTER
        while (now := time.monotonic()) < started + within:
            line = _READY_LINE.search(self.stdout_text())
            if line is not None:
                self._tcp, self._ws = parse_address(line["tcp"]), parse_address(line["ws"])
                return self
            if self._maybe_process.poll() is not None and not self._left_a_child():
                raise NotReady(
                    f"{self.name} ended before it was ready: {self._last_words()}",
                    port_taken=port_was_taken(self._printed()),
                )
            if now > probe_at:
                if self._doors_open(elsewhere=now > started + _ELSEWHERE_AFTER):
                    return self
                probe_at = time.monotonic() + _PROBE_EVERY
            time.sleep(TICK / 20)
        raise NotReady(
            f"{self.name} was not ready within {within:g} s: {self._unheard()}{self._last_words()}"
        )

    # Its process.

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._was_signalled |= number not in (signal.SIGSTOP, signal.SIGCONT)
        self._process.send_signal(number)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process while the body runs, so that all that is sent meanwhile comes at once.

        A server that was running before the suite came is not stopped.
        """
        if self._maybe_process is None:
            yield
            return
        self.signal(signal.SIGSTOP)
        try:
            wait_stopped(self.pid, within=50 * TICK)
            yield
        finally:
            self.signal(signal.SIGCONT)

    def wait_exit(self, within: float) -> int:
        """Wait until the process has ended, and return its exit code.

        Raises:
            AssertionError: it is still running after ``within`` seconds.
        """
        __tracebackhide__ = True
        try:
            return self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} was still running {within:g} s later") from None

    def was_told_to_stop(self) -> bool:
        """Return whether a signal of ours has told the process to end."""
        return self._was_signalled

    def has_exited(self) -> bool:
        """Return whether the process has ended."""
        return self._process.poll() is not None

    def crash(self, within: float = 0.0) -> str:
        """Return how the process ended if no signal of ours ended it, else an empty text.

        Args:
            within: how long it may take until it has ended, in seconds: its connections end first.
        """
        process = self._maybe_process
        if process is None or self._was_signalled:
            return ""
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            return ""
        what = "crashed" if process.returncode else "ended by itself"
        return f"{self.name} {what}: {self._last_words()}"

    def stdout_text(self) -> str:
        """Return what it has printed so far; once it has ended, all of it."""
        return self._read(self._stdout, "standard output")

    def stderr_text(self) -> str:
        """Return what it has logged so far; once it has ended, all of it."""
        return self._read(self._stderr, "standard error")

    def wait_stderr(self, pattern: str, within: float = 50 * TICK) -> re.Match[str]:
        """Wait until a regular expression matches what the server has logged.

        Raises:
            AssertionError: no line matches within that time; the message shows the log.
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
        return rss_bytes(self.pid)

    def cpu_s(self) -> float:
        """Return the processor time its processes have used. Linux only, else ``Unknown``."""
        return cpu_s(self.pid)

    def descriptors(self) -> int:
        """Return how many file descriptors the process has open. Linux only, else ``Unknown``."""
        return len(open_descriptors(self.pid))

    def limit_descriptors(self, more: int) -> None:
        """Let the process open ``more`` file descriptors and none beyond them.

        Linux only, else ``Unknown``.
        """
        limit_descriptors(self.pid, more)

    def stop(self) -> None:
        """End the process group: SIGTERM, then SIGKILL. Calling it again does nothing.

        A forked server gets SIGKILL at once: a tidy end costs three times what its start costs,
        and tests of the end have a server that was started by its command.
        """
        process = self._maybe_process
        if process is None:
            return
        self._was_signalled = True
        if isinstance(process, ForkedProcess):
            process.kill()
        elif process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
        # Kill what it left behind. Mostly that is nothing, which macOS may report as EPERM.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        release(process.pid)
        for output in (self._stdout, self._stderr):
            if output is not None:
                output.close()
        if self._stderr is None and process.stderr is not None:
            process.stderr.close()

    @property
    def _process(self) -> "subprocess.Popen[bytes] | ForkedProcess":
        if self._maybe_process is None:
            raise Unknown("needs a server of its own")
        return self._maybe_process

    def _read(self, output: Output | None, stream: str) -> str:
        if self._process.poll() is not None and output is not None:
            output.wait_end()
        if output is None:
            raise Unknown(f"nobody reads its {stream}")
        return output.text()

    def _last_words(self) -> str:
        exit_code = self._process.poll()
        state = "it is still running" if exit_code is None else ended_how(exit_code)
        if self._stderr is not None and exit_code is not None:
            self._stderr.wait_end()
        stderr = self._stderr.text().strip().splitlines() if self._stderr else []
        last = " / ".join(stderr[-_LAST_LINES:]) or "nothing"
        return f"{state}; last on standard error: {last}"

    def _printed(self) -> str:
        """Return what came on both streams so far."""
        return "".join(each.text() for each in (self._stdout, self._stderr) if each is not None)

    def _left_a_child(self) -> bool:
        """Return whether the process ended well and left another one: it was a launcher."""
        if self._process.poll() != 0:
            return False
        try:
            os.killpg(self._process.pid, 0)
        except OSError:
            return False
        return True

    def _unheard(self) -> str:
        """Return what is known of a server that is not ready: where it was asked, its words."""
        known = [spell(each) for each in (self._tcp, self._ws) if each is not None and each[1]]
        where = f"nothing accepts at {' and '.join(known)}; " if known else ""
        said = last_lines(self._stdout.text() if self._stdout else "")
        return f"{where}last on standard output: {said}; "

    def _doors_open(self, *, elsewhere: bool) -> bool:
        """Return whether each known door accepts, and take over where the server says it is.

        Args:
            elsewhere: an address that the server has named counts too, in place of one of ours.
        """
        found: dict[Door, Address | None] = {"tcp": self._tcp, "ws": self._ws}
        doors = [door for door, address in found.items() if address is not None]
        said = announced(self._printed() + "\n") if elsewhere else None
        for door in doors:
            places = [found[door]]
            if said is not None:
                places += said.tcp if door == "tcp" else said.ws
                # A line that names no door can be believed where there is one door only.
                places += said.other if len(doors) == 1 else ()
            found[door] = next(
                (each for each in places if each and accepts(each, speaks=door == "tcp")), None
            )
        if not doors or None in (found[door] for door in doors):
            return False  # the ports of our own servers are not known before their ready line
        self._tcp, self._ws = found["tcp"], found["ws"]
        return True


def parse_address(text: str) -> Address:
    """Return host and port of ``HOST:PORT`` or ``[HOST]:PORT``.

    Raises:
        ValueError: the text has neither form.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host.removeprefix("[").removesuffix("]"), int(port)


def spell(address: Address) -> str:
    """Return an address as flags, names and people spell it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def accepts(address: Address, *, speaks: bool = False) -> bool:
    """Return whether a door accepts a connection.

    Args:
        speaks: it is a line door, where everyone who connects is in the room: wait a little until
            the room has seen us leave, but not for ever, since some servers never end.
    """
    if not address[1]:
        return False
    try:
        with socket.create_connection(address, 10 * TICK) as sock:
            if speaks:
                sock.shutdown(socket.SHUT_WR)
                deadline = time.monotonic() + _LEAVE_WITHIN
                with contextlib.suppress(OSError):
                    while (left := deadline - time.monotonic()) > 0:
                        sock.settimeout(left)
                        if not sock.recv(4096):
                            break
    except OSError:
        return False
    return True


def ended_how(exit_code: int) -> str:
    """Return in words how a process has ended: ``exit code 3``, ``killed by SIGSEGV``."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"killed by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"killed by signal {-exit_code}"


def port_was_taken(printed: str) -> bool:
    """Return whether a server says that another program has its port."""
    return _TAKEN.search(printed) is not None


def free_address() -> Address:
    """Return an address on the loopback interface where nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        host, port = sock.getsockname()
        return host, port

"""The black-box client of the line door."""

import contextlib
from typing import Literal

from conformance.clients import Client
from conformance.ear import Ear
from conformance.inbox import End
from conformance.sayings import LineCutter
from conformance.server import Address
from conformance.timing import WITHIN


__all__ = ["TcpClient"]


class TcpClient(Client):
    """A client of the line door. It connects and begins to read when it is made.

    Raises:
        OSError: nobody accepts there.
    """

    door = "tcp"

    def __init__(
        self,
        address: Address,
        *,
        label: str | None = None,
        receive_buffer_bytes: int | None = None,
        ear: Ear | None = None,
    ) -> None:
        super().__init__(address, label=label, receive_buffer_bytes=receive_buffer_bytes, ear=ear)
        self._rest = b""
        if ear is not None:
            ear.listen_to(LineCutter())
        self._reading.start()

    def close(self, within: float = WITHIN) -> End:
        """End the client's own direction, and wait until the server has ended the other."""
        __tracebackhide__ = True
        if self.end is None:
            with contextlib.suppress(OSError):  # the server was faster
                self.half_close()
        return self._inbox.wait_end("ended its stream", within)

    def _framed(self, text: str) -> bytes:
        return text.encode() + b"\n"

    def _receive(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._got(line.decode())

    def _ended(self, how: Literal["eof", "reset"]) -> End:
        if self._rest and how == "eof":
            return End("violation", reason=f"a last line without its end: {self._rest!r}")
        return End(how)

"""The sending half of a connection."""

import asyncio
from collections.abc import Callable

from lambent.http.budget import Share
from lambent.http.house import CannedAnswer, House
from lambent.http.render import header_block, status_line

_JOINED_BYTES = 16_384
"""Up to here copying a body behind its head is cheaper than a second buffer for the kernel."""


class Outlet:
    """Writes, and knows whether the client keeps up with it."""

    __slots__ = ("_drained", "_house", "_owed", "_transport", "writable")

    def __init__(self, *, house: House, transport: asyncio.Transport) -> None:
        self._house, self._transport = house, transport
        self._drained: Callable[[], None] | None = None
        self._owed: Share | None = None
        self.writable = True
        """Whether more may be written now; false asks to wait for `when_drained`."""
        transport.set_write_buffer_limits(high=house.limits.write_buffer_bytes)

    def send(self, head: tuple[bytes, ...], body: bytes = b"", *, dated: bool = False) -> None:
        """Write the parts of a head, with the date unless it is `dated` already, its blank line, and `body`."""
        date = b"" if dated else self._house.date
        if len(body) > _JOINED_BYTES:
            self._transport.writelines((b"".join((*head, date, b"\r\n")), body))
        else:
            self._transport.write(b"".join((*head, date, b"\r\n", body)))

    def write(self, data: bytes) -> None:
        """Write `data` as it is."""
        self._transport.write(data)

    def send_canned(self, answer: CannedAnswer) -> None:
        """Write the last answer of this connection."""
        length = b"Content-Length: %d\r\nConnection: close\r\n" % len(answer.body)
        head = (status_line(answer.status), header_block(answer.headers), length)
        self.send(head, answer.body)

    def when_drained(self, call: Callable[[], None]) -> None:
        """Have `call` called once the client has caught up, or went away."""
        self._drained = call

    def pause(self) -> None:
        """The client reads more slowly than we write; what waits for it counts as held."""
        self.writable = False
        self._owed = self._house.budget.charge(self._transport.get_write_buffer_size())

    def resume(self) -> Callable[[], None] | None:
        """The client has caught up, or went away: gives whom to tell."""
        self.writable = True
        owed, self._owed = self._owed, None
        if owed is not None:
            owed.release()
        drained, self._drained = self._drained, None
        return drained

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

    def date(self) -> bytes:
        """The `Date` header's line."""
        return self._house.date()

    def send(self, head: bytes, body: bytes = b"") -> None:
        """Write both."""
        if len(body) > _JOINED_BYTES:
            self._transport.writelines((head, body))
        else:
            self._transport.write(head + body)

    def send_canned(self, answer: CannedAnswer) -> None:
        """Write the last answer of this connection."""
        head = b"%b%b%bContent-Length: %d\r\nConnection: close\r\n\r\n" % (
            status_line(answer.status),
            self.date(),
            header_block(answer.headers),
            len(answer.body),
        )
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

"""A connection without a network, to be talked to by tests."""

from lambent.http.connection import Connection
from lambent.http.exchange import Application
from lambent.http.house import PLAIN_FAILURE, House
from lambent.http.limits import HttpLimits
from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock
from tests.fakes.transport import MemoryTransport

LIMITS = HttpLimits()
DATE = b"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"


class Rig:
    """A connection, its transport and the time."""

    def __init__(
        self, application: Application, *, limits: HttpLimits = LIMITS, stuck: bool = False
    ) -> None:
        self.clock = ManualClock(epoch_ms=1_767_225_600_000)
        self.wheel = TimerWheel(clock=self.clock)
        self.house = House(clock=self.clock, wheel=self.wheel, limits=limits, failure=PLAIN_FAILURE)
        self.application = application
        self.transport = self.connect(stuck=stuck)

    def connect(self, *, stuck: bool = False) -> MemoryTransport:
        transport = MemoryTransport(stuck=stuck)
        transport.begin(Connection(house=self.house, application=self.application, members=set()))
        return transport

    def send(self, data: bytes) -> bytes:
        self.transport.arrive(data)
        return self.transport.written

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1.01)
            self.wheel.advance()


def request(
    body: bytes = b"", *, method: bytes = b"POST", target: bytes = b"/", more: bytes = b""
) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%b %b HTTP/1.1\r\nHost: h\r\n%b%b\r\n%b" % (method, target, more, length, body)

"""The forwarder over loopback, with name servers of the tests' own."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambent.sandbox.network import dns_datagrams, dns_streams
from lambent.sandbox.network.forwarder import Forwarder
from lambent.sandbox.network.upstreams import Upstream, Upstreams, name_servers
from tests.fakes.clock import ManualClock
from tests.sandbox.network.questions import answer_to, question

LOCAL = "127.0.0.1"
_SERVER_FAILURE = 2


class Bench:
    """A forwarder, turned by hand, and what it needs."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.clock = ManualClock()
        self.upstreams: list[Upstream] = []
        self.udp, self.tcp = self.bound(), self.listener()
        self.forwarder = Forwarder(
            udp=self.udp,
            tcp=self.tcp,
            names=lambda: self.upstreams,
            clock=self.clock,
            chance=lambda size: b"\x12\x34"[:size],
        )
        stack.callback(self.forwarder.close)

    def bound(self) -> socket.socket:
        made = self._stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        made.bind((LOCAL, 0))
        made.settimeout(0)
        return made

    def listener(self) -> socket.socket:
        made = self._stack.enter_context(socket.create_server((LOCAL, 0)))
        made.settimeout(0)
        return made

    def server(self) -> socket.socket:
        """A name server by UDP, the next one to ask."""
        made = self.bound()
        self.upstreams.append(made.getsockname())
        return made

    def asker(self) -> socket.socket:
        """A sandbox's socket."""
        made = self.bound()
        made.connect(self.udp.getsockname())
        return made

    def caller(self) -> socket.socket:
        """A sandbox's connection."""
        made = self._stack.enter_context(socket.create_connection(self.tcp.getsockname()))
        made.settimeout(0)
        return made

    def received(self, sock: socket.socket) -> tuple[bytes, Upstream]:
        """What comes, while the forwarder works."""
        while True:
            try:
                return sock.recvfrom(65_535)
            except BlockingIOError:
                self.forwarder.turn(0.01)

    def accepted(self, listener: socket.socket) -> socket.socket:
        """Who calls, while the forwarder works."""
        while True:
            try:
                made = self._stack.enter_context(listener.accept()[0])
            except BlockingIOError:
                self.forwarder.turn(0.01)
            else:
                made.settimeout(0)
                return made

    def silence(self, sock: socket.socket) -> None:
        """Nothing comes of what is under way."""
        for _ in range(5):
            self.forwarder.turn(0)
        with pytest.raises(BlockingIOError):
            sock.recv(1)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(stack)


def code(answer: bytes) -> int:
    return answer[3] & 0xF


def framed(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message


def test_a_question_is_answered_by_the_name_server(bench: Bench) -> None:
    server, asker = bench.server(), bench.asker()
    asker.send(question("example.org", number=7))
    asked, who = bench.received(server)
    assert asked == question("example.org", number=0x1234)
    server.sendto(answer_to(asked, "192.0.2.1"), who)
    assert bench.received(asker)[0] == answer_to(question("example.org", number=7), "192.0.2.1")


def test_an_answer_from_somebody_else_or_to_another_question_is_not_heard(bench: Bench) -> None:
    server, asker, stranger = bench.server(), bench.asker(), bench.bound()
    asker.send(question("example.org"))
    asked, who = bench.received(server)
    stranger.sendto(answer_to(asked, "192.0.2.66"), who)
    server.sendto(answer_to(question("example.org", number=1), "192.0.2.66"), who)
    bench.silence(asker)
    server.sendto(answer_to(asked, "192.0.2.1"), who)
    assert bench.received(asker)[0] == answer_to(question("example.org"), "192.0.2.1")


def test_a_silent_name_server_is_followed_by_the_next_and_silence_by_a_failure(
    bench: Bench,
) -> None:
    first, second, asker = bench.server(), bench.server(), bench.asker()
    asker.send(question("example.org"))
    for server in (first, second, first):
        bench.received(server)
        bench.clock.advance(1.6)
    assert code(bench.received(asker)[0]) == _SERVER_FAILURE


def test_a_name_server_that_is_not_there_is_passed_over_at_once(bench: Bench) -> None:
    bench.server().close()
    server, asker = bench.server(), bench.asker()
    asker.send(question("example.org"))
    asked, who = bench.received(server)
    server.sendto(answer_to(asked), who)
    assert bench.received(asker)[0] == answer_to(question("example.org"))


def test_without_name_servers_the_failure_is_told_at_once(bench: Bench) -> None:
    asker, caller = bench.asker(), bench.caller()
    asker.send(question("example.org"))
    assert code(bench.received(asker)[0]) == _SERVER_FAILURE
    caller.send(framed(question("example.org")))
    assert code(bench.received(caller)[0][2:]) == _SERVER_FAILURE


def test_one_sandbox_does_not_take_all_that_can_be_under_way(bench: Bench) -> None:
    server, asker = bench.server(), bench.asker()
    for number in range(dns_datagrams.MOST_OF_ONE):
        asker.send(question("example.org", number=number))
        bench.received(server)
    asker.send(question("example.org", number=999))
    answer, _ = bench.received(asker)
    assert (answer[:2], code(answer)) == ((999).to_bytes(2, "big"), _SERVER_FAILURE)
    bench.clock.advance(1.6)


def test_what_is_not_forwarded_is_refused_and_what_is_no_question_ignored(bench: Bench) -> None:
    server, asker = bench.server(), bench.asker()
    asker.send(b"nonsense")
    asker.send(answer_to(question("example.org")))
    asker.send(question("example.org", kind=252))
    assert code(bench.received(asker)[0]) == 5
    bench.silence(server)


def test_by_tcp_questions_follow_one_another_and_answers_may_be_long(bench: Bench) -> None:
    server, caller = bench.listener(), bench.caller()
    bench.upstreams.append(server.getsockname())
    long = answer_to(question("example.org", number=2), *["192.0.2.1"] * 3_000)
    caller.send(
        framed(question("example.com", number=1)) + framed(question("example.org", number=2))[:9]
    )
    heard = bench.accepted(server)
    asked, _ = bench.received(heard)
    assert asked == framed(question("example.com", number=1))
    heard.sendall(framed(answer_to(asked[2:])))
    assert bench.received(caller)[0] == framed(answer_to(question("example.com", number=1)))
    caller.send(framed(question("example.org", number=2))[9:])
    heard = bench.accepted(server)
    bench.received(heard)
    heard.settimeout(1)
    heard.sendall(framed(long))
    got = b""
    while len(got) < 2 + len(long):
        got += bench.received(caller)[0]
    assert got[2:] == long


@pytest.mark.parametrize(
    "said", [b"\0\0", b"\xff\xff", framed(b"x" * 5), framed(answer_to(question("a.b")))]
)
def test_by_tcp_what_is_no_question_ends_the_connection(bench: Bench, said: bytes) -> None:
    caller = bench.caller()
    caller.send(said)
    assert bench.received(caller)[0] == b""


def test_by_tcp_a_silent_caller_is_hung_up_on(bench: Bench) -> None:
    caller = bench.caller()
    caller.send(b"\0")
    bench.silence(caller)
    bench.clock.advance(3.1)
    assert bench.received(caller)[0] == b""


def test_by_tcp_a_name_server_that_hangs_up_is_followed_by_a_failure(bench: Bench) -> None:
    server, caller = bench.listener(), bench.caller()
    bench.upstreams.append(server.getsockname())
    caller.send(framed(question("example.org")))
    for _ in range(2):
        bench.accepted(server).close()
    assert code(bench.received(caller)[0][2:]) == _SERVER_FAILURE


def test_by_tcp_a_sandbox_has_a_few_connections(bench: Bench) -> None:
    callers = [bench.caller() for _ in range(dns_streams.MOST_OF_ONE + 1)]
    assert bench.received(callers[-1])[0] == b""
    for caller in callers[:-1]:
        bench.silence(caller)


def test_the_host_s_name_servers_are_read_again_when_they_change(tmp_path: Path) -> None:
    file, behind = tmp_path / "resolv.conf", tmp_path / "behind"
    names = Upstreams(file=file, behind_the_stub=behind)
    assert list(names()) == []
    file.write_text("# comment\nsearch corp\nnameserver 192.0.2.1\nnameserver x\nnameserver ::1\n")
    assert names() == [("192.0.2.1", 53), ("::1", 53)]
    file.write_text("nameserver 127.0.0.53\n")
    behind.write_text("nameserver 192.0.2.7\n")
    assert names() == [("192.0.2.7", 53)]
    file.write_text("".join(f"nameserver 192.0.2.{n}\n" for n in range(9)))
    assert len(names()) == 3
    assert Upstreams(given=["192.0.2.9"], file=file)() == [("192.0.2.9", 53)]


def test_a_scoped_address_is_one() -> None:
    assert name_servers("nameserver fe80::1%eth0\n") == ["fe80::1%eth0"]

"""A daemon on a host of the tests' own, with the internet beyond it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lambent.sandbox.network import nft
from tests.acceptance.daemon_process import DaemonProcess, end
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually
from tests.sandbox.network.lan import HOST, PEER, WEB, Lan
from tests.sandbox.network.questions import answer_to

pytestmark = [
    pytest.mark.promise("network"),
    pytest.mark.skipif(nft.find() is None, reason="nft is not installed"),
]
_CALLER = """
import socket
def handler(event, context):
    host, port = event
    try:
        with socket.create_connection((host, port), timeout=5) as caller:
            return caller.recv(100).decode()
    except OSError as error:
        return type(error).__name__
"""


class Beyond:
    """The daemon, and whoever answers beyond its host."""

    def __init__(self, lan: Lan, daemon: DaemonProcess) -> None:
        self.lan, self.daemon = lan, daemon
        self.lambda_: Any = daemon.client("lambda")


def answer_names(sock: Any) -> None:
    """Everything is PEER."""
    while True:
        asked, who = sock.recvfrom(512)
        if asked == b"end":
            return
        answer = answer_to(asked, str(PEER)) if asked[-3] == 1 else answer_to(asked)
        sock.sendto(answer, who)


def greet(listener: Any) -> None:
    """Tell whoever calls from where the call comes, until it is the host itself that asks for the end."""
    while True:
        heard, (caller, _) = listener.accept()
        with heard:
            if caller == str(PEER):
                return
            heard.sendall(f"you are {caller}".encode())


@pytest.fixture
def beyond(tmp_path: Path) -> Iterator[Beyond]:
    with ExitStack() as stack:
        lan = Lan(stack)
        names, web = lan.receive(lan.beyond, 53), lan.listen(lan.beyond, WEB)
        threads = [
            threading.Thread(target=answer_names, args=(names,)),
            threading.Thread(target=greet, args=(web,)),
        ]
        for thread in threads:
            thread.start()
        config = tmp_path / "lambent.toml"
        config.write_text(f'[network]\npolicy = "nat"\nname_servers = ["{PEER}"]\n')
        stack.enter_context(lan.hosts())
        running = DaemonProcess(tmp_path / "data", "--config", str(config))
        running.start()
        yield Beyond(lan, running)
        running.stop()
        assert running.leftovers() == []
        assert list(nft.tables()) == []
        lan.send_from(lan.beyond, PEER, 53, b"end")
        lan.connect(lan.beyond, PEER, WEB)
        for thread in threads:
            thread.join()


def test_a_function_reaches_others_by_name_and_not_the_host(beyond: Beyond) -> None:
    create(beyond.lambda_, "network-caller", _CALLER)
    reached = call(beyond.lambda_, "network-caller", ["example.org", WEB])
    assert reached == (f"you are {HOST}", "")
    listener = beyond.lan.listen(beyond.lan.host, WEB)
    refused = call(beyond.lambda_, "network-caller", [str(HOST), WEB])
    assert refused == ("ConnectionRefusedError", "")
    listener.close()
    own = call(beyond.lambda_, "network-caller", [str(HOST), beyond.daemon.port])
    assert own == ("ConnectionRefusedError", "")
    assert beyond.daemon.health()["network"] == {"policy": "nat", "why": ""}


def test_names_come_back_when_their_program_is_killed_and_all_goes_with_the_supervisor(
    beyond: Beyond,
) -> None:
    create(beyond.lambda_, "network-survivor", _CALLER)
    end(beyond.daemon.health()["processes"]["names"])
    reached = call(beyond.lambda_, "network-survivor", ["example.org", WEB])
    assert reached == (f"you are {HOST}", "")
    (instance,) = beyond.daemon.instances()
    beyond.daemon.kill()
    eventually(lambda: f"lb-{instance}" not in links())
    assert [name for _, name in nft.tables()] == [f"lambent-{instance}"]
    assert forwarding("wan")
    beyond.daemon.start()
    assert call(beyond.lambda_, "network-survivor", ["example.org", WEB])[0] == f"you are {HOST}"
    beyond.daemon.stop()
    assert not forwarding("wan")


def links() -> str:
    return Path("/proc/thread-self/net/dev").read_text()


def forwarding(link: str) -> bool:
    return Path(f"/proc/sys/net/ipv4/conf/{link}/forwarding").read_text() == "1\n"

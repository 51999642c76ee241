"""The start banner, over an edge that is a bare socket."""

import json
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from lambent.daemon.banner import Banner, HealthProbe, probe_address, show
from lambent.daemon.config import Settings

HEALTH = {"status": "ok", "version": "0.1.0", "runtimes": ["python3.9", "python3.12", "python3.8"]}


class Edge:
    """Accepts and answers when it is told to."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def answer(self, health: Mapping[str, object], *, status: str = "200 OK") -> None:
        body = json.dumps(health).encode()
        connection, _ = self._listener.accept()
        with connection:
            assert connection.recv(4096).startswith(b"GET /_lambent/health HTTP/1.1\r\n")
            connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode() + body)

    def hang_up(self) -> None:
        self._listener.accept()[0].close()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def edge() -> Iterator[Edge]:
    made = Edge()
    yield made
    made.close()


def banner_for(
    edge: Edge, shown: list[str], settings: Settings | None = None, *, port: int = 4566
) -> Banner:
    return Banner(
        settings=settings or Settings(),
        port=port,
        isolation="direct",
        user="uid 70123",
        network="nat: of the test",
        launcher="./lambent",
        probe=HealthProbe(("127.0.0.1", edge.port)),
        show=shown.extend,
    )


def poll_until(poll: Callable[[], bool]) -> None:
    while not poll():
        pass  # what arrives on loopback arrives; pytest's timeout ends the wait


def test_it_is_shown_once_the_edge_answers_and_names_what_is_there(edge: Edge) -> None:
    shown: list[str] = []
    banner = banner_for(edge, shown)
    assert not banner.poll()
    assert shown == []
    edge.answer(HEALTH)
    poll_until(banner.poll)
    assert shown == [
        "lambent 0.1.0 is up",
        "  endpoint   http://127.0.0.1:4566",
        "  isolation  direct",
        "  user       edge and control run as uid 70123",
        "  data       /var/lib/lambent",
        "  network    nat: of the test",
        "  runtimes   python3.9, python3.12, python3.8",
        "Try, in another terminal:",
        (
            """  mkdir -p hello && echo 'def handler(event, context): return {"hello": event["name"]}' """
            "> hello/app.py"
        ),
        "  ./lambent functions create hello hello --runtime python3.12",
        """  ./lambent invoke hello --payload '{"name": "you"}'""",
    ]


def test_an_edge_that_is_not_ready_or_goes_away_is_asked_again(edge: Edge) -> None:
    shown: list[str] = []
    banner = banner_for(edge, shown)
    assert not banner.poll()
    edge.hang_up()
    poll_until(lambda: banner.poll() or edge_answers(edge))
    poll_until(banner.poll)
    assert shown[0] == "lambent 0.1.0 is up"


def edge_answers(edge: Edge) -> bool:
    """Answer the next connection if one waits already."""
    edge._listener.setblocking(False)
    try:
        edge.answer(HEALTH)
    except BlockingIOError:
        return False
    finally:
        edge._listener.setblocking(True)
    return True


def lines_with(edge: Edge, health: Mapping[str, object], **changes: object) -> Sequence[str]:
    shown: list[str] = []
    port = int(str(changes.pop("at", 4566)))
    banner = banner_for(edge, shown, Settings(**changes), port=port)  # type: ignore[arg-type]  # fields by name
    banner.poll()
    edge.answer(health)
    poll_until(banner.poll)
    return shown


def test_another_port_is_in_the_lines_to_try(edge: Edge) -> None:
    assert lines_with(edge, HEALTH, at=8000)[-1].endswith(" --endpoint http://127.0.0.1:8000")


def test_an_open_bind_is_said(edge: Edge) -> None:
    lines = lines_with(edge, HEALTH, bind="0.0.0.0", allow_open_bind=True)
    assert [line for line in lines if "OPEN" in line]


def test_without_a_runtime_the_doctor_is_named(edge: Edge) -> None:
    lines = lines_with(edge, {**HEALTH, "runtimes": []})
    assert "  runtimes   none found" in lines
    assert lines[-1] == "Find out why there is no runtime: ./lambent doctor"


def test_a_part_that_does_not_do_its_work_is_said_instead_of_lines_to_try(edge: Edge) -> None:
    lines = lines_with(edge, {**HEALTH, "crash_looping": ["spawner"]})
    assert lines[-2:] == [
        "  DEGRADED   spawner ends again and again",
        "Find out why: the lines above, and ./lambent doctor",
    ]


def test_a_wildcard_is_asked_on_loopback() -> None:
    assert probe_address("0.0.0.0", 1) == ("127.0.0.1", 1)
    assert probe_address("::", 1) == ("::1", 1)
    assert probe_address("127.0.0.1", 1) == ("127.0.0.1", 1)


def test_it_is_plain_text_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    show(["lambent 0.1.0 is up", f"  data       {tmp_path}/{'long' * 40}"])
    assert capsys.readouterr().out == (
        f"lambent 0.1.0 is up\n  data       {tmp_path}/{'long' * 40}\n"
    )

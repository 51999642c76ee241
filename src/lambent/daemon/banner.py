"""What a person sees when the daemon is up: where it answers, what it holds, three lines to try."""

import json
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from lambent.daemon.config import Settings

_REQUEST: Final = b"GET /_lambent/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_DEFAULT_PORT: Final = 4566


class HealthProbe:
    """Asks the edge for its health without ever waiting: the supervisor has signals to hear."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._socket: socket.socket | None = None
        self._sent, self._answer = False, b""

    def poll(self) -> Mapping[str, object] | None:
        """The health once the edge has told it, else None; ask again soon."""
        try:
            self._advance()
        except BlockingIOError:
            return None
        except OSError:  # the edge ended over it; the next poll asks anew
            self.close()
            return None
        return self._result()

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._sent, self._answer = None, False, b""

    def _advance(self) -> None:
        if self._socket is None:
            family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setblocking(False)
            self._socket.connect_ex(self._address)
        if not self._sent:
            self._socket.send(_REQUEST)
            self._sent = True
        while piece := self._socket.recv(65_536):
            self._answer += piece

    def _result(self) -> Mapping[str, object] | None:
        head, _, body = self._answer.partition(b"\r\n\r\n")
        self.close()
        if not head.startswith(b"HTTP/1.1 200"):
            return None
        try:
            health = json.loads(body)
        except ValueError:  # cut off
            return None
        return health if isinstance(health, dict) else None


class Announcement(Protocol):
    """Something to be said once the daemon is up."""

    def poll(self) -> bool:
        """Say it if that is possible now; whether there is nothing left to say."""
        ...


class Banner:
    """Printed once the edge answers."""

    def __init__(
        self,
        *,
        settings: Settings,
        port: int,
        isolation: str,
        user: str,
        network: str,
        launcher: str,
        probe: HealthProbe,
        show: Callable[[Sequence[str]], None],
    ) -> None:
        self._settings, self._port, self._isolation = settings, port, isolation
        self._user = user
        self._network = network
        self._launcher, self._probe, self._show = launcher, probe, show

    def poll(self) -> bool:
        """Print it as soon as the edge has told which runtimes there are."""
        health = self._probe.poll()
        if health is None or health.get("runtimes") is None:
            return False
        self._show(self._lines(health))
        return True

    def _lines(self, health: Mapping[str, object]) -> list[str]:
        where = endpoint(self._settings.bind, self._port)
        found = health.get("runtimes")
        runtimes = [str(name) for name in found] if isinstance(found, list | dict) else []
        ailing = health.get("crash_looping")
        lines = [
            f"lambent {health.get('version', '')} is up",
            f"  endpoint   {where}",
            f"  isolation  {self._isolation}",
            f"  user       edge and control run as {self._user}",
            f"  data       {self._settings.data_dir}",
            f"  network    {self._network}",
            f"  runtimes   {', '.join(runtimes) or 'none found'}",
        ]
        if self._settings.open_bind:
            lines.append("  OPEN       whoever reaches this address can run code here, unasked")
        if isinstance(ailing, list) and ailing:
            lines.append(f"  DEGRADED   {', '.join(map(str, ailing))} ends again and again")
            return [*lines, f"Find out why: the lines above, and {self._launcher} doctor"]
        return [*lines, *self._to_try(runtimes, where)]

    def _to_try(self, runtimes: Sequence[str], endpoint: str) -> list[str]:
        pythons = [name for name in runtimes if name.startswith("python")]
        if not pythons:
            return [f"Find out why there is no runtime: {self._launcher} doctor"]
        newest = max(pythons, key=lambda name: [int(n) for n in name[6:].split(".") if n.isdigit()])
        where = "" if self._port == _DEFAULT_PORT else f" --endpoint {endpoint}"
        function = 'def handler(event, context): return {"hello": event["name"]}'
        return [
            "Try, in another terminal:",
            f"  mkdir -p hello && echo '{function}' > hello/app.py",
            f"  {self._launcher} functions create hello hello --runtime {newest}{where}",
            f"""  {self._launcher} invoke hello --payload '{{"name": "you"}}'{where}""",
        ]


def show(lines: Sequence[str]) -> None:
    """Print to stdout, in colour for a terminal."""
    if not sys.stdout.isatty():
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=True)
    for line in lines:
        text = Text(line)
        text.highlight_regex(r"^lambent \S+ is up|^  [a-z]+(?=  )", "bold green")
        text.highlight_regex(r"^  (OPEN|DEGRADED).*", "bold red")
        text.highlight_regex(r"https?://\S+", "cyan")
        console.print(text, highlight=False)


def endpoint(bind: str, port: int) -> str:
    """The address as clients write it."""
    return f"http://{f'[{bind}]' if ':' in bind else bind}:{port}"


def probe_address(bind: str, port: int) -> tuple[str, int]:
    """Where this host reaches its own daemon."""
    return ({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind), port)  # noqa: S104  compared with

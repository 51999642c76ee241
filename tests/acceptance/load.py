"""Clients that call a function without a pause."""

import threading
from typing import Any, Self

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call

ECHO = "def handler(e, c): return e"


class Load:
    """Calls the function `echo`, made of ECHO, without a pause until the `with` block ends."""

    def __init__(self, daemon: DaemonProcess, clients: int = 3) -> None:
        self.wrong: list[Any] = []
        self.failed: list[BaseException] = []
        self.calls = 0
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._call, args=(daemon.client("lambda"), n))
            for n in range(clients)
        ]

    def _call(self, client: Any, seed: int) -> None:
        number = seed
        while not self._stop.is_set():
            number += 10
            try:
                answer = call(client, "echo", number)
            except Exception as error:
                self.failed.append(error)
                self._stop.wait(
                    0.02
                )  # nobody is there: asking without end would only burn the machine
            else:
                self.calls += 1
                if answer != (number, ""):
                    self.wrong.append((number, answer))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

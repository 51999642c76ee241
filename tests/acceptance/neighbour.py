"""An innocent function that is called again and again while another one misbehaves."""

import threading
from types import TracebackType
from typing import Any, Self

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call
from tests.acceptance.waiting import eventually


class Neighbour:
    """Calls the function `name`, which gives back its event, again and again while the `with` block runs.

    Leaving the block waits for one more answer and fails unless every one was right.
    """

    def __init__(self, daemon: DaemonProcess, name: str) -> None:
        self._client, self._name = daemon.client("lambda"), name
        self.calls = 0
        self._wrong: list[Any] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._call)

    def _call(self) -> None:
        while not self._over.wait(
            0.02
        ):  # a breath, so that the caller itself is no burden on the machine
            try:
                answer = call(self._client, self._name, self.calls)
            except Exception as error:
                answer = (error, "")
            if answer != (self.calls, ""):
                self._wrong.append(answer)
            self.calls += 1

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self.calls)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        calls = self.calls
        try:
            eventually(lambda: self.calls > calls)
        finally:
            self._over.set()
            self._thread.join()
        assert self._wrong == []

"""What candidates turned out to be, remembered for as long as each is the same file."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from lambent.runtimes.answers import Answers, ProbeFailure

_Known = TypeVar("_Known")


class Prober(Generic[_Known]):
    """Asks a candidate what it is, once."""

    def __init__(self, *, answers: Answers, ask: Callable[[Path, Answers], _Known | str]) -> None:
        """`ask` gives what the file is, or in words that follow its path why it cannot be used."""
        self._told, self._ask = answers, ask
        self._answers: dict[tuple[str, int, int], _Known | str] = {}

    def probe(self, executable: Path) -> _Known:
        """What `executable` is; blocks for as long as it takes to start. Raises ProbeFailure."""
        try:
            status = executable.stat()
        except OSError as error:
            raise ProbeFailure(f"{executable}: {error.strerror}") from error
        key = (str(executable), status.st_mtime_ns, status.st_size)
        if key not in self._answers:
            self._answers[key] = self._ask(executable, self._told)
        answer = self._answers[key]
        if isinstance(answer, str):
            raise ProbeFailure(f"{executable} {answer}")
        return answer

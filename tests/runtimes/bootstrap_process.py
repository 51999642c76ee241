"""A bootstrap as a process of its own, spoken to over its two pipes."""

import fcntl
import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import lambent.runtimes
from lambent.runtime_api.frames import Frame, FrameDecoder, Kind, head

BOOTSTRAP = Path(lambent.runtimes.__file__).parent / "python" / "bootstrap.py"
BOOT_ENVIRON = {"LANG": "en_US.UTF-8", "LC_CTYPE": "C.UTF-8"}
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0"
NODE_BOOTSTRAP = BOOTSTRAP.parents[1] / "node" / "bootstrap.cjs"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:hello"


class Answer(NamedTuple):
    """A frame from the runtime, its meta understood."""

    kind: Kind
    meta: Mapping[str, Any]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class BootstrapProcess:
    """Started on entering, killed and reaped on leaving."""

    def __init__(
        self,
        interpreter: Path,
        task_root: Path,
        *,
        bootstrap: Path = BOOTSTRAP,
        options: Sequence[str] = (),
    ) -> None:
        self._interpreter, self._task_root = interpreter, task_root
        self._arguments = [str(interpreter), *options, str(bootstrap)]
        self._decoder = FrameDecoder()
        self._frames: list[Frame] = []
        self._log = task_root.parent / f"{task_root.name}.log"
        self._pid = 0
        self.requests = self.responses = -1

    def __enter__(self) -> Self:
        mine_in, self.requests = map(_high, os.pipe())
        self.responses, mine_out = map(_high, os.pipe())
        log = _high(os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
        actions = [(mine_in, 3), (mine_out, 4), (log, 1), (log, 2)]
        self._pid = os.posix_spawn(
            self._interpreter,
            self._arguments,
            BOOT_ENVIRON,
            file_actions=[(os.POSIX_SPAWN_DUP2, source, to) for source, to in actions],
        )
        for descriptor in (mine_in, mine_out, log):
            os.close(descriptor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for descriptor in (self.requests, self.responses):
            if descriptor >= 0:
                os.close(descriptor)
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)

    @property
    def log(self) -> str:
        """What the runtime has written to stdout and stderr so far."""
        return self._log.read_text()

    def environ(self, handler: str, more: Mapping[str, str]) -> dict[str, str]:
        """The environment that START carries."""
        return {
            "LAMBDA_TASK_ROOT": str(self._task_root),
            "LAMBDA_RUNTIME_DIR": "/var/runtime",
            "PYTHONPATH": "/var/runtime",
            "PATH": "/usr/bin:/bin",
            "TZ": ":UTC",
            "LANG": "en_US.UTF-8",
            "LC_CTYPE": "C.UTF-8",
            "AWS_LAMBDA_FUNCTION_NAME": "hello",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/hello",
            "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/25/[$LATEST]0123456789abcdef",
            "_HANDLER": handler,
            **more,
        }

    def start(self, handler: str, more: Mapping[str, str] | None = None) -> Answer:
        """Wait for WAITING, send START; the answer to it."""
        assert self.receive() == Answer(Kind.WAITING, {}, b"")
        meta = {"handler": handler, "environ": self.environ(handler, more or {})}
        self.send(Kind.START, meta)
        return self.receive()

    def invoke(self, event: Any, *, request_id: str = "request-1", context: str = "") -> Answer:
        """Send an event as JSON; the answer to it."""
        self.order(event, request_id=request_id, context=context)
        return self.receive()

    def order(self, event: Any, *, request_id: str = "request-1", context: str = "") -> None:
        """Send an event as JSON and don't wait."""
        meta = {
            "id": request_id,
            "deadline": 32_503_680_000_000,
            "arn": ARN,
            "trace": TRACE,
            "context": context,
        }
        self.send(Kind.INVOKE, meta, json.dumps(event).encode())

    def send(self, kind: Kind, meta: Mapping[str, Any], body: bytes = b"") -> None:
        """Send one frame."""
        data = memoryview(head(kind, json.dumps(meta).encode(), body_length=len(body)) + body)
        while data:
            data = data[os.write(self.requests, data) :]

    def receive(self) -> Answer:
        """The next frame. Raises EOFError when the runtime has closed its end."""
        while not self._frames:
            data = os.read(self.responses, 65_536)
            if not data:
                raise EOFError
            self._frames += self._decoder.feed(data)
        frame = self._frames.pop(0)
        return Answer(frame.kind, json.loads(frame.meta), frame.body)

    def hang_up(self) -> None:
        """Close the engine's ends."""
        os.close(self.requests)
        os.close(self.responses)
        self.requests = self.responses = -1

    def wait(self) -> int:
        """The exit status, or minus the signal, once the process has ended."""
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)


def _high(descriptor: int) -> int:
    # Out of the range that the child's own descriptors are put into.
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 100)
    os.close(descriptor)
    return moved

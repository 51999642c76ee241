"""The Node that these tests run the bootstrap on, and how they do it."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambent.runtimes.nodes import OPTIONS
from tests.runtimes.bootstrap_process import NODE_BOOTSTRAP, BootstrapProcess


def node() -> Path:
    """The Node in PATH; skips the test when there is none."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("no node in PATH")
    return Path(found)


def has_callbacks() -> bool:
    """Whether that Node is one of those for which AWS takes handlers with callbacks: up to 22."""
    said = subprocess.run([node(), "--version"], capture_output=True, check=True).stdout
    return int(said.decode().lstrip("v").partition(".")[0]) < 24


class Function(BootstrapProcess):
    """A Node function of the files given, with `index.handler` unless another is named."""

    def __init__(self, folder: Path, files: Mapping[str, str] | str, *, handler: str = "") -> None:
        task_root = folder / "task"
        task_root.mkdir()
        for name, text in ({"index.js": files} if isinstance(files, str) else files).items():
            (task_root / name).parent.mkdir(parents=True, exist_ok=True)
            (task_root / name).write_text(text)
        self.handler = handler or "index.handler"
        super().__init__(node(), task_root, bootstrap=NODE_BOOTSTRAP, options=OPTIONS)

    def load(self, **more: str) -> Any:
        """Start it; what INIT_DONE or INIT_ERROR say."""
        return self.start(self.handler, more)

    def result(self, event: object = None, **settings: Any) -> Any:
        """The result of one invocation as JSON."""
        answer = self.invoke(event, **settings)
        assert answer.kind.name == "RESPONSE", answer
        return json.loads(answer.body)

    def fault(self, event: object = None, **settings: Any) -> dict[str, Any]:
        """The error of one invocation as JSON."""
        answer = self.invoke(event, **settings)
        assert answer.kind.name == "ERROR", answer
        body: dict[str, Any] = json.loads(answer.body)
        assert answer.meta["type"] == body["errorType"]
        return body

    def log_lines(self) -> list[str]:
        """What it has written, the time of each line left out."""
        return [line.partition("\t")[2] or line for line in self.log.splitlines()]

"""Runtimes that functions bring along."""

from pathlib import Path

import pytest

from lambent.daemon.edge_runtimes import EdgeRuntime
from lambent.runtimes.provided import PROVIDED, provided


@pytest.mark.parametrize("identifier", PROVIDED)
def test_every_host_has_them(tmp_path: Path, identifier: str) -> None:
    (tmp_path / "usr/lib/python3/dist-packages").mkdir(parents=True)
    runtime = provided(identifier, cache_dir=tmp_path / "cache", usr=tmp_path / "usr")
    assert runtime.identifier == identifier
    assert (runtime.argv, runtime.late) == ((), ("/var/task/bootstrap", "/opt/bootstrap"))
    assert runtime.hidden == ("/usr/lib/python3/dist-packages",)
    assert list(runtime.bootstrap_dir.iterdir()) == []
    assert runtime.bootstrap_dir.stat().st_mode & 0o777 == 0o755


def test_init_start_names_the_system_as_aws_does(tmp_path: Path) -> None:
    runtime = provided("provided.al2023", cache_dir=tmp_path, usr=tmp_path)
    assert EdgeRuntime.of(runtime).version == "provided:al2023.v1"

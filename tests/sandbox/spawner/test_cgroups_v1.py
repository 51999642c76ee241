"""What is special about cgroup v1, by this host's kernel."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from lambent.sandbox.spawner.cgroups_v1 import V1Cgroups
from lambent.sandbox.spawner.hierarchies import Process, find
from lambent.sandbox.spawner.lives import kill_processes


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="groups are made by root")
def test_what_is_frozen_on_version_1_alone_is_killed_all_the_same(tmp_path: Path) -> None:
    lines = Path("/proc/self/mountinfo").read_text().splitlines(keepends=True)
    file = tmp_path / "mountinfo"
    if " - cgroup cgroup " not in "".join(lines):
        pytest.skip("this host has no cgroup v1")
    file.write_text("".join(line for line in lines if " - cgroup2 " not in line))
    driver = find(f"t{os.getpid()}-v1", process=Process(mounts=file))
    joining = driver.create("frozen", memory_mb=64)
    assert joining.into is None
    assert joining.frozen is not None
    with subprocess.Popen(["sleep", "600"]) as process:
        for procs in joining.descriptors():
            os.write(procs, str(process.pid).encode())
            os.close(procs)
        assert driver.processes("frozen") == {process.pid}
        freezer = Path(f"/sys/fs/cgroup/freezer/lambent-t{os.getpid()}-v1/frozen/freezer.state")
        driver.freeze("frozen")
        assert freezer.read_text().strip() in {"FREEZING", "FROZEN"}
        assert not driver.remove("frozen")
        try:
            kill_processes(driver, "frozen")
            assert process.wait(10) == -signal.SIGKILL
        finally:
            freezer.write_text("THAWED")
            process.kill()
    assert driver.remove("frozen")
    driver.close()
    assert driver.names() == set()
    assert not freezer.parents[1].exists()


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="groups are made by root")
def test_swap_is_no_memory_more(tmp_path: Path) -> None:
    driver = find(f"t{os.getpid()}-swap")
    if not isinstance(driver, V1Cgroups):
        pytest.skip("this host has no cgroup v1")
    joining = driver.create("swapping", memory_mb=64)
    try:
        group = Path(f"/sys/fs/cgroup/memory/lambent-t{os.getpid()}-swap/swapping")
        both = group / "memory.memsw.limit_in_bytes"
        if not both.exists():
            pytest.skip("this kernel does not count swap")
        for memory_mb in (64, 512, 128):
            driver.limit("swapping", memory_mb=memory_mb, cores=None)
            assert int(both.read_text()) == memory_mb << 20
            assert int((group / "memory.limit_in_bytes").read_text()) == memory_mb << 20
    finally:
        for descriptor in (*joining.procs, joining.into):
            if descriptor is not None:
                os.close(descriptor)
        assert driver.remove("swapping")
        driver.close()

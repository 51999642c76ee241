"""Which driver a host gets; what the drivers do is tested through the spawner."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from lambent.sandbox.spawner.cgroups import NoCgroups, V1Cgroups, find
from lambent.sandbox.spawner.lives import kill_processes

V1 = """
40 31 0:35 / {at}/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:36 / {at}/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
42 31 0:37 / {at}/pids rw,relatime - cgroup cgroup rw,pids
43 31 0:38 / {at}/freezer rw,relatime - cgroup cgroup rw,freezer
"""
V2 = "44 31 0:39 / {at}/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
OTHER = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"


def mounts(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(OTHER + text.strip().format(at=tmp_path))
    return file


def test_a_host_with_version_2_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoCgroups, match="cgroup v2 alone is not supported yet"):
        find("x", mounts=mounts(tmp_path, V2))


def test_a_host_without_cgroups_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NoCgroups, match="not mounted: memory, cpu, pids"):
        find("x", mounts=mounts(tmp_path, ""))


@pytest.mark.parametrize(("text", "freezer"), [(V1, "freezer"), (V1 + V2, "unified")])
def test_the_groups_of_an_instance_lie_in_each_hierarchy(
    text: str, freezer: str, tmp_path: Path
) -> None:
    driver = find("x", mounts=mounts(tmp_path, text))
    assert isinstance(driver, V1Cgroups)
    for hierarchy in ("memory", "cpu,cpuacct", "pids", freezer):
        (tmp_path / hierarchy / "lambent-x" / f"of-{hierarchy}").mkdir(parents=True)
    assert driver.names() == {"of-memory", "of-cpu,cpuacct", "of-pids", f"of-{freezer}"}


def test_a_part_of_another_s_hierarchy_is_not_taken(tmp_path: Path) -> None:
    part = V1.replace(" / {at}/memory", " /docker/abc {at}/memory")
    with pytest.raises(NoCgroups, match="not mounted: memory"):
        find("x", mounts=mounts(tmp_path, part))


def test_a_sandbox_without_groups_used_nothing_and_is_removed(tmp_path: Path) -> None:
    driver = find("x", mounts=mounts(tmp_path, V1))
    assert driver.usage("gone").oom_kills == 0
    assert driver.processes("gone") == set()
    assert driver.remove("gone")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="groups are made by root")
def test_what_is_frozen_on_version_1_alone_is_killed_all_the_same(tmp_path: Path) -> None:
    lines = Path("/proc/self/mountinfo").read_text().splitlines(keepends=True)
    file = tmp_path / "mountinfo"
    file.write_text("".join(line for line in lines if " - cgroup2 " not in line))
    driver = find(f"t{os.getpid()}-v1", mounts=file)
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

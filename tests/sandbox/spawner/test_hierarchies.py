"""Which driver a host gets and where its groups go, over hosts that are made up; what drivers do is tested by the kernel."""

import os
from pathlib import Path

import pytest

from lambent.sandbox.spawner.cgroups import NoCgroups
from lambent.sandbox.spawner.cgroups_v1 import V1Cgroups
from lambent.sandbox.spawner.cgroups_v2 import V2Cgroups
from lambent.sandbox.spawner.hierarchies import Process, find, leftovers

V1 = """
40 31 0:35 / {at}/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:36 / {at}/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
42 31 0:37 / {at}/pids rw,relatime - cgroup cgroup rw,pids
43 31 0:38 / {at}/freezer rw,relatime - cgroup cgroup rw,freezer
"""
V2 = "44 31 0:39 / {at}/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n"
OTHER = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"


def process(tmp_path: Path, text: str, *, groups: str = "0::/\n") -> Process:
    mounts, own = tmp_path / "mountinfo", tmp_path / "groups"
    mounts.write_text(OTHER + text.strip().format(at=tmp_path))
    own.write_text("9:name=systemd:/\n" + groups)
    return Process(mounts=mounts, groups=own)


def unified(tmp_path: Path, *groups: str, controllers: str = "cpuset cpu io memory pids") -> Path:
    top = tmp_path / "unified"
    for group in (top, *(top / name for name in groups)):
        group.mkdir(parents=True)
        (group / "cgroup.controllers").write_text(controllers)
        (group / "cgroup.subtree_control").write_text("")
    return top


@pytest.fixture
def attributes(tmp_path: Path) -> Path:
    """A place whose file system keeps attributes of users."""
    try:
        os.setxattr(tmp_path, "user.tried", b"1")
    except OSError:
        pytest.skip("this file system has no attributes")
    return tmp_path


def test_version_2_with_all_controllers_is_taken_and_they_are_enabled(tmp_path: Path) -> None:
    top = unified(tmp_path, "lambent-x", "lambent-x/held")
    driver = find("x", process=process(tmp_path, V2))
    assert isinstance(driver, V2Cgroups)
    assert driver.names() == {"held"}
    for group in (top, top / "lambent-x"):
        assert (group / "cgroup.subtree_control").read_text() == "+memory +cpu +pids"
    assert (top / "lambent-x/held/cgroup.subtree_control").read_text() == ""


def test_what_version_1_does_not_hold_version_2_does(tmp_path: Path) -> None:
    unified(tmp_path, "lambent-x")
    others = "50 31 0:50 / {at}/devices rw - cgroup cgroup rw,devices\n"
    assert isinstance(find("x", process=process(tmp_path, others + V2)), V2Cgroups)


def test_version_2_without_a_controller_is_refused_by_its_name(tmp_path: Path) -> None:
    unified(tmp_path, controllers="cpu io")
    with pytest.raises(NoCgroups, match="lacks controllers: memory, pids"):
        find("x", process=process(tmp_path, V2))


def test_groups_that_can_not_be_made_are_a_reason_not_to_start(tmp_path: Path) -> None:
    top = unified(tmp_path)
    (top / "lambent-x").write_text("in the way")
    with pytest.raises(NoCgroups, match=f"no groups can be made in {top}: .*File exists"):
        find("x", process=process(tmp_path, V2))


@pytest.mark.parametrize("own", ["daemon.scope", "daemon.scope/lambent.programs"])
def test_what_systemd_delegated_is_where_the_groups_go(own: str, attributes: Path) -> None:
    top = unified(attributes, "daemon.scope", "daemon.scope/lambent-x", "lambent-x")
    os.setxattr(top / "daemon.scope", "user.delegate", b"1")
    (top / "daemon.scope/lambent-x/ours").mkdir()
    driver = find("x", process=process(attributes, V2, groups=f"0::/{own}\n"))
    assert driver.names() == {"ours"}


def test_what_systemd_keeps_for_itself_is_left_alone(tmp_path: Path) -> None:
    top = unified(tmp_path, "user.slice", "lambent-x")
    find("x", process=process(tmp_path, V2, groups="0::/user.slice\n"))
    assert not (top / "user.slice/lambent-x").exists()
    assert (top / "user.slice/cgroup.subtree_control").read_text() == ""


def test_leftovers_are_found_wherever_an_earlier_daemon_was(tmp_path: Path) -> None:
    unified(
        tmp_path, "lambent-x", "lambent-x/a", "lambent-1.service", "lambent-1.service/lambent-x"
    )
    (tmp_path / "unified/lambent-1.service/lambent-x/b").mkdir()
    (tmp_path / "unified/lambent-y").mkdir()
    found = leftovers("x", process=process(tmp_path, V2))
    assert sorted(name for driver in found for name in driver.names()) == ["a", "b"]


def test_on_version_1_leftovers_are_in_its_hierarchies(tmp_path: Path) -> None:
    (tmp_path / "memory/lambent-x/a").mkdir(parents=True)
    assert [d.names() for d in leftovers("x", process=process(tmp_path, V1))] == [{"a"}]
    assert leftovers("x", process=process(tmp_path, "")) == []


def test_a_host_without_cgroups_is_refused_by_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(NoCgroups, match="not mounted: memory, cpu, pids"):
        find("x", process=process(tmp_path, ""))


@pytest.mark.parametrize(("text", "freezer"), [(V1, "freezer"), (V1 + V2, "unified")])
def test_the_groups_of_an_instance_lie_in_each_hierarchy(
    text: str, freezer: str, tmp_path: Path
) -> None:
    driver = find("x", process=process(tmp_path, text))
    assert isinstance(driver, V1Cgroups)
    for hierarchy in ("memory", "cpu,cpuacct", "pids", freezer):
        (tmp_path / hierarchy / "lambent-x" / f"of-{hierarchy}").mkdir(parents=True)
    assert driver.names() == {"of-memory", "of-cpu,cpuacct", "of-pids", f"of-{freezer}"}


def test_a_part_of_another_s_hierarchy_is_not_taken(tmp_path: Path) -> None:
    part = V1.replace(" / {at}/memory", " /docker/abc {at}/memory")
    with pytest.raises(NoCgroups, match="not mounted: memory"):
        find("x", process=process(tmp_path, part))


def test_a_sandbox_without_groups_used_nothing_and_is_removed(tmp_path: Path) -> None:
    driver = find("x", process=process(tmp_path, V1))
    assert driver.usage("gone").oom_kills == 0
    assert driver.processes("gone") == set()
    assert driver.remove("gone")

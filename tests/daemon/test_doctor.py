"""The doctor, over hosts that are made up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from lambent.daemon import rootless
from lambent.daemon.doctor import examine, report
from lambent.daemon.doctor import isolation as verdict
from lambent.daemon.host import Finding, LinuxHost
from lambent.daemon.isolation import findings_for
from lambent.sandbox.drivers import BUBBLEWRAP, DIRECT, DRIVERS
from lambent.sandbox.network.nft import ForwardChain

V1 = "cgroup /sys/fs/cgroup/{0} cgroup rw,{0} 0 0\n"
V2 = "cgroup2 /sys/fs/cgroup{0} cgroup2 rw 0 0\n"
ALL_V1 = "".join(V1.format(name) for name in ("memory", "cpu", "pids", "freezer"))


@dataclass
class MadeUp:
    """`lambent.daemon.host.Host`, a good one until something is taken away."""

    user: int = 0
    release: str = "6.1.0-21-amd64"
    mounts: str = ALL_V1
    files: dict[str, str] = field(
        default_factory=lambda: {
            "/proc/sys/user/max_user_namespaces": "63000\n",
            "/proc/sys/kernel/seccomp/actions_avail": "kill_process trap errno allow\n",
            "/proc/filesystems": "nodev\ttmpfs\nnodev\toverlay\n\text4\n",
            "/proc/self/ns/user": "",
            "/dev/loop-control": "",
            "/proc/sys/net/ipv4/ip_forward": "0\n",
            "/sys/fs/ext4/features/encryption": "supported",
        }
    )
    programs: tuple[str, ...] = ("mkfs.ext4", "nft")
    libraries: tuple[str, ...] = ("libseccomp.so.2",)
    trial: str = ""
    chains: Sequence[ForwardChain] | str = ()
    left: bool = False

    def uid(self) -> int:
        return self.user

    def kernel(self) -> str:
        return self.release

    def text(self, path: str) -> str | None:
        return self.mounts if path == "/proc/self/mounts" else self.files.get(path)

    def exists(self, path: str) -> bool:
        return path in self.files

    def delegated(self) -> bool:
        return self.left

    def program(self, name: str) -> str | None:
        return f"/usr/sbin/{name}" if name in self.programs else None

    def loads(self, library: str) -> bool:
        return library in self.libraries

    def rootless_trial(self) -> str:
        return self.trial

    def forward_chains(self) -> Sequence[ForwardChain] | str:
        return self.chains


def isolation(findings: Sequence[Finding]) -> str:
    return verdict(findings, driver=DRIVERS[DIRECT])


def lacking(host: MadeUp) -> list[str]:
    return [f.what for f in examine(host) if not f.held]


def test_a_good_host_gets_direct_isolation() -> None:
    assert lacking(MadeUp()) == []
    assert isolation(examine(MadeUp())).startswith("direct: ")


def test_whom_edge_and_control_run_as_is_told_and_root_is_not_had() -> None:
    assert "edge and control run as uid 4321" in report(
        examine(MadeUp(), user="4321"), driver=DRIVERS[DIRECT], as_json=False
    )
    (finding,) = [f for f in examine(MadeUp(), user="root") if not f.held]
    assert (finding.what, finding.seen.partition(" as ")[0]) == (
        "user",
        "Edge and control never run",
    )
    assert "--user" in finding.remedy


DOCKERS = ForwardChain(table="ip filter", name="FORWARD", drops=True)
OWN = ForwardChain(table="inet lambent-9f615c", name="through", drops=False)


def test_a_foreign_firewall_that_drops_what_is_forwarded_is_told_with_a_remedy() -> None:
    findings = examine(MadeUp(chains=[OWN, DOCKERS]))
    told = report(findings, driver=DRIVERS[DIRECT], as_json=False)
    assert "network    none, most likely, for want of firewall" in told
    assert "ip filter FORWARD may drop what functions send" in told
    assert "docker_user = true" in told
    assert isolation(findings).startswith("direct: ")


def test_what_the_network_lacks_is_told() -> None:
    good = examine(MadeUp(chains=[OWN]))
    assert "network    nat: functions can reach other hosts" in report(
        good, driver=DRIVERS[DIRECT], as_json=False
    )
    unknown = examine(MadeUp(programs=("mkfs.ext4",), chains="nft is not installed"))
    assert json.loads(report(unknown, driver=DRIVERS[DIRECT], as_json=True))["network"] == (
        "none, most likely, for want of nft, firewall"
    )


@pytest.mark.parametrize(
    ("host", "what"),
    [
        (MadeUp(user=1000), "root"),
        (MadeUp(release="5.10.0-28-amd64"), "kernel"),
        (MadeUp(mounts=""), "cgroups"),
        (MadeUp(mounts=V1.format("memory")), "cgroups"),
        (MadeUp(libraries=()), "libseccomp"),
        (MadeUp(programs=("nft",)), "mkfs.ext4"),
    ],
)
def test_what_is_needed_and_lacking_is_named_with_a_remedy(host: MadeUp, what: str) -> None:
    assert lacking(host) == [what]
    findings = examine(host)
    assert isolation(findings) == (f"none: functions can't be isolated here for want of {what}")
    (finding,) = [f for f in findings if not f.held]
    assert finding.remedy
    assert finding.remedy in report(findings, driver=DRIVERS[DIRECT], as_json=False)


def test_a_kernel_that_cannot_encrypt_is_told_and_isolates_all_the_same() -> None:
    host = MadeUp()
    del host.files["/sys/fs/ext4/features/encryption"]
    assert lacking(host) == ["encryption"]
    findings = examine(host)
    assert isolation(findings).startswith("direct: ")
    assert "lie on the disk in plain" in report(findings, driver=DRIVERS[DIRECT], as_json=False)


@pytest.mark.parametrize(
    "path",
    [
        "/proc/self/ns/user",
        "/proc/sys/kernel/seccomp/actions_avail",
        "/dev/loop-control",
    ],
)
def test_what_the_kernel_lacks_costs_the_isolation(path: str) -> None:
    host = MadeUp()
    del host.files[path]
    assert isolation(examine(host)).startswith("none: ")


def test_what_is_of_use_later_does_not_cost_the_isolation() -> None:
    host = MadeUp(programs=("mkfs.ext4",))
    host.files["/proc/filesystems"] = "\text4\n"
    assert lacking(host) == ["overlay", "nft"]
    assert isolation(examine(host)).startswith("direct: ")


@pytest.mark.parametrize(
    ("mounts", "controllers", "seen"),
    [
        (ALL_V1, "", "v1, with memory, cpu, pids, freezer"),
        (
            ALL_V1 + V2.format("/unified"),
            "",
            "hybrid (v1 limits beside v2), with memory, cpu, pids, freezer",
        ),
        (V2.format(""), "cpuset cpu io memory pids", "v2, with memory, cpu, pids, freezer"),
        ("", "", "none mounted, with none"),
    ],
)
def test_it_tells_cgroup_versions_apart(mounts: str, controllers: str, seen: str) -> None:
    host = MadeUp(mounts=mounts)
    host.files["/sys/fs/cgroup/cgroup.controllers"] = controllers
    assert [f.seen for f in examine(host) if f.what == "cgroups"] == [seen]


@pytest.mark.parametrize(
    ("mounts", "systemd", "left", "held"),
    [
        (V2.format(""), True, True, True),
        (V2.format(""), True, False, False),
        (V2.format(""), False, False, True),
        (ALL_V1, True, False, True),
    ],
)
def test_it_says_how_to_have_systemd_leave_cgroups_to_us(
    mounts: str, systemd: bool, left: bool, held: bool
) -> None:
    host = MadeUp(mounts=mounts, left=left)
    host.files["/sys/fs/cgroup/cgroup.controllers"] = "cpu memory pids"
    if systemd:
        host.files["/run/systemd/system"] = ""
    (found,) = (f for f in examine(host) if f.what == "delegation")
    assert found.held is held
    assert "Delegate=yes" in found.remedy
    assert isolation(examine(host)).startswith("direct: ")


def test_json_has_the_verdict_and_every_finding() -> None:
    findings = examine(MadeUp(user=1000))
    document = json.loads(report(findings, driver=DRIVERS[DIRECT], as_json=True))
    assert document["isolation"] == "none"
    assert len(document["findings"]) == len(findings)


def test_this_host_can_be_asked() -> None:
    kernel = next(f for f in examine(LinuxHost()) if f.what == "kernel")
    assert kernel.seen.startswith("Linux ")


def test_an_ordinary_user_with_bubblewrap_gets_that() -> None:
    driver, findings = findings_for(MadeUp(user=1000, programs=("bwrap",)))
    assert driver.name == BUBBLEWRAP
    assert verdict(findings, driver=driver).startswith("bubblewrap: ")
    shown = report(findings, driver=driver, as_json=False)
    assert all(instead in shown for instead in driver.lacks.values())


def test_what_an_ordinary_user_lacks_has_its_remedy() -> None:
    assert _remedies(MadeUp(user=1000, programs=()))["bubblewrap"].endswith("install bubblewrap")
    forbidden = MadeUp(user=1000, programs=("bwrap",), trial="No permissions")
    assert "systempaths" in _remedies(forbidden)["a sandbox"]
    forbidden.files["/proc/sys/kernel/unprivileged_userns_clone"] = "0\n"
    assert "sysctl kernel.unprivileged_userns_clone=1" in _remedies(forbidden)["a sandbox"]


def test_where_apparmor_forbids_it_the_profile_is_printed_as_it_is_to_be_installed() -> None:
    host = MadeUp(user=1000, programs=("bwrap",), trial="Permission denied")
    host.files["/proc/sys/kernel/apparmor_restrict_unprivileged_userns"] = "1\n"
    driver, findings = findings_for(host)
    lines = report(findings, driver=driver, as_json=False).splitlines()
    assert "profile lambent-bwrap /usr/sbin/bwrap flags=(unconfined) {" in lines
    assert "apparmor_parser -r /etc/apparmor.d/lambent-bwrap" in lines


def test_json_tells_which_promises_hold() -> None:
    driver, findings = findings_for(MadeUp(user=1000, programs=("bwrap",)))
    promises = json.loads(report(findings, driver=driver, as_json=True))["promises"]
    held = {each["promise"]: each["held"] for each in promises}
    assert (held["walls"], held["memory"]) == (True, False)


def _remedies(host: MadeUp) -> dict[str, str]:
    return {f.what: f.remedy for f in rootless.examine(host) if not f.held}

"""`lambent doctor`: what this host offers for isolation, and what it lacks."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from lambent.daemon.daemon_user import HostAccounts, described
from lambent.daemon.failure import StartFailure
from lambent.daemon.host import Finding, Host
from lambent.sandbox.drivers import DIRECT, PROMISES, Driver

_LEAST_KERNEL: Final = (5, 12)
_CONTROLLERS: Final = ("memory", "cpu", "pids", "freezer")
_FOR_NETWORK: Final = frozenset({"nft", "forwarding", "firewall"})
_LIMITING: Final = frozenset({"memory", "cpu", "pids"})
_BUILT_INTO_V2: Final = frozenset({"freezer"})


def examine(host: Host, *, user: str = "") -> Sequence[Finding]:
    """Look at everything that isolation stands on; `user` is the setting of that name."""
    return (
        _root(host),
        _user(user),
        kernel(host),
        _cgroups(host),
        _delegation(host),
        user_namespaces(host),
        seccomp(host),
        library(host),
        _loop(host),
        _mkfs(host),
        _encryption(host),
        _overlay(host),
        _nft(host),
        _forwarding(host),
        _firewall(host),
    )


def isolation(findings: Sequence[Finding], *, driver: Driver) -> str:
    """The verdict in a sentence, where `driver` is the best that this user can have."""
    lacking = [finding.what for finding in findings if finding.needed and not finding.held]
    if not lacking:
        return f"{driver.name}: functions run in {driver.how}"
    return "none: functions can't be isolated here for want of " + ", ".join(lacking)


def network(findings: Sequence[Finding]) -> str:
    """What functions reach, in a sentence."""
    lacking = [f.what for f in findings if f.what in _FOR_NETWORK and not f.held]
    if not lacking:
        return "nat: functions can reach other hosts"
    return "none, most likely, for want of " + ", ".join(lacking)


def report(findings: Sequence[Finding], *, driver: Driver, as_json: bool) -> str:
    """The findings and the promises as text or JSON, the verdict included."""
    verdict = isolation(findings, driver=driver)
    held = not verdict.startswith("none")
    reached = network(findings) if driver.network == "nat" else driver.lacks["network"]
    if as_json:
        document = {
            "isolation": verdict.partition(":")[0],
            "why": verdict,
            "network": reached,
            "findings": [asdict(finding) for finding in findings],
            "promises": [
                {"promise": name, "text": text, "held": held and name not in driver.lacks}
                | ({"instead": driver.lacks[name]} if name in driver.lacks else {})
                for name, text in PROMISES.items()
            ],
        }
        return json.dumps(document, indent=2) + "\n"
    lines = [f"isolation  {verdict}", f"network    {reached}", "", *_shown(findings)]
    if held:
        lines += ["", f"promises held by {driver.name}", *_promised(driver)]
    return "\n".join(lines) + "\n"


def _shown(findings: Sequence[Finding]) -> Iterator[str]:
    width = max(len(finding.what) for finding in findings)
    for finding in findings:
        mark = "yes" if finding.held else ("NO " if finding.needed else "no ")
        yield f"  {mark}  {finding.what.ljust(width)}  {finding.seen}"
        if not finding.held and finding.remedy:
            first, *rest = finding.remedy.splitlines()
            yield f"       {' ' * width}  → {first}"
            yield from rest  # to be copied as it is


def _promised(driver: Driver) -> Iterator[str]:
    width = max(map(len, PROMISES))
    for name, text in PROMISES.items():
        lacked = driver.lacks.get(name)
        yield f"  {'no ' if lacked else 'yes'}  {name.ljust(width)}  {text}"
        if lacked:
            yield f"       {' ' * width}  → instead: {lacked}"
    if driver.lacks:
        yield f"  All of them are held by {DIRECT}, which needs root."


def _root(host: Host) -> Finding:
    return Finding(
        what="root",
        held=host.uid() == 0,
        needed=True,
        seen=f"running as uid {host.uid()}",
        remedy="start with sudo",
    )


def _user(wanted: str) -> Finding:
    try:
        held, seen = True, f"edge and control run as {described(wanted, accounts=HostAccounts())}"
    except StartFailure as failure:
        held, seen = False, str(failure)
    return Finding(
        what="user",
        held=held,
        needed=True,
        seen=seen,
        remedy="set another with --user, LAMBENT_USER or user in lambent.toml, or none",
    )


def kernel(host: Host) -> Finding:
    """Whether it is new enough."""
    release = host.kernel()
    numbers = [int(n) for n in release.split("-")[0].split(".")[:2] if n.isdigit()]
    return Finding(
        what="kernel",
        held=tuple(numbers) >= _LEAST_KERNEL,
        needed=True,
        seen=f"Linux {release}",
        remedy="5.12 or newer is needed, for idmapped mounts",
    )


def _cgroups(host: Host) -> Finding:
    version, found = _controllers(host)
    lacking = [name for name in _CONTROLLERS if name not in found]
    seen = f"{version}, with {', '.join(name for name in _CONTROLLERS if name in found) or 'none'}"
    return Finding(
        what="cgroups",
        held=not lacking,
        needed=True,
        seen=seen,
        remedy=f"mount cgroups with the controllers {', '.join(lacking)}",
    )


def _delegation(host: Host) -> Finding:
    version, _ = _controllers(host)
    if version != "v2" or not host.exists("/run/systemd/system"):
        held, seen = True, "not needed: systemd does not tend these cgroups"
    elif host.delegated():
        held, seen = True, "systemd has left a cgroup to this process: functions' are in it"
    else:
        held, seen = (
            False,
            "functions' cgroups are at the top, beside systemd's, and not in its care",
        )
    return Finding(
        what="delegation",
        held=held,
        needed=False,
        seen=seen,
        remedy="it works all the same; systemd's own way is "
        "`sudo systemd-run --scope -p Delegate=yes lambent up`, or Delegate=yes in a service",
    )


def _controllers(host: Host) -> tuple[str, frozenset[str]]:
    """Which kind of cgroups is mounted, and the controllers that can be used in it."""
    mounts = [line.split() for line in (host.text("/proc/self/mounts") or "").splitlines()]
    v1 = {option for m in mounts if m[2] == "cgroup" for option in m[3].split(",")}
    v2 = [m[1] for m in mounts if m[2] == "cgroup2"]
    unified = frozenset(
        name for place in v2 for name in (host.text(f"{place}/cgroup.controllers") or "").split()
    )
    old = frozenset(v1 & set(_CONTROLLERS))
    if unified >= _LIMITING:
        return "v2", unified | _BUILT_INTO_V2
    if old and v2:
        return "hybrid (v1 limits beside v2)", old | unified
    if old:
        return "v1", old
    if v2:
        return "v2", unified | _BUILT_INTO_V2
    return "none mounted", frozenset()


def user_namespaces(host: Host) -> Finding:
    """Whether there can be any."""
    most = (host.text("/proc/sys/user/max_user_namespaces") or "0").strip()
    return Finding(
        what="user namespaces",
        held=host.exists("/proc/self/ns/user") and most != "0",
        needed=True,
        seen=f"at most {most}",
        remedy="sysctl user.max_user_namespaces=65536",
    )


def seccomp(host: Host) -> Finding:
    """Whether system calls can be filtered."""
    actions = (host.text("/proc/sys/kernel/seccomp/actions_avail") or "").split()
    return Finding(
        what="seccomp",
        held="errno" in actions,
        needed=True,
        seen="filters available" if actions else "not in this kernel",
        remedy="a kernel with CONFIG_SECCOMP_FILTER is needed",
    )


def library(host: Host) -> Finding:
    """Whether filters can be made."""
    held = host.loads("libseccomp.so.2")
    return Finding(
        what="libseccomp",
        held=held,
        needed=True,
        seen="libseccomp.so.2" if held else "not found",
        remedy="apt-get install libseccomp2",
    )


def _loop(host: Host) -> Finding:
    held = host.exists("/dev/loop-control")
    return Finding(
        what="loop devices",
        held=held,
        needed=True,
        seen="/dev/loop-control" if held else "no /dev/loop-control",
        remedy="modprobe loop; in a container, pass the device in",
    )


def _mkfs(host: Host) -> Finding:
    place = host.program("mkfs.ext4")
    return Finding(
        what="mkfs.ext4",
        held=place is not None,
        needed=True,
        seen=place or "not found",
        remedy="apt-get install e2fsprogs",
    )


def _encryption(host: Host) -> Finding:
    held = host.exists("/sys/fs/ext4/features/encryption")
    return Finding(
        what="encryption",
        held=held,
        needed=False,
        seen="ext4 with fscrypt: /tmp of functions and unpacked code are encrypted on the disk"
        if held
        else "no fscrypt: /tmp of functions and unpacked code lie on the disk in plain (packages are sealed)",
        remedy="a kernel with CONFIG_FS_ENCRYPTION, and modprobe ext4; or a data directory on an encrypted disk",
    )


def _overlay(host: Host) -> Finding:
    held = "\toverlay\n" in (host.text("/proc/filesystems") or "")
    return Finding(
        what="overlay",
        held=held,
        needed=False,
        seen="in the kernel"
        if held
        else "not loaded; without it functions can read where on the host the interpreters lie, and layers will need it",
        remedy="modprobe overlay",
    )


def _nft(host: Host) -> Finding:
    place = host.program("nft")
    return Finding(
        what="nft",
        held=place is not None,
        needed=False,
        seen=place or "not found; functions have no outbound network without it",
        remedy="apt-get install nftables",
    )


def _forwarding(host: Host) -> Finding:
    switch = (host.text("/proc/sys/net/ipv4/ip_forward") or "").strip()
    seen = {
        "1": "the host forwards",
        "0": "off, and stays off: single links forward while lambent runs, for functions alone",
    }
    return Finding(
        what="forwarding",
        held=switch in seen,
        needed=False,
        seen=seen.get(switch, "no /proc/sys/net: functions have no outbound network"),
        remedy="/proc/sys/net has to be there, and writable",
    )


def _firewall(host: Host) -> Finding:
    chains = host.forward_chains()
    if isinstance(chains, str):
        return Finding(what="firewall", held=False, needed=False, seen=f"not known: {chains}")
    names = [f"{chain.table} {chain.name}" for chain in chains if chain.drops]
    return Finding(
        what="firewall",
        held=not names,
        needed=False,
        seen=f"{', '.join(names)} may drop what functions send"
        if names
        else "forwards what it is not told to drop",
        remedy="with Docker: `docker_user = true` below [network]; else have it forward from the "
        "link lb-… of lambent; `lambent status` tells what came of it",
    )

"""The root file system of a sandbox: assembled once for each plan, read-only, and cloned for each sandbox."""

import os
import shutil
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.orders import Root
from lambent.sandbox.spawner.sight import Sight
from lambent.sandbox.spawner.views import CLOSED, Library, Views

_DEVICE: Final = kernel.READ_ONLY | kernel.NO_SETUID | kernel.NO_EXECUTION
"""What a device is shown with: it can be written all the same, only its node cannot be changed."""
_KEPT_ROOTS: Final = 64

_DIRECTORIES: Final = (
    *("dev", "etc", "opt/lib", "proc", "tmp", "usr"),
    *("var/lang", "var/runtime", "var/task/lib", "var/tmp"),
)
"""Two are there for the dynamic linker: a directory of LD_LIBRARY_PATH that it does not find, it never looks into again, and an
interpreter is up before code and layers are bound."""
_EMPTY: Final = "opt/lib"
"""What covers directories that are not to be seen."""
_USR_LINKS: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_USR_HIDDEN: Final = ("usr/local", "usr/src")
_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_DEVICE_LINKS: Final = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
}
_ETC_FILES: Final = {
    "passwd": "root:x:0:0::/:/usr/sbin/nologin\nsbx_user1051:x:993:990::/tmp:/usr/sbin/nologin\n",
    "group": "root:x:0:\nsbx_user1051:x:990:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "hostname": "localhost\n",
}
_ETC_COPIED: Final = ("ld.so.cache", "protocols", "services", "ssl/openssl.cnf")
"""Files of the host's that say which libraries and numbers exist, nothing of who uses it."""
_ETC_SHOWN: Final = ("alternatives", "ssl/certs", "pki/tls/certs", "pki/ca-trust/extracted")

_PROC_MASKED: Final = (
    *("acpi", "asound", "bus", "cmdline", "diskstats", "fs", "interrupts", "kcore", "keys"),
    *("latency_stats", "mdstat", "partitions", "pressure", "sched_debug", "scsi", "swaps"),
    *("timer_list", "timer_stats"),
)
"""What tells of the host's hardware, kernel and other users: its command line can hold secrets, fs/ext4 has a directory for
each disk of the host and each neighbour's /tmp with its use, and any user may write to pressure, for the host as a whole."""
_PROC_READ_ONLY: Final = ("irq", "sys", "sysrq-trigger")


class Roots:
    """Assembles roots below `at`, a directory in the caller's own mount namespace, and keeps them."""

    def __init__(self, *, at: Path, sight: Sight, views: Views, resolver_file: str = "") -> None:
        """`resolver_file` is what /etc/resolv.conf holds: without a name server look-ups of names fail at once."""
        self._at, self._sight = at, sight
        self._views, self._resolver_file = views, resolver_file
        self._count = 0
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()

    def get(self, root: Root) -> str:
        """Return where below `at` the root of a plan is mounted, assembled now if it is new. Raises OSError.

        A directory that was replaced by another of its name makes a new root: an interpreter can be upgraded.
        """
        libraries = (source for _, source in root.libraries)
        shown = [p for p in (root.interpreter_dir, root.runtime_dir, *libraries) if p is not None]
        key = (root, *((s.st_dev, s.st_ino) for s in map(os.stat, shown)))
        if key not in self._kept:
            self._kept[key] = self._assemble(root)
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT_ROOTS:
            _, oldest = self._kept.popitem(last=False)
            kernel.unmount(str(oldest.at))
            oldest.at.rmdir()
        return self._kept[key].at.name

    def refresh(self) -> None:
        """Have what came into libraries seen in every sandbox, also by whoever looked before. Raises OSError."""
        for kept in self._kept.values():
            for library in kept.libraries:
                library.refresh()

    def _assemble(self, root: Root) -> "_Kept":
        self._count += 1
        at = self._at / f"root{self._count}"
        at.mkdir()
        flags = kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("tmpfs", str(at), "tmpfs", flags, "mode=755,size=4m")
        try:
            libraries = _fill(at, root, self._views, self._sight)
            (at / "etc/resolv.conf").write_text(self._resolver_file)
            kernel.set_mount_attributes(str(at), CLOSED)
            return _Kept(at=at, libraries=libraries)
        except BaseException:
            kernel.unmount(str(at))
            at.rmdir()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    at: Path
    libraries: tuple[Library, ...]


def _fill(at: Path, root: Root, views: Views, sight: Sight) -> tuple[Library, ...]:
    for name in _DIRECTORIES:
        (at / name).mkdir(parents=True)
    for name in ("tmp", "var/tmp"):
        (at / name).chmod(0o1777)
    views.show(Path("/usr"), at / "usr")
    for name in _USR_LINKS:
        if Path("/", name).is_symlink():
            (at / name).symlink_to(f"usr/{name}")
    _make_etc(at / "etc", views)
    _make_dev(at / "dev")
    if root.interpreter_dir is not None:
        views.show(root.interpreter_dir, at / "var/lang", sight=sight)
    for name, target in root.links:
        link = at / name.lstrip("/") if name.startswith("/") else at / "var/lang" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    views.show(root.runtime_dir, at / "var/runtime", sight=sight)
    for name in (*_USR_HIDDEN, *root.hidden):
        covered = _directory(at, name)
        if covered is not None:
            _cover(str(at / _EMPTY), str(covered), CLOSED)
    return tuple(_show_libraries(at, root, views, sight))


def _show_libraries(at: Path, root: Root, views: Views, sight: Sight) -> Iterator[Library]:
    for name, source in root.libraries:
        target = _directory(at, name)
        if target is not None:
            views.show(source, target, sight=sight)
            yield Library(source=source, target=target)


def _directory(at: Path, name: str) -> Path | None:
    """Return where a directory of the root is, if it is there, so that something can be mounted over it.

    Danger: a link on the way, followed from the host's root, would lead to a directory of the host's: such a path is refused.
    """
    where = (at / name.lstrip("/")).resolve()
    if not where.is_relative_to(at):
        raise OSError(f"{name} leads out of the root")
    return where if where.is_dir() else None


def _make_etc(etc: Path, views: Views) -> None:
    for name, text in _ETC_FILES.items():
        (etc / name).write_text(text)
    for name in _ETC_COPIED:
        if Path("/etc", name).is_file():
            (etc / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path("/etc", name), etc / name)
    for name in _ETC_SHOWN:
        if Path("/etc", name).is_dir():
            (etc / name).mkdir(parents=True)
            views.show(Path("/etc", name), etc / name)
    (etc / "localtime").symlink_to("/usr/share/zoneinfo/UTC")
    (etc / "os-release").symlink_to("../usr/lib/os-release")
    (etc / "mtab").symlink_to("/proc/mounts")


def _make_dev(dev: Path) -> None:
    for name in _DEVICES:
        (dev / name).touch()
        tree = kernel.open_tree(f"/dev/{name}")
        try:
            kernel.set_tree_attributes(tree, _DEVICE)
            kernel.move_mount(tree, str(dev / name))
        finally:
            os.close(tree)
    for name, target in _DEVICE_LINKS.items():
        (dev / name).symlink_to(target)


def enter(root: str, desk: str, *, volume: int) -> None:
    """Make a clone of `root` the root of the calling process, which is alone in its namespaces and their root.

    `desk` is an empty directory to put it together on; `volume` a detached mount for /tmp, closed here. Both paths are relative:
    the way to the working directory may be closed to this process, which is root in its own namespace only.
    """
    tree = kernel.open_tree(root, recursive=True)
    kernel.move_mount(tree, desk)
    os.close(tree)
    kernel.move_mount(volume, f"{desk}/tmp")
    os.close(volume)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", f"{desk}/proc", "proc", flags)
    os.chdir(desk)
    for name in _PROC_READ_ONLY:
        _make_read_only(f"proc/{name}")
    for name in _PROC_MASKED:
        _mask(f"proc/{name}")
    kernel.pivot_root_here()


def _make_read_only(path: str) -> None:
    if os.path.exists(path):  # noqa: PTH110 - pathlib costs 10 times that, in every cold start
        _cover(path, path, CLOSED | kernel.NO_EXECUTION)


def _mask(path: str) -> None:
    if os.path.isdir(path):  # noqa: PTH112 - as above
        _cover(_EMPTY, path, CLOSED | kernel.NO_EXECUTION)
    elif os.path.exists(path):  # noqa: PTH110 - as above
        _cover("dev/null", path, _DEVICE)


def _cover(source: str, target: str, attributes: int) -> None:
    tree = kernel.open_tree(source)
    kernel.set_tree_attributes(tree, attributes)
    kernel.move_mount(tree, target)
    os.close(tree)

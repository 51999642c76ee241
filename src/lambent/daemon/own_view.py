"""What edge and control see of the host: below folders that are closed to their user, what they need and nothing else."""

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from os import close
from pathlib import Path
from typing import Final

from lambent.daemon.daemon_user import DaemonUser
from lambent.sandbox.spawner import kernel, own_mounts
from lambent.sandbox.spawner.sight import may

_SETTINGS_OF_FETCHERS: Final = (".npmrc", ".netrc", ".pip/pip.conf", ".config/pip/pip.conf")
"""Below a home: what npm and pip are told of registries, proxies and certificates."""
_LARGEST_SETTINGS: Final = 1 << 16
_HOME_OPTIONS: Final = "mode=700,size=4m"


def show(places: Iterable[Path], *, below: Path, user: DaemonUser) -> None:
    """Show `places` where they are, also below folders closed to `user`, of which nothing else is seen any more.

    Links on the way to them are kept. For the calling process and its children only; `below` is any directory but the root.
    Raises OSError.
    """
    wanted = [place for place in places if place.exists()]
    closed = _by_closed_folder((place.resolve() for place in wanted if place.is_dir()), user)
    if not closed:
        return
    links = {link: link.readlink() for place in wanted for link in _links_on(place)}
    own_mounts.leave_the_hosts(below)
    with _open_to_all():
        for folder, inside in closed.items():
            _cover(folder, inside)
            for link, target in links.items():
                if link.is_relative_to(folder) and not link.is_symlink():
                    link.parent.mkdir(parents=True, exist_ok=True)
                    link.symlink_to(target)
            kernel.set_mount_attributes(str(folder), kernel.READ_ONLY)


def furnish_home(at: Path, *, of: Path, user: DaemonUser) -> None:
    """Let the directory `at` be a home of `user`'s with the settings for npm and pip that lie in the home `of`.

    They can hold secrets: they are copied to memory, which this process and its children alone see and which ends with them.
    Raises OSError.
    """
    own_mounts.leave_the_hosts(at)
    options = f"{_HOME_OPTIONS},uid={user.uid},gid={user.gid}"
    kernel.mount("tmpfs", str(at), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, options)
    for name in _SETTINGS_OF_FETCHERS:
        content = _settings(of / name, owner=of)
        if content is not None:
            _put(at, name, content, user)


def _put(home: Path, name: str, content: bytes, user: DaemonUser) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)
    while path != home:
        os.chown(path, user.uid, user.gid)
        path = path.parent


def _settings(path: Path, *, owner: Path) -> bytes | None:
    # Danger: root reads in a home that may be another's: only what belongs to whose home it is, wherever links lead.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != owner.stat().st_uid:
            return None
        return os.read(descriptor, _LARGEST_SETTINGS)
    finally:
        os.close(descriptor)


@contextmanager
def _open_to_all() -> Iterator[None]:
    """What is made here must be passed through by another uid, whatever the umask."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def _cover(folder: Path, inside: Sequence[Path]) -> None:
    """Lay an empty file system over `folder`, and what lies in it at `inside` over that."""
    with ExitStack() as held:
        trees = [(kernel.open_tree(str(place), recursive=True), place) for place in inside]
        for tree, _ in trees:
            held.callback(close, tree)
        flags = kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("tmpfs", str(folder), "tmpfs", flags, "mode=755,size=1m")
        for tree, place in trees:
            place.mkdir(parents=True, exist_ok=True)
            kernel.move_mount(tree, str(place))


def _by_closed_folder(places: Iterable[Path], user: DaemonUser) -> Mapping[Path, Sequence[Path]]:
    """The places that lie below a closed folder, by the topmost; those within another one are seen with it."""
    found: dict[Path, list[Path]] = {}
    for place in sorted(set(places)):
        folder = next(_closed_above(place, user), None)
        if folder is not None:
            inside = found.setdefault(folder, [])
            if not any(place.is_relative_to(other) for other in inside):
                inside.append(place)
    return found


def _closed_above(place: Path, user: DaemonUser) -> Iterator[Path]:
    for folder in reversed(place.parents):
        if not may(folder.stat(), uid=user.uid, gid=user.gid, others=stat.S_IXOTH):
            yield folder


def _links_on(path: Path) -> Iterator[Path]:
    """The symbolic links that are followed on the way to `path`, which leads somewhere."""
    walked, left = Path("/"), deque(path.absolute().parts[1:])
    while left:
        part = left.popleft()
        step = walked.parent if part == ".." else walked / part
        if not step.is_symlink():
            walked = step
            continue
        yield step
        target = step.readlink()
        if target.is_absolute():
            walked = Path("/")
        left.extendleft(reversed([p for p in target.parts if p != "/"]))

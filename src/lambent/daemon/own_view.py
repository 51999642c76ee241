"""What edge and control see of the host: without root's powers, folders that others have closed are closed to them too."""

import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from os import close
from pathlib import Path

import lambent
from lambent.daemon.config import interpreter_places
from lambent.daemon.program import Inheritance
from lambent.sandbox.spawner import kernel, own_mounts

_WHERE_INTERPRETERS_LIE = (".pyenv/versions", ".local/share/uv/python")


def show_what_is_needed(inheritance: Inheritance) -> None:
    """Keep the program, its data and the interpreters in sight when powers are laid down. Raises OSError.

    `sudo ./lambent up` in a home, which Debian closes to all but its owner, would not find its own modules otherwise.
    """
    places = [Path(lambent.__file__).parents[1], Path(sys.prefix), Path(sys.base_prefix)]
    places.append(inheritance.settings.data_dir)
    places += (
        home / each for home in interpreter_places().homes for each in _WHERE_INTERPRETERS_LIE
    )
    show(places, below=inheritance.run_dir)


def show(places: Iterable[Path], *, below: Path) -> None:
    """Show `places` where they are, also below closed folders, of which nothing else is seen any more. Raises OSError.

    For the calling process and its children only; `below` is any directory but the root.
    """
    closed = _by_closed_folder(place.resolve() for place in places if place.is_dir())
    if not closed:
        return
    own_mounts.leave_the_hosts(below)
    for folder, inside in closed.items():
        with ExitStack() as held:
            trees = [(kernel.open_tree(str(place), recursive=True), place) for place in inside]
            for tree, _ in trees:
                held.callback(close, tree)
            flags = kernel.MS_NOSUID | kernel.MS_NODEV
            kernel.mount("tmpfs", str(folder), "tmpfs", flags, "mode=755,size=1m")
            for tree, place in trees:
                place.mkdir(parents=True, exist_ok=True)
                kernel.move_mount(tree, str(place))
            kernel.set_mount_attributes(str(folder), kernel.READ_ONLY)


def _by_closed_folder(places: Iterable[Path]) -> Mapping[Path, Sequence[Path]]:
    """The places that lie below a closed folder, by the topmost; those within another one are seen with it."""
    found: dict[Path, list[Path]] = {}
    for place in sorted(set(places)):
        folder = next(_closed_above(place), None)
        if folder is not None:
            inside = found.setdefault(folder, [])
            if not any(place.is_relative_to(other) for other in inside):
                inside.append(place)
    return found


def _closed_above(place: Path) -> Iterator[Path]:
    for folder in reversed(place.parents):
        status = folder.stat()
        bit = stat.S_IXUSR if status.st_uid == 0 else stat.S_IXOTH
        if not status.st_mode & bit:
            yield folder

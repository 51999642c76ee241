"""What several packages are in one tree: of two entries at a path the later package's counts, and directories are joined."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lambent.catalog.links import Links
from lambent.catalog.package import MOST_ENTRIES, Entry, Kind, parents
from lambent.model.errors import InvalidParameterValue

_EXTENSIONS: Final = "extensions"


class Unmergeable(InvalidParameterValue):
    """Together the layers are no tree that could be shown; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A tree, and which package each of its files is in."""

    directories: Sequence[Entry]
    """Parents first."""
    files: Sequence[Sequence[Entry]]
    """For each package those of its files that count."""
    links: Sequence[Entry]
    file_bytes: int
    extension: tuple[int, str] | None
    """A program that AWS would start as an extension: the number of its package, and its path."""


def merged(packages: Sequence[Sequence[Entry]], *, most_entries: int = MOST_ENTRIES) -> Merged:
    """The tree of the entries of `packages`, each with parents first. Raises Unmergeable.

    Where a file or a link takes a directory's place, all that lay in that directory is gone; a directory that takes a link's place is empty but
    for what comes with it, wherever the link led: nothing is ever put where a link leads.
    """
    whole: dict[str, tuple[int, Entry]] = {}
    for number, entries in enumerate(packages):
        solid = {entry.path for entry in entries if entry.kind is not Kind.DIRECTORY}
        whole = {
            path: placed
            for path, placed in whole.items()
            if path not in solid and solid.isdisjoint(parents(path))
        }
        for entry in entries:
            if not _only_implies(entry, whole.get(entry.path)):
                whole[entry.path] = (number, entry)
        if len(whole) > most_entries:
            raise Unmergeable(
                f"The layers hold more than {most_entries} files and directories together."
            )
    links = [entry for _, entry in whole.values() if entry.kind is Kind.LINK]
    if not Links({entry.path: entry.target for entry in links}).stay_inside():
        raise Unmergeable("A symbolic link of one layer would lead out of /opt through another's.")
    return _sorted_out(whole, links, packages=len(packages))


def _only_implies(entry: Entry, there: tuple[int, Entry] | None) -> bool:
    """Whether `entry` is a directory that is there already, and that its package says nothing of."""
    return (
        entry.kind is Kind.DIRECTORY
        and entry.source is None
        and there is not None
        and there[1].kind is Kind.DIRECTORY
    )


def _sorted_out(
    whole: dict[str, tuple[int, Entry]], links: Sequence[Entry], *, packages: int
) -> Merged:
    files: list[list[Entry]] = [[] for _ in range(packages)]
    directories: list[Entry] = []
    file_bytes = 0
    extension = None
    for path in sorted(whole):
        number, entry = whole[path]
        if entry.kind is Kind.DIRECTORY:
            directories.append(entry)
        elif entry.kind is Kind.FILE:
            files[number].append(entry)
            file_bytes += entry.source.file_size if entry.source else 0
        if extension is None and _would_be_started(entry):
            extension = (number, path)
    return Merged(
        directories=directories,
        files=files,
        links=links,
        file_bytes=file_bytes,
        extension=extension,
    )


def _would_be_started(entry: Entry) -> bool:
    """Whether it lies in `extensions`, or that is a link and may lead to a directory of them."""
    folder, _, name = entry.path.partition("/")
    if folder != _EXTENSIONS or "/" in name:
        return False
    return entry.kind is Kind.LINK or (bool(name) and entry.kind is Kind.FILE)

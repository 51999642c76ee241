"""Reads a deployment package and refuses whatever must not be unpacked."""

import io
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from struct import error as StructError  # noqa: N812 it is an exception class
from typing import IO, Final

from lambent.catalog.links import Links
from lambent.model.errors import InvalidParameterValue, RequestEntityTooLarge
from lambent.model.limits import MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES

MOST_ENTRIES: Final = 100_000
"""Files and directories, implied ones too: what a package of 250 MB needs at most, many times over."""

_MOST_PATH_BYTES: Final = 3_000
_MOST_NAME_BYTES: Final = 255
_MOST_DEPTH: Final = 100
_MOST_LINK_BYTES: Final = 4_095
_DEFLATE_RATIO: Final = 1_032
_PIECE: Final = 1 << 18
_PERMISSIONS: Final = 0o1777
_DIRECTORY_MODE: Final = 0o755
_FILE_MODE: Final = 0o644
_ENCRYPTED: Final = 0x1 | 0x40 | 0x2000
_UTF8: Final = 0x800
_END_RECORD: Final = b"PK\x05\x06"
_END_RECORD_BYTES: Final = 22
_LOCATOR_BYTES: Final = 20
"""Of zip64, before the end record."""
_CENTRAL_RECORD: Final = b"PK\x01\x02"
_MOST_COMMENT_BYTES: Final = 65_535
_WARNINGS_IN_FULL: Final = 10
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    ValueError,
    OSError,
    StructError,
)


class BadPackage(InvalidParameterValue):
    """It is not a zip, or one that would do harm."""

    def __init__(self) -> None:
        super().__init__(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )


class EmptyPackage(InvalidParameterValue):
    """There is nothing in it."""

    def __init__(self) -> None:
        super().__init__("Uploaded file must be a non-empty zip")


class PackageTooLarge(InvalidParameterValue):
    """Unpacked it would be over the limit."""

    def __init__(self) -> None:
        super().__init__(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


class ZipTooLarge(RequestEntityTooLarge):
    """Packed it is over the limit."""

    def __init__(self) -> None:
        super().__init__(f"Zipped size must be smaller than {MAX_ZIP_BYTES} bytes")


class Kind(StrEnum):
    """What an entry becomes."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"


_KIND: Final = {
    stat.S_IFREG: Kind.FILE,
    stat.S_IFDIR: Kind.DIRECTORY,
    stat.S_IFLNK: Kind.LINK,
    0: Kind.FILE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file, directory or link to make: `path` is relative and clean, `mode` has permissions only."""

    path: str
    kind: Kind
    mode: int
    target: str = ""
    """Of a link."""
    source: zipfile.ZipInfo | None = None
    """None for a directory that is only implied by what lies in it."""


class Package:
    """A zip of which every name, type and size was found harmless.

    Raises BadPackage, EmptyPackage, PackageTooLarge, ZipTooLarge. `entries` has parents before what lies in them.
    """

    def __init__(self, content: bytes | IO[bytes]) -> None:
        """Take the bytes of a request, or a file that can be sought in: that one may be as large as what it holds."""
        if isinstance(content, bytes) and len(content) > MAX_ZIP_BYTES:
            raise ZipTooLarge
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        self.size = file.seek(0, os.SEEK_END)
        if self.size > MAX_UNZIPPED_BYTES:
            raise PackageTooLarge
        if not self.size:
            raise EmptyPackage
        if _central_records(file, self.size) > MOST_ENTRIES:
            raise BadPackage
        with _broken_is_bad():
            self._zip = zipfile.ZipFile(file)
        sources = self._zip.infolist()
        if not sources:
            raise EmptyPackage
        self.unzipped_bytes = _checked_sizes(sources, self.size)
        self.entries: Sequence[Entry] = _whole(
            [e for e in map(self._entry, sources) if e is not None]
        )
        if not Links({e.path: e.target for e in self.entries if e.kind is Kind.LINK}).stay_inside():
            raise BadPackage

    @property
    def warnings(self) -> Sequence[str]:
        """One sentence for each file that the function will not be able to read, up to ten."""
        said = [w for w in map(_warning, self.entries) if w]
        rest = len(said) - _WARNINGS_IN_FULL
        return [*said[:_WARNINGS_IN_FULL], *([f"{rest} more like these"] if rest > 0 else [])]

    def pieces(self, entry: Entry) -> Iterator[bytes]:
        """What a file holds, piece by piece. Raises BadPackage when it is not what the directory says."""
        if entry.source is None:
            return
        left = entry.source.file_size
        with _broken_is_bad(), self._zip.open(entry.source) as file:
            while piece := file.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise BadPackage
                yield piece
        if left:
            raise BadPackage

    def verify(self) -> None:
        """Read every file to its end, so that what is damaged is found now. Raises BadPackage."""
        for entry in self.entries:
            if entry.kind is Kind.FILE:
                for _ in self.pieces(entry):
                    continue

    def _entry(self, source: zipfile.ZipInfo) -> Entry | None:
        """What `source` becomes; None for the root itself."""
        if source.flag_bits & _ENCRYPTED or source.compress_type not in _METHODS:
            raise BadPackage
        name = _name(source)
        path = _clean(name)
        mode = source.external_attr >> 16
        kind = _KIND.get(stat.S_IFMT(mode))
        if name.endswith("/"):
            kind = None if kind is Kind.LINK else Kind.DIRECTORY
        if kind is None or (kind is Kind.DIRECTORY and source.file_size):
            raise BadPackage
        if not path:
            if kind is not Kind.DIRECTORY:
                raise BadPackage
            return None
        ordinary = _DIRECTORY_MODE if kind is Kind.DIRECTORY else _FILE_MODE
        return Entry(
            path=path,
            kind=kind,
            mode=mode & _PERMISSIONS if mode else ordinary,
            target=self._target(source) if kind is Kind.LINK else "",
            source=source,
        )

    def _target(self, source: zipfile.ZipInfo) -> str:
        if not 0 < source.file_size <= _MOST_LINK_BYTES:
            raise BadPackage
        with _broken_is_bad(), self._zip.open(source) as file:
            # With a size: without one `zipfile` inflates all there is, however little was promised.
            target = file.read(source.file_size).decode()
        if "\0" in target or not target:
            raise BadPackage
        return target


@contextmanager
def _broken_is_bad() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise BadPackage from error


def _central_records(file: IO[bytes], size: int) -> int:
    """How many entries the directory may have, at most, without making an object of each.

    Finds the directory as `zipfile` does; with zip64 the whole file is searched. Raises BadPackage for a directory that is
    larger than any could be.
    """
    before = max(size - _END_RECORD_BYTES - _MOST_COMMENT_BYTES - _LOCATOR_BYTES, 0)
    file.seek(before)
    tail = file.read()
    end = len(tail) - _END_RECORD_BYTES
    if not (tail.startswith(_END_RECORD, max(end, 0)) and tail.endswith(b"\0\0")):
        end = tail.rfind(_END_RECORD, max(end - _MOST_COMMENT_BYTES, 0))
    begin = before + end - int.from_bytes(tail[end + 12 : end + 16], "little")
    if end < 0 or begin < 0 or tail[max(end - _LOCATOR_BYTES, 0) : end].startswith(b"PK\x06\x07"):
        begin = 0
    elif size - begin > MAX_ZIP_BYTES:
        raise BadPackage
    return _occurrences(_CENTRAL_RECORD, file, begin)


def _occurrences(what: bytes, file: IO[bytes], begin: int) -> int:
    """How often `what`, which does not overlap itself, is in the file from `begin` on."""
    file.seek(begin)
    found, kept = 0, b""
    while piece := file.read(_PIECE):
        piece = kept + piece
        found += piece.count(what)
        kept = piece[-(len(what) - 1) :]
    return found


def _checked_sizes(sources: Sequence[zipfile.ZipInfo], zip_bytes: int) -> int:
    """The bytes of all files, if the sizes that the directory claims are possible at all."""
    if sum(s.compress_size for s in sources) > zip_bytes:
        raise BadPackage  # entries that share their data: how a bomb gets past deflate's own ratio
    if any(s.file_size > s.compress_size * _DEFLATE_RATIO + _DEFLATE_RATIO for s in sources):
        raise BadPackage
    unzipped = sum(s.file_size for s in sources)
    if unzipped >= MAX_UNZIPPED_BYTES:
        raise PackageTooLarge
    return unzipped


def _name(source: zipfile.ZipInfo) -> str:
    """The name as its maker meant it: UTF-8 also where the zip does not say so, else code page 437."""
    if "\0" in source.orig_filename:
        raise BadPackage
    if source.flag_bits & _UTF8:
        return source.orig_filename
    try:
        return source.orig_filename.encode("cp437").decode()
    except UnicodeError:
        return source.orig_filename


def _clean(name: str) -> str:
    """`name` without empty and `.` parts; the root is empty."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    path = "/".join(parts)
    if (
        name.startswith("/")
        or not name
        or ".." in parts
        or len(parts) > _MOST_DEPTH
        or len(path.encode()) > _MOST_PATH_BYTES
        or any(len(part.encode()) > _MOST_NAME_BYTES for part in parts)
    ):
        raise BadPackage
    return path


def _whole(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries with the directories that they imply, parents first. Raises BadPackage for names that clash."""
    found: dict[str, Entry] = {}
    for entry in entries:
        there = found.setdefault(entry.path, entry)
        if there is not entry and {there.kind, entry.kind} != {Kind.DIRECTORY}:
            raise BadPackage
    for entry in entries:
        for parent in parents(entry.path):
            implied = Entry(path=parent, kind=Kind.DIRECTORY, mode=_DIRECTORY_MODE)
            if found.setdefault(parent, implied).kind is not Kind.DIRECTORY:
                raise BadPackage
        if len(found) > MOST_ENTRIES:
            raise BadPackage
    return [found[path] for path in sorted(found)]


def parents(path: str) -> Iterator[str]:
    """The directories that lie above `path`, the uppermost first."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)


def _warning(entry: Entry) -> str:
    if entry.kind is Kind.FILE and not entry.mode & stat.S_IROTH:
        return f"{entry.path} has mode {entry.mode:04o}: the function cannot read it (chmod 644 it before zipping)"
    if entry.kind is Kind.DIRECTORY and entry.mode & 0o005 != 0o005:
        return f"{entry.path}/ has mode {entry.mode:04o}: the function cannot open it (chmod 755 it before zipping)"
    return ""

"""Deployment packages: the zip as it was uploaded, and its unpacked, read-only tree."""

import asyncio
import errno
import io
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self, TypeVar

from lambent.catalog.merging import merged
from lambent.catalog.opt_tree import opt_tree_name
from lambent.catalog.package import Package
from lambent.catalog.unpacking import finish, make_directories, remove, unpack, write_files
from lambent.kit.spool import spool_in
from lambent.model.errors import InvalidParameterValue
from lambent.model.function import LayerReference
from lambent.model.limits import MAX_ZIP_BYTES
from lambent.state.blobs import BlobMissing, Blobs, OpenBlob, digest_of
from lambent.state.room import NoRoom, full_disk_is_no_room
from lambent.state.sealed import CHUNK_BYTES

logger = logging.getLogger(__name__)

_UNFINISHED: Final = ".new-"
_SPARE_BYTES: Final = 1 << 20
"""For the disk's own records of a tree, and for others who write meanwhile."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPackage:
    """A package that was accepted and is on disk."""

    sha256: str
    size: int
    """Of the zip, in bytes."""
    unzipped_bytes: int
    warnings: Sequence[str]
    """What its owner should know: files that the function will not be able to read."""


class LayerWithExtension(InvalidParameterValue):
    """A layer brings a program that would have to be started beside the function, which is not done yet."""

    def __init__(self, arn: str, path: str) -> None:
        super().__init__(
            f"The layer {arn} holds the extension /opt/{path}, and lambent does not start extensions yet: "
            "remove the layer from the function, or publish it without the extension."
        )


class OpenPackage:
    """A stored zip that is being read; close it."""

    def __init__(self, *, blob: OpenBlob, threads: ThreadPoolExecutor) -> None:
        self._blob, self._threads = blob, threads
        self.size = blob.size

    async def read(self, most: int) -> bytes:
        """The next bytes, none at its end."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._blob.read, most)

    def close(self) -> None:
        """Read no more."""
        self._blob.close()


class CodeStore:
    """Packages in `blobs` and their trees in the directory `trees`; all work is done in its own threads.

    An async context manager: entering makes the directories and sweeps what was left half done.
    """

    def __init__(self, *, blobs: Blobs, trees: Path) -> None:
        self._blobs, self._trees = blobs, trees
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="code store")

    async def __aenter__(self) -> Self:
        await self._in_thread(self._prepare)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self._threads.shutdown)

    async def add(self, content: bytes) -> StoredPackage:
        """Check a zip to its last byte and store it for good.

        Raises BadPackage, EmptyPackage, PackageTooLarge, ZipTooLarge, NoRoom.
        """
        return await self._in_thread(lambda: self._add(content))

    async def check(self, content: bytes) -> StoredPackage:
        """Check a zip as `add` does, and store nothing. Raises what `add` raises, but NoRoom."""
        return await self._in_thread(lambda: _checked(content))

    async def add_file(self, file: IO[bytes]) -> StoredPackage:
        """As `add`, of a file that can be sought in; it may be as large as what a package may hold."""
        return await self._in_thread(lambda: self._add_file(file))

    async def check_file(self, file: IO[bytes]) -> StoredPackage:
        """As `check`, of such a file."""
        return await self._in_thread(lambda: _checked(file))

    async def unpack(self, sha256: str) -> Path:
        """The tree of a stored package, unpacked if it is not there yet.

        Raises BlobMissing, BlobDamaged, BadPackage, NoRoom.
        """
        return await self._in_thread(lambda: self._unpack(sha256))

    async def merge(self, layers: Sequence[LayerReference]) -> Path:
        """The tree of the packages of `layers`, merged in their order, made if it is not there yet.

        Raises BlobMissing, BlobDamaged, BadPackage, Unmergeable, LayerWithExtension, NoRoom.
        """
        return await self._in_thread(lambda: self._merge(layers))

    async def unzipped_bytes(self, sha256: str) -> int:
        """How large a stored package is unpacked. Raises BlobMissing, BlobDamaged, NoRoom."""
        return await self._in_thread(lambda: self._unzipped_bytes(sha256))

    async def open(self, sha256: str) -> OpenPackage | None:
        """A stored zip from its start, None when it is not there. Raises BlobDamaged."""
        return await self._in_thread(lambda: self._open(sha256))

    def tree(self, sha256: str) -> Path:
        """Where the tree of a package is, once it is unpacked."""
        return self._trees / sha256

    async def seal_plain(self) -> None:
        """Seal the packages that a version without encryption has left; takes its time."""
        try:
            await self._in_thread(self._blobs.seal_plain)
        except OSError:
            logger.exception("packages of a version without encryption stay as they are")

    async def collect(self, in_use: frozenset[str]) -> None:
        """Remove packages and trees that are not `in_use`; one that is just being unpacked stays until the next start.

        Only while nobody adds: a package that was added and has no function yet is not in use.
        """
        await self._in_thread(lambda: self._collect(in_use))

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _prepare(self) -> None:
        self._blobs.prepare()
        self._trees.mkdir(mode=0o700, parents=True, exist_ok=True)
        for unfinished in self._trees.glob(f"{_UNFINISHED}*"):
            remove(unfinished)

    def _add(self, content: bytes) -> StoredPackage:
        package = _checked(content)
        self._blobs.put(content)
        return package

    def _add_file(self, file: IO[bytes]) -> StoredPackage:
        package = _checked(file)
        self._blobs.put_file(file)
        return package

    def _unpack(self, sha256: str) -> Path:
        tree = self.tree(sha256)
        if tree.is_dir():
            return tree
        with self._read(sha256) as package:
            self._make(tree, package.unzipped_bytes, lambda into: unpack(package, into))
        return tree

    def _merge(self, layers: Sequence[LayerReference]) -> Path:
        tree = self._trees / opt_tree_name(layers)
        if tree.is_dir():
            return tree
        entries = []
        for layer in layers:
            with self._read(layer.package_sha256) as package:
                entries.append(package.entries)
        whole = merged(entries)
        if whole.extension is not None:
            number, path = whole.extension
            raise LayerWithExtension(layers[number].arn, path)

        def fill(into: Path) -> None:
            make_directories(whole.directories, into)
            # Read once more, one after the other: together they may be as large as what they hold.
            for layer, files in zip(layers, whole.files, strict=True):
                with self._read(layer.package_sha256) as package:
                    write_files(package, files, into)
            finish(whole.directories, whole.links, into)

        self._make(tree, whole.file_bytes, fill)
        return tree

    def _unzipped_bytes(self, sha256: str) -> int:
        with self._read(sha256) as package:
            return package.unzipped_bytes

    @contextmanager
    def _read(self, sha256: str) -> Iterator[Package]:
        """A stored package, checked, while the block lasts."""
        with spool_in(self._trees, most_in_memory=MAX_ZIP_BYTES) as zipped:
            with full_disk_is_no_room():
                self._copy(sha256, zipped)
            yield Package(zipped)

    def _copy(self, sha256: str, file: IO[bytes]) -> None:
        """Copy a stored zip to `file`, or as much of it as there is room for."""
        blob = self._blobs.open(sha256)
        try:
            while piece := blob.read(CHUNK_BYTES):
                file.write(piece)
        finally:
            blob.close()

    def _make(self, tree: Path, content_bytes: int, fill: Callable[[Path], None]) -> None:
        # Of trees on a file system of their own, the disk below would tell nobody in time that it is full.
        if content_bytes + _SPARE_BYTES > self._blobs.free_bytes():
            raise NoRoom
        with full_disk_is_no_room():
            unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._trees))
            try:
                fill(unfinished)
                self._put_in_place(unfinished, tree)
            except BaseException:
                if unfinished.exists():
                    remove(unfinished)
                raise

    def _open(self, sha256: str) -> OpenPackage | None:
        try:
            return OpenPackage(blob=self._blobs.open(sha256), threads=self._threads)
        except BlobMissing:
            return None

    def _put_in_place(self, unfinished: Path, tree: Path) -> None:
        try:
            unfinished.rename(tree)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
            remove(unfinished)  # another thread was first, with the same content
            return
        # The rename is only durable once the directory is.
        directory = os.open(self._trees, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _collect(self, in_use: frozenset[str]) -> None:
        for name in self._blobs.names() - in_use:
            self._blobs.delete(name)
        for tree in self._trees.iterdir():
            if tree.name not in in_use and not tree.name.startswith(_UNFINISHED):
                remove(tree)


def _checked(content: bytes | IO[bytes]) -> StoredPackage:
    package = Package(content)
    package.verify()
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    file.seek(0)
    return StoredPackage(
        sha256=digest_of(file),
        size=package.size,
        unzipped_bytes=package.unzipped_bytes,
        warnings=package.warnings,
    )

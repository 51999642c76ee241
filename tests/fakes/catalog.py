"""Stand-ins for the catalogue's collaborators."""

import asyncio
import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from lambent.catalog.code_store import StoredPackage
from lambent.catalog.opt_tree import opt_tree_name
from lambent.catalog.package import Package
from lambent.model.concurrency import ProvisionedStanding
from lambent.model.errors import InvalidParameterValue
from lambent.model.function import FunctionKey, LayerReference
from lambent.model.packages import S3Object
from lambent.state.blobs import BlobMissing


class InMemoryPackages:
    """Checks packages truly and keeps them in memory."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.unpacked: list[str] = []
        self.merged: list[tuple[str, ...]] = []
        self.failing_merges: list[Exception] = []
        self.failing: list[Exception] = []
        """Raised by the next calls of `unpack`, one each."""

    async def add(self, content: bytes) -> StoredPackage:
        """Check and keep."""
        package = await self.check(content)
        self.stored[package.sha256] = content
        return package

    async def check(self, content: bytes) -> StoredPackage:
        """Check only."""
        package = Package(content)
        package.verify()
        return StoredPackage(
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            unzipped_bytes=package.unzipped_bytes,
            warnings=package.warnings,
        )

    async def add_file(self, file: IO[bytes]) -> StoredPackage:
        """Check and keep."""
        package = await self.check_file(file)
        file.seek(0)
        self.stored[package.sha256] = file.read()
        return package

    async def check_file(self, file: IO[bytes]) -> StoredPackage:
        """Check only."""
        file.seek(0)
        return await self.check(file.read())

    async def unpack(self, sha256: str) -> Path:
        """Note that it was asked for."""
        if self.failing:
            raise self.failing.pop(0)
        self.unpacked.append(sha256)
        return Path("/trees") / sha256

    async def merge(self, layers: Sequence[LayerReference]) -> Path:
        """Note that it was asked for."""
        if self.failing_merges:
            raise self.failing_merges.pop(0)
        self.merged.append(tuple(layer.package_sha256 for layer in layers))
        return Path("/trees") / opt_tree_name(layers)

    async def unzipped_bytes(self, sha256: str) -> int:
        """What was checked when it was stored."""
        if sha256 not in self.stored:
            raise BlobMissing(sha256)
        return Package(self.stored[sha256]).unzipped_bytes


class Bucket:
    """Packages in S3, by bucket and key."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.asked: list[S3Object] = []

    async def fetch(self, package: S3Object) -> IO[bytes]:
        """A copy of one; another is missing, in AWS's words."""
        self.asked.append(package)
        content = self.objects.get((package.bucket, package.key))
        if content is None:
            raise InvalidParameterValue(
                "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
            )
        return io.BytesIO(content)


class Published:
    """Notes what was published, and lets a test wait for it."""

    def __init__(self) -> None:
        self.keys: list[FunctionKey] = []
        self.guided: list[FunctionKey] = []
        """Of what functions as a whole was published."""
        self._news = asyncio.Condition()

    async def publish(self, key: FunctionKey) -> None:
        """Note it."""
        async with self._news:
            self.keys.append(key)
            self._news.notify_all()

    async def publish_removed(self, key: FunctionKey) -> None:
        """Note it."""
        await self.publish(key)

    async def publish_traffic(self, key: FunctionKey) -> None:
        """Note it."""
        self.guided.append(key)

    @contextmanager
    def changing(self, key: FunctionKey) -> Iterator[None]:
        """Nobody is held back."""
        del key
        yield

    async def settled(self, key: FunctionKey) -> None:
        """Nobody is held back."""

    async def times(self, number: int) -> None:
        """Wait until `number` changes were published."""
        async with asyncio.timeout(10), self._news:
            await self._news.wait_for(lambda: len(self.keys) >= number)


class Told:
    """What an edge has told of provisioned concurrency."""

    def __init__(self) -> None:
        self._standings: dict[tuple[FunctionKey, str], ProvisionedStanding] = {}

    def tell(self, standing: ProvisionedStanding) -> None:
        """As the edge does."""
        self._standings[standing.key, standing.qualifier] = standing

    def standing(self, key: FunctionKey, qualifier: str) -> ProvisionedStanding | None:
        """What was told last."""
        return self._standings.get((key.latest, qualifier))


class Started:
    """Notes which activations were asked for."""

    def __init__(self) -> None:
        self.keys: list[FunctionKey] = []

    def start(self, key: FunctionKey) -> None:
        """Note it."""
        self.keys.append(key)


class HeldGate:
    """Holds activations up until `open`."""

    def __init__(self) -> None:
        self.reached, self.open = asyncio.Event(), asyncio.Event()

    async def pass_(self, key: FunctionKey) -> None:
        """Wait for `open`."""
        self.reached.set()
        await self.open.wait()


class HostRuntimes:
    """A host that has one Python."""

    async def missing(self, identifier: str, *, trees: Sequence[Path]) -> str | None:
        """Everything but python3.13 is missing."""
        del trees
        if identifier == "python3.13":
            return None
        return f"{identifier} is not installed on this host: apt-get install {identifier}"

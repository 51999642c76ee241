"""Serves packages to whoever has a link to one, as S3 serves presigned URLs."""

import asyncio
import logging
from typing import Final, Protocol

from lambent.http.exchange import Exchange
from lambent.kit.ids import Ids
from lambent.model.errors import FrameworkError, ServiceError, ServiceFailure
from lambent.wire.protocol import ProtocolName
from lambent.wire.render_error import render_error

_PIECE_BYTES: Final = 256 * 1024

logger = logging.getLogger(__name__)


class NoSuchKey(FrameworkError):
    """The package is gone, as S3 says it."""

    code = "NoSuchKey"
    status = 404


class MethodNotAllowed(FrameworkError):
    """A link is for reading."""

    code = "MethodNotAllowed"
    status = 405


class Links(Protocol):
    """Recognises links; `identity.code_links.CodeLinks` is one."""

    def package(self, target: str) -> str:
        """The package that a link leads to. Raises ServiceError."""
        ...


class OpenPackage(Protocol):
    """A package that is being read."""

    size: int

    async def read(self, most: int) -> bytes:
        """The next bytes, none at its end."""
        ...

    def close(self) -> None:
        """Read no more."""
        ...


class PackageReader(Protocol):
    """Where packages are kept; `catalog.code_store.CodeStore` is one."""

    async def open(self, sha256: str) -> OpenPackage | None:
        """A stored package from its start, None when it is not there."""
        ...


class CodeDownloads:
    """An Application for the links of `identity.code_links`."""

    def __init__(
        self, *, links: Links, packages: PackageReader, ids: Ids, tasks: asyncio.TaskGroup
    ) -> None:
        """Each request runs as a task of `tasks`; cancelling them breaks the downloads off."""
        self._links, self._packages, self._ids, self._tasks = links, packages, ids, tasks

    def begin(self, exchange: Exchange) -> None:
        """Judge the link, then send what it leads to."""
        try:
            if exchange.head.method != b"GET":
                raise MethodNotAllowed("The specified method is not allowed against this resource.")
            sha256 = self._links.package(exchange.head.target.decode("latin-1"))
        except ServiceError as error:
            self._refuse(exchange, error)
        else:
            self._tasks.create_task(self._serve(exchange, sha256), name=f"download of {sha256}")

    async def _serve(self, exchange: Exchange, sha256: str) -> None:
        begun = False
        try:
            package = await self._packages.open(sha256)
            if package is None:
                self._refuse(exchange, NoSuchKey("The specified key does not exist."))
                return
            try:
                begun = True
                await _send(exchange, package)
            finally:
                package.close()
        # Seam, an HTTP request: whatever is raised is a bug of ours, or the disk's.
        except Exception:
            logger.exception("a download of %s failed", sha256)
            if begun:
                exchange.abort()
            else:
                failure = ServiceFailure("We encountered an internal error. Please try again.")
                self._refuse(exchange, failure)

    def _refuse(self, exchange: Exchange, error: ServiceError) -> None:
        response = render_error(error, protocol=ProtocolName.REST_XML, request_id=self._ids.uuid())
        exchange.respond(response.status, response.headers, response.body)


async def _send(exchange: Exchange, package: OpenPackage) -> None:
    exchange.begin(
        200,
        (
            (b"Content-Type", b"application/zip"),
            (b"Content-Length", str(package.size).encode()),
            (b"Cache-Control", b"no-store"),
        ),
    )
    while not exchange.gone and (piece := await package.read(_PIECE_BYTES)):
        if not exchange.write(piece):
            drained = asyncio.Event()
            exchange.drained(drained.set)
            await (
                drained.wait()
            )  # ended by the client, which reads on, is too slow for the server, or goes
    exchange.finish()

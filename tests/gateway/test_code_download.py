"""Packages are served to whoever has a link, errors as S3 writes them."""

import asyncio
from xml.etree import ElementTree as ET

import pytest

from lambent.gateway.code_download import CodeDownloads, OpenPackage
from lambent.model.errors import AccessDenied
from tests.fakes.ids import CountedIds
from tests.gateway.exchanges import MemoryExchange

CONTENT = b"PK" + bytes(600_000)


class Links:
    """Takes every target for the name of a package, but `expired`."""

    def package(self, target: str) -> str:
        if target == "expired":
            raise AccessDenied("Request has expired")
        return target


class Reading:
    """CONTENT; breaks off after `good` bytes."""

    def __init__(self, good: int) -> None:
        self.size = len(CONTENT)
        self.closed = False
        self._good, self._at = good, 0

    async def read(self, most: int) -> bytes:
        if self._at >= self._good:
            raise OSError("the disk")
        piece = CONTENT[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self.closed = True


class Packages:
    """Has every package but `gone`; `damaged` cannot be opened, `torn` breaks off."""

    def __init__(self) -> None:
        self.opened: list[Reading] = []

    async def open(self, sha256: str) -> OpenPackage | None:
        if sha256 == "damaged":
            raise ValueError("not what was stored")
        if sha256 == "gone":
            return None
        self.opened.append(Reading(300_000 if sha256 == "torn" else len(CONTENT) + 1))
        return self.opened[-1]


async def ask(
    target: str, packages: Packages, *, method: str = "GET", gone: bool = False
) -> MemoryExchange:
    exchange = MemoryExchange(method, target)
    exchange.gone = gone
    async with asyncio.TaskGroup() as tasks:
        downloads = CodeDownloads(links=Links(), packages=packages, ids=CountedIds(), tasks=tasks)
        downloads.begin(exchange)
    return exchange


async def test_a_package_is_sent_whole() -> None:
    packages = Packages()
    exchange = await ask("there", packages)
    assert (exchange.status, exchange.body, exchange.ended) == (200, CONTENT, True)
    assert exchange.headers["content-type"] == "application/zip"
    assert exchange.headers["content-length"] == str(len(CONTENT))
    assert packages.opened[0].closed


async def test_a_slow_client_is_waited_for() -> None:
    packages, exchange = Packages(), MemoryExchange("GET", "there")
    exchange.slow = True
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        CodeDownloads(links=Links(), packages=packages, ids=CountedIds(), tasks=tasks).begin(
            exchange
        )
        while not exchange.ended:
            await asyncio.sleep(0)
            assert len(exchange.waiting) <= 1
            before = len(exchange.body)
            if exchange.waiting:
                await asyncio.sleep(0)
                assert len(exchange.body) == before
                exchange.waiting.pop()()
    assert exchange.body == CONTENT


async def test_nothing_is_read_for_a_client_that_went_away() -> None:
    packages = Packages()
    exchange = await ask("there", packages, gone=True)
    assert exchange.body == b""
    assert packages.opened[0].closed


@pytest.mark.parametrize(
    ("method", "target", "status", "code", "text"),
    [
        ("GET", "expired", 403, "AccessDenied", "Request has expired"),
        ("GET", "gone", 404, "NoSuchKey", "The specified key does not exist."),
        (
            *("HEAD", "there", 405, "MethodNotAllowed"),
            "The specified method is not allowed against this resource.",
        ),
        (
            *("GET", "damaged", 500, "InternalFailure"),
            "We encountered an internal error. Please try again.",
        ),
    ],
)
async def test_errors_are_xml_as_s3s(
    method: str, target: str, status: int, code: str, text: str
) -> None:
    exchange = await ask(target, Packages(), method=method)
    assert exchange.status == status
    assert exchange.headers["content-type"] == "application/xml"
    error = ET.fromstring(exchange.body)
    assert (error.findtext("Code"), error.findtext("Message")) == (code, text)
    assert error.findtext("RequestId") == exchange.headers["x-amz-request-id"]


async def test_a_package_that_cannot_be_read_to_its_end_breaks_the_connection() -> None:
    packages = Packages()
    exchange = await ask("torn", packages)
    assert exchange.aborted
    assert not exchange.ended
    assert packages.opened[0].closed

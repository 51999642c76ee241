"""Packages from an S3 endpoint: GetObject, path-style, signed or not. A `catalog.code_source.CodeSource`."""

import asyncio
import re
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import quote

import urllib3
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from lambent.kit.clock import Clock
from lambent.kit.spool import spool_in
from lambent.model.errors import AccessDenied, InvalidParameterValue
from lambent.model.limits import MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES
from lambent.model.packages import S3Object

_CONNECT_SECONDS: Final = 5.0
_READ_SECONDS: Final = 20.0
_WHOLE_SECONDS: Final = 300.0
_THREADS: Final = 4
_PIECE: Final = 1 << 18
_MOST_ERROR_BYTES: Final = 1 << 16
_CODE: Final = re.compile(r"<Code>([^<]{1,100})</Code>")
_MESSAGE: Final = re.compile(r"<Message>([^<]{1,1000})</Message>")
_ELSEWHERE: Final = frozenset({"PermanentRedirect", "TemporaryRedirect"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What requests are signed with."""

    access_key_id: str
    secret_access_key: str
    session_token: str = ""


class S3Packages:
    """Packages of one endpoint. An async context manager: leaving it ends what is being fetched.

    Redirects are not followed, and nothing is asked of any other host. A fetch takes five minutes at most.
    """

    def __init__(
        self, *, endpoint: str, access_key: AccessKey | None, spool_dir: Path, clock: Clock
    ) -> None:
        """Without an `access_key` nothing is signed; `spool_dir` takes packages of more than 50 MB while they come in."""
        self._endpoint, self._access_key = endpoint.rstrip("/"), access_key
        self._spool_dir, self._clock = spool_dir, clock
        self._stop = Event()

    async def __aenter__(self) -> Self:
        """Ready to fetch; connects when first asked."""
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="s3")
        self._connections = urllib3.PoolManager(
            maxsize=_THREADS,
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            retries=False,  # nor redirects, therefore
            # With the host's own authorities, and loaded only where they are needed: it takes a quarter of a second.
            ssl_context=ssl.create_default_context()
            if self._endpoint.startswith("https:")
            else None,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End what is under way."""
        self._stop.set()
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)
        self._connections.clear()

    async def fetch(self, package: S3Object) -> IO[bytes]:
        """See `catalog.code_source.CodeSource`."""
        unwanted = Event()
        fetch = _Fetch(clock=self._clock, ends=(self._stop, unwanted))
        fetching = self._threads.submit(self._fetch, fetch, package)
        try:
            return await asyncio.wrap_future(fetching)
        except asyncio.CancelledError:
            unwanted.set()
            fetching.add_done_callback(_close)
            raise

    def _fetch(self, fetch: "_Fetch", package: S3Object) -> IO[bytes]:
        file = spool_in(self._spool_dir, most_in_memory=MAX_ZIP_BYTES)
        try:
            with closing(self._asked(package)) as response:
                fetch.into(file, response, package)
            file.seek(0)
        except (urllib3.exceptions.HTTPError, _Unreachable) as error:
            file.close()
            raise InvalidParameterValue(
                f"lambent cannot fetch s3://{package.bucket}/{package.key} from {self._endpoint}: {error}"
            ) from error
        except BaseException:
            file.close()
            raise
        return file

    def _asked(self, package: S3Object) -> urllib3.BaseHTTPResponse:
        path = quote(f"/{package.bucket}/{package.key}", safe="/-_.~")
        query = f"?versionId={quote(package.version_id, safe='')}" if package.version_id else ""
        # Signed is the path as S3 reads it, sent is one in which nobody on the way can take dots for a step up.
        request = AWSRequest(method="GET", url=f"{self._endpoint}{path}{query}")
        if self._access_key is not None:
            key = self._access_key
            credentials = Credentials(
                key.access_key_id, key.secret_access_key, key.session_token or None
            )
            S3SigV4Auth(credentials, "s3", package.region).add_auth(request)
        return self._connections.request(
            "GET",
            f"{self._endpoint}{_without_steps(path)}{query}",
            headers=dict(request.headers.items()),
            preload_content=False,
        )


class _Unreachable(Exception):
    """The endpoint's answer is none of S3's, or stays away; the text says how."""


class _Fetch:
    """One object on its way."""

    def __init__(self, *, clock: Clock, ends: Sequence[Event]) -> None:
        """Any of `ends` ends it."""
        self._clock, self._ends = clock, ends
        self._deadline = clock.monotonic() + _WHOLE_SECONDS

    def into(self, file: IO[bytes], response: urllib3.BaseHTTPResponse, package: S3Object) -> None:
        """Write the object to `file`. Raises as `S3Packages.fetch`, _Unreachable, urllib3's HTTPError."""
        if response.status != HTTPStatus.OK:
            text = b"".join(self._pieces(response, _MOST_ERROR_BYTES))
            raise _refusal(response, text.decode("utf-8", "replace"), package)
        promised = response.headers.get("Content-Length", "")
        if promised.isdecimal() and int(promised) > MAX_UNZIPPED_BYTES:
            raise _too_large()
        received = 0
        for piece in self._pieces(response, MAX_UNZIPPED_BYTES + 1):
            received += file.write(piece)
        if received > MAX_UNZIPPED_BYTES:
            raise _too_large()

    def _pieces(self, response: urllib3.BaseHTTPResponse, most: int) -> Iterator[bytes]:
        """The body as it comes in, up to about `most` bytes of it."""
        while most > 0 and (piece := response.read1(_PIECE)):
            if any(end.is_set() for end in self._ends):
                raise _Unreachable("nobody waits for it any more.")
            if self._clock.monotonic() > self._deadline:
                raise _Unreachable(f"it took more than {_WHOLE_SECONDS:.0f} seconds.")
            yield piece
            most -= len(piece)


def _without_steps(path: str) -> str:
    segments = path.split("/")
    return "/".join(s.replace(".", "%2E") if s in {".", ".."} else s for s in segments)


def _refusal(response: urllib3.BaseHTTPResponse, text: str, package: S3Object) -> Exception:
    code, message = _CODE.search(text), _MESSAGE.search(text)
    if code is None:
        return _Unreachable(f"it answered {response.status}, and not as S3 does.")
    said = unescape(message[1]) if message else ""
    if code[1] == "AccessDenied":
        return AccessDenied(
            "Your access has been denied by S3, please make sure your request credentials have permission to GetObject "
            f"for {package.bucket}/{package.key}. S3 Error Code: {code[1]}. S3 Error Message: {said}"
        )
    region = response.headers.get("x-amz-bucket-region")
    if code[1] in _ELSEWHERE and region:
        said = (
            f"The bucket is in this region: {region}. Please use this region to retry the request"
        )
    return InvalidParameterValue(
        f"Error occurred while GetObject. S3 Error Code: {code[1]}. S3 Error Message: {said}"
    )


def _too_large() -> InvalidParameterValue:
    return InvalidParameterValue(f"Unzipped size must be smaller than {MAX_UNZIPPED_BYTES} bytes")


def _close(fetched: "Future[IO[bytes]]") -> None:
    if not fetched.cancelled() and fetched.exception() is None:
        fetched.result().close()

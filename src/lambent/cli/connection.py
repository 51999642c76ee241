"""A signed conversation with the API at one endpoint."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from lambent.cli.failure import ApiFailure, CommandFailure
from lambent.cli.signing import Keys, Unsigned, signed_headers
from lambent.kit.clock import Clock

_SECONDS: Final = 60.0
INVOKE_SECONDS: Final = 960.0
"""A function may run for 15 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful response."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def document(self) -> Any:
        """The body as JSON; None when it is empty. Raises CommandFailure when it is something else."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError as error:
            raise CommandFailure("The endpoint's answer is not JSON; is it lambent?") from error


class Connection:
    """Speaks AWS's API, a connection a request."""

    def __init__(self, *, endpoint: str, region: str, keys: Keys, clock: Clock) -> None:
        """Raises CommandFailure when `endpoint` is no http address."""
        self._url = urlsplit(endpoint if "//" in endpoint else f"http://{endpoint}")
        try:
            self._port = self._url.port
        except ValueError:
            self._port = -1
        if self._url.scheme not in ("http", "https") or not self._url.hostname or self._port == -1:
            raise CommandFailure(f'"{endpoint}" is no endpoint such as http://127.0.0.1:4566.')
        self.region, self._keys, self._clock = region, keys, clock

    def rest(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        timeout_seconds: float = _SECONDS,
    ) -> Answer:
        """Call Lambda's REST API; `path` is quoted here. Raises ApiFailure, CommandFailure."""
        request = Unsigned(
            method=method,
            host=self._url.netloc.rpartition("@")[2],
            path=quote(path, safe="/-_.~"),
            query=urlencode(query or {}, quote_via=quote),
            headers=headers or {},
            body=body,
        )
        return self._send(request, service="lambda", timeout_seconds=timeout_seconds)

    def target(self, service: str, target: str, document: Mapping[str, object]) -> Any:
        """Call a service of the json protocol, `target` being its X-Amz-Target. Raises as `rest`."""
        request = Unsigned(
            method="POST",
            host=self._url.netloc.rpartition("@")[2],
            path="/",
            query="",
            headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target},
            body=json.dumps(document).encode(),
        )
        return self._send(request, service=service, timeout_seconds=_SECONDS).document()

    def _send(self, request: Unsigned, *, service: str, timeout_seconds: float) -> Answer:
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        kind = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        headers = signed_headers(
            request,
            keys=self._keys,
            region=self.region,
            service=service,
            epoch_ms=self._clock.epoch_ms(),
        )
        target = request.path + (f"?{request.query}" if request.query else "")
        connection = kind(self._url.hostname or "", self._port, timeout=timeout_seconds)
        try:
            connection.request(request.method, target, body=request.body, headers=headers)
            response = connection.getresponse()
            answer = Answer(
                status=response.status,
                headers={name.lower(): value for name, value in response.getheaders()},
                body=response.read(),
            )
        except (OSError, HTTPException) as error:
            raise self._silence(error) from error
        finally:
            connection.close()
        if answer.status >= 300:
            raise _failure(answer)
        return answer

    def _silence(self, error: Exception) -> CommandFailure:
        place = f"{self._url.scheme}://{self._url.netloc}"
        if isinstance(error, ConnectionRefusedError):
            return CommandFailure(
                f"No daemon answers at {place}; start one with "
                "`{lambent} up` or name another with --endpoint."
            )
        if isinstance(error, TimeoutError):
            return CommandFailure(f"The daemon at {place} did not answer in time.")
        return CommandFailure(f"The conversation with {place} broke off: {error}.")


def _failure(answer: Answer) -> CommandFailure:
    try:
        document = json.loads(answer.body)
    except ValueError:
        document = None
    told = document if isinstance(document, dict) else {}
    code = answer.headers.get("x-amzn-errortype") or str(told.get("__type", ""))
    code = code.partition(":")[0].rpartition("#")[2]
    message = told.get("message") or told.get("Message") or ""
    if not code and message:
        return CommandFailure(str(message))
    if not code:
        return CommandFailure(f"The endpoint answered {answer.status}; is it lambent?")
    return ApiFailure(code, str(message))

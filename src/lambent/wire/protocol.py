"""What every protocol of AWS comes down to: a request, which operation it means, and an answer.

Free of botocore, so that the edge can name these without loading it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Members = dict[str, Any]
"""A structure as botocore's API shows it: member names as the model writes them, absent members left out."""


class ProtocolName(StrEnum):
    """AWS's protocols, by botocore's names. Those without a codec here are known for their errors' shape."""

    REST_JSON = "rest-json"
    JSON = "json"
    QUERY = "query"
    REST_XML = "rest-xml"
    RPC_CBOR = "smithy-rpc-v2-cbor"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """An HTTP request, whole."""

    method: bytes
    """Upper case."""
    target: bytes
    """Path and query as sent, still percent-encoded."""
    headers: Mapping[bytes, bytes]
    """Names in lower case."""
    body: bytes

    @property
    def path(self) -> bytes:
        """The target before its query."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """The target's query, without the question mark."""
        return self.target.partition(b"?")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class WireResponse:
    """An HTTP answer, without `Date` and `Content-Length`."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which operation a request means, and what its path says."""

    operation: str
    """By the model's name, such as `CreateFunction`."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Decoded path labels by member name; always empty outside the REST protocols."""


class Codec(Protocol):
    """One service's protocol; pure."""

    def route(self, request: WireRequest) -> Route:
        """Which operation `request` means. Raises UnknownOperation."""
        ...

    def parse(self, route: Route, request: WireRequest) -> Members:
        """The operation's input. Raises SerializationFailed when the request is not of its types."""
        ...

    def render(self, operation: str, result: Mapping[str, Any], *, request_id: str) -> WireResponse:
        """The answer for an operation's output; None counts as absent.

        Raises ValueError for a member that the model does not have: a bug of the handler.
        """
        ...

"""Which AWS service a request means, before any model is looked at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from lambent.wire.protocol import ProtocolName, WireRequest

_SCOPE: Final = re.compile(rb"Credential=[^/\s,]*/\d{8}/[^/\s,]*/([a-z0-9-]+)/aws4_request")
_LAMBDA_PATH: Final = re.compile(rb"/20\d\d-\d\d-\d\d/")
_BY_TARGET: Final[Mapping[str, str]] = {"Logs_20140328": "logs"}
_BY_FORM_VERSION: Final[Mapping[str, str]] = {"2011-06-15": "sts"}
_XML_SERVICES: Final = frozenset({"s3", "s3express", "s3-outposts", "route53", "cloudfront"})
_FORM_BYTES_READ: Final = 4_096
"""Action and Version stand near the front of a form, if it is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a request is going."""

    service: str
    """By its signing name; else the best name that the request gives; empty when it gives none."""
    protocol: ProtocolName
    """The protocol that the request looks to be in: the shape in which an error is understood."""


def find_service(request: WireRequest) -> Address:
    """By the signature's scope, else `X-Amz-Target`, else a path of Lambda's, else a form's Action and Version."""
    protocol = _protocol(request)
    service = _by_scope(request) or _by_target(request)
    if not service and _LAMBDA_PATH.match(request.path):
        service, protocol = "lambda", ProtocolName.REST_JSON
    service = service or _by_form(request)
    if service in _XML_SERVICES and protocol is ProtocolName.REST_JSON:
        protocol = ProtocolName.REST_XML
    return Address(service=service, protocol=protocol)


def _by_scope(request: WireRequest) -> str:
    found = _SCOPE.search(request.headers.get(b"authorization", b""))
    if found is not None:
        return found[1].decode()
    # A presigned URL: KEY/DATE/REGION/SERVICE/aws4_request.
    scope = _form(request).get("X-Amz-Credential", "").split("/")
    return scope[3] if len(scope) == 5 else ""


def _by_target(request: WireRequest) -> str:
    target = request.headers.get(b"x-amz-target", b"").decode("latin-1")
    prefix = target.rpartition(".")[0]
    return _BY_TARGET.get(prefix, prefix)


def _by_form(request: WireRequest) -> str:
    form = _form(request)
    return _BY_FORM_VERSION.get(form.get("Version", ""), "") if "Action" in form else ""


def _protocol(request: WireRequest) -> ProtocolName:
    if request.headers.get(b"smithy-protocol", b"") == b"rpc-v2-cbor":
        return ProtocolName.RPC_CBOR
    if b"x-amz-target" in request.headers:
        return ProtocolName.JSON
    if "Action" in _form(request):
        return ProtocolName.QUERY
    return ProtocolName.REST_JSON


def _form(request: WireRequest) -> dict[str, str]:
    form = dict(parse_qsl(request.query.decode("latin-1")))
    kind = request.headers.get(b"content-type", b"")
    if kind.startswith(b"application/x-www-form-urlencoded"):
        form |= parse_qsl(request.body[:_FORM_BYTES_READ].decode("latin-1"))
    return form

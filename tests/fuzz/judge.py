"""What an answer may be, whatever was asked."""

import json
from collections.abc import Collection, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from botocore.model import OperationModel

from lambent.gateway.invoke_target import INVOKE_TARGET
from lambent.gateway.routing import find_service
from lambent.model.errors import ServiceError, UnknownOperation
from lambent.wire.protocol import WireRequest, WireResponse
from tests.fuzz.world import MODELS
from tests.wire.botocore_side import read_by_botocore, service_model

FRAMEWORK: Final = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "NotImplementedException",
        "RequestEntityTooLargeException",
        "SerializationException",
        "UnknownOperationException",
        "UnrecognizedClientException",
        "ValidationException",
    }
)
_FRAMEWORK_XML: Final = frozenset(
    {
        "AccessDenied",
        "ExpiredToken",
        "IncompleteSignature",
        "InvalidAction",
        "InvalidClientTokenId",
        "MalformedInput",
        "NotImplemented",
        "RequestEntityTooLarge",
        "SignatureDoesNotMatch",
        "ValidationError",
    }
)
Built = Mapping[str, Collection[str]]
_NOT_BUILT_IN_INVOKE: Final = (b"x-amz-invocation-type", b"x-amz-durable-execution-name")


def complaint(request: WireRequest, response: WireResponse, *, built: Built) -> str:
    """What is wrong with an answer; empty when nothing is. `built` are the operations by service."""
    if response.status == 500:
        return "500"
    service, operation = _reached(request)
    name = "" if operation is None else operation.name
    is_built = name in built.get(service, ())
    if 200 <= response.status < 300:
        if operation is None or not is_built:
            return f"success of {name}, which is not built"
        return _of_success(service, operation, response)
    if response.status == 501:
        parts = any(header in request.headers for header in _NOT_BUILT_IN_INVOKE)
        return f"501 for {name}, which is built" if is_built and not parts else ""
    return _of_error(operation, response)


def answered_error(request: WireRequest, response: WireResponse) -> set[tuple[str, str]]:
    """The operation of Lambda that a request reached, and the error that it answered; nothing where there is none."""
    service, operation = _reached(request)
    if operation is None or service != "lambda" or response.status < 400:
        return set()
    return {(operation.name, _error(response)[0])}


def _of_error(operation: OperationModel | None, response: WireResponse) -> str:
    code, message = _error(response)
    if not code or not message:
        return f"an error without code or message: {response.body[:200]!r}"
    if code in FRAMEWORK | _FRAMEWORK_XML:
        return ""
    errors = [] if operation is None else operation.error_shapes
    modelled = {str(e.metadata.get("error", {}).get("code", e.name)): e for e in errors}
    if code not in modelled:
        return f"{code} is not in the model of {operation and operation.name}"
    status = modelled[code].metadata.get("error", {}).get("httpStatusCode", 400)
    return "" if response.status == status else f"{code} answers {response.status}, not {status}"


def _of_success(service: str, operation: OperationModel, response: WireResponse) -> str:
    protocol = {"lambda": "rest-json", "logs": "json", "sts": "query"}[service]
    status = operation.http.get("responseCode", 200)
    own_status = service == "lambda" and operation.name in {"DeleteFunction", "Invoke"}
    if response.status != status and not own_status:
        return f"{operation.name} answers {response.status}, not {status}"
    if operation.output_shape is not None:
        read_by_botocore(operation, response, protocol=protocol)
    return ""


def _reached(request: WireRequest) -> tuple[str, OperationModel | None]:
    """Which operation the request means, as far as it means one."""
    if request.method == b"POST" and INVOKE_TARGET.fullmatch(request.target):
        return "lambda", service_model("lambda").operation_model("Invoke")
    service = find_service(request).service
    try:
        route = MODELS.service(service).route(request)
    except (KeyError, UnknownOperation, ServiceError, ValueError):
        return service, None
    return service, service_model(service).operation_model(route.operation)


def _error(response: WireResponse) -> tuple[str, str]:
    headers = {name.decode().lower(): value.decode() for name, value in response.headers}
    if "xml" in headers.get("content-type", ""):
        root = ET.fromstring(response.body)
        return root.findtext(".//Code", ""), root.findtext(".//Message", "")
    if headers.get("content-type") == "application/cbor":
        return headers.get("x-amzn-errortype", "NotImplementedException"), "cbor"
    document = json.loads(response.body)
    code = headers.get("x-amzn-errortype", "")
    if document.get("__type", code) != code:
        return "", ""
    return code, str(document.get("message", document.get("Message", "")))

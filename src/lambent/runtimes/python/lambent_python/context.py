"""The context object that a handler gets, attribute for attribute as AWS's runtime has it."""

from __future__ import annotations

import logging
import sys
import time

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Any, Mapping

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")
# In the order in which AWS's `repr` shows them.
_IDENTITY_FIELDS = ("cognito_identity_id", "cognito_identity_pool_id")
_CLIENT_FIELDS = (
    "installation_id",
    "app_title",
    "app_version_name",
    "app_version_code",
    "app_package_name",
)
_CLIENT_CONTEXT_FIELDS = ("custom", "env", "client")
_CONTEXT_FIELDS = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)


class CognitoIdentity:
    """Who the mobile client is, when Cognito said so."""

    __slots__ = _IDENTITY_FIELDS

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.cognito_identity_id = given.get("cognitoIdentityId")
        self.cognito_identity_pool_id = given.get("cognitoIdentityPoolId")

    def __repr__(self) -> str:
        return _shown(self, self.__slots__)


class Client:
    """The mobile client."""

    __slots__ = _CLIENT_FIELDS

    def __init__(self, given: Mapping[str, Any]) -> None:
        for name in self.__slots__:
            setattr(self, name, given.get(name))

    def __repr__(self) -> str:
        return _shown(self, self.__slots__)


class ClientContext:
    """What the caller sent along; an attribute is None where it sent nothing."""

    __slots__ = _CLIENT_CONTEXT_FIELDS

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.custom = given.get("custom")
        self.env = given.get("env")
        client = given.get("client")
        self.client = None if client is None else Client(client)

    def __repr__(self) -> str:
        return _shown(self, self.__slots__)


class LambdaContext:
    """One invocation, as its handler may know it."""

    def __init__(
        self,
        function: FunctionFacts,
        invoke_id: str,
        client_context: Any,
        epoch_deadline_time_in_ms: int,
        invoked_function_arn: str,
    ) -> None:
        self.aws_request_id = invoke_id
        self.log_group_name = function.log_group_name
        self.log_stream_name = function.log_stream_name
        self.function_name = function.function_name
        self.memory_limit_in_mb = function.memory_limit_in_mb
        self.function_version = function.function_version
        self.invoked_function_arn = invoked_function_arn
        self.tenant_id = None
        self._w3c_fields: dict[str, str] = {}
        self.client_context = None
        if client_context is not None:
            self._w3c_fields = _take_w3c(client_context)
            self.client_context = ClientContext(client_context)
        self.identity = CognitoIdentity({})
        self._epoch_deadline_time_in_ms = epoch_deadline_time_in_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out, never below 0."""
        left = self._epoch_deadline_time_in_ms - int(time.time() * 1000)
        return max(0, left)

    def w3c(self) -> dict[str, str]:
        """The W3C trace context of the invocation, as far as the caller sent one."""
        return dict(self._w3c_fields)

    def log(self, msg: object) -> None:
        """Write `msg` to the log as it is."""
        for handler in logging.getLogger().handlers:
            sink = getattr(handler, "log_sink", None)
            if sink is not None:
                sink.log(str(msg))
                return
        sys.stdout.write(str(msg))

    def __repr__(self) -> str:
        return _shown(
            self,
            _CONTEXT_FIELDS,
        )


class FunctionFacts:
    """What stays the same from one invocation to the next."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.log_group_name = environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = environ.get("AWS_LAMBDA_FUNCTION_VERSION")


def _shown(value: object, names: tuple[str, ...]) -> str:
    members = ",".join(f"{name}={getattr(value, name)}" for name in names)
    return f"{value.__class__.__name__}([{members}])"


def _take_w3c(client_context: Any) -> dict[str, str]:
    # AWS takes the key out, so that a handler sees it through `w3c()` only.
    if not isinstance(client_context, dict) or "w3c" not in client_context:
        return {}
    given = client_context.pop("w3c")
    if not isinstance(given, dict):
        return {}
    return {name: given[name] for name in _W3C_FIELDS if isinstance(given.get(name), str)}

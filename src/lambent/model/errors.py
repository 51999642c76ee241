"""The errors that AWS's models name, as exceptions: the caller's business, answered as AWS answers them.

`wire.render_error` alone turns one into bytes. Which member carries the message (`message` or `Message`) differs by shape
(reference: botocore's Lambda model); a test holds this list against the model.
"""

from collections.abc import Mapping
from typing import ClassVar


class ServiceError(Exception):
    """A request that is refused; `str(error)` is the text that the caller reads."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    fault: ClassVar[str | None] = "User"
    """What the member `Type` says; None leaves it out, as AWS's framework errors do."""
    message_member: ClassVar[str] = "message"

    def __init__(
        self,
        message: str,
        *,
        members: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.members: Mapping[str, str] = members or {}
        self.headers: Mapping[str, str] = headers or {}


class FrameworkError(ServiceError):
    """An error of AWS's API framework, in no service's model: its body has no `Type`."""

    fault = None


class ValidationFailed(FrameworkError):
    """A member breaks a constraint of the model."""

    code = "ValidationException"


class SerializationFailed(FrameworkError):
    """The body is not what the operation's protocol demands."""

    code = "SerializationException"


class UnknownOperation(FrameworkError):
    """No operation answers to this method and path."""

    code = "UnknownOperationException"
    status = 404


class NotImplementedHere(FrameworkError):
    """AWS has this operation, lambent does not have it yet; said before anything is validated."""

    code = "NotImplementedException"
    status = 501


class AccessDenied(FrameworkError):
    """The caller may not do this."""

    code = "AccessDeniedException"
    status = 403
    message_member = "Message"


class UnrecognizedClient(FrameworkError):
    """The access key or its token is not one that we know or is not valid any more."""

    code = "UnrecognizedClientException"
    status = 403


class ExpiredToken(FrameworkError):
    """The session token has expired."""

    code = "ExpiredTokenException"
    status = 403


class InvalidSignature(FrameworkError):
    """The signature does not fit the request."""

    code = "InvalidSignatureException"
    status = 403


class IncompleteSignature(FrameworkError):
    """The Authorization header lacks a part."""

    code = "IncompleteSignatureException"
    status = 400


class RequestEntityTooLarge(FrameworkError):
    """The body is over the operation's limit."""

    code = "RequestEntityTooLargeException"
    status = 413


class ResourceNotFound(ServiceError):
    """There is no such thing."""

    code = "ResourceNotFoundException"
    status = 404
    message_member = "Message"


class FunctionNotFound(ResourceNotFound):
    """There is no such function, version or alias."""

    def __init__(self, arn: str) -> None:
        super().__init__(f"Function not found: {arn}")


class ResourceConflict(ServiceError):
    """It exists already, or its state does not allow this."""

    code = "ResourceConflictException"
    status = 409


class InvalidParameterValue(ServiceError):
    """A value that the model allows and the service does not."""

    code = "InvalidParameterValueException"


class UntypedInvalidParameterValue(InvalidParameterValue):
    """Such a value, and the answer has no `Type`: recorded of concurrency that the account has not left, and of $LATEST in weighted aliases."""

    fault = None


class InvalidRequestContent(ServiceError):
    """The payload is not JSON."""

    code = "InvalidRequestContentException"


class PreconditionFailed(ServiceError):
    """The RevisionId is stale."""

    code = "PreconditionFailedException"
    status = 412


class PolicyLengthExceeded(ServiceError):
    """A resource policy would be larger than it may be."""

    code = "PolicyLengthExceededException"


class CodeSigningConfigNotFound(ServiceError):
    """A function is to have a code signing configuration that is not there."""

    code = "CodeSigningConfigNotFoundException"
    status = 404
    message_member = "Message"


class InvalidCodeSignature(ServiceError):
    """A package whose signature is not to be trusted is not deployed."""

    code = "InvalidCodeSignatureException"
    message_member = "Message"


class ProvisionedConcurrencyConfigNotFound(ServiceError):
    """Nothing is provisioned for that version or alias."""

    code = "ProvisionedConcurrencyConfigNotFoundException"
    status = 404


class TooManyRequests(ServiceError):
    """A throttle: `reason` is one of AWS's ThrottleReason values.

    It was recorded of reserved concurrency that no answer says when to come back.
    """

    code = "TooManyRequestsException"
    status = 429

    def __init__(
        self,
        reason: str,
        *,
        message: str = "Rate Exceeded.",
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(
            message,
            members={"Reason": reason},
            headers={}
            if retry_after_seconds is None
            else {"Retry-After": str(retry_after_seconds)},
        )
        self.reason = reason


class UntypedNotFound(ResourceNotFound):
    """There is no such thing, and the answer has no `Type`: recorded of code signing configurations."""

    fault = None


class ServiceFailure(ServiceError):
    """Our fault, not the caller's."""

    code = "ServiceException"
    status = 500
    fault = "Server"
    message_member = "Message"


class InvalidRuntime(ServiceError):
    """The runtime is not to be had on this host."""

    code = "InvalidRuntimeException"
    status = 502
    fault = "Server"
    message_member = "Message"

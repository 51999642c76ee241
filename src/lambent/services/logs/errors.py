"""The errors of CloudWatch Logs, in its words."""

from lambent.model.errors import ServiceError


class InvalidParameter(ServiceError):
    """A parameter, or two together, that the service does not take."""

    code = "InvalidParameterException"
    fault = None


class InvalidNextToken(InvalidParameter):
    """A token that no answer of ours held."""

    def __init__(self) -> None:
        super().__init__("The specified nextToken is invalid.")


class LogsResourceNotFound(ServiceError):
    """There is no such group or stream; unlike Lambda's, it answers 400."""

    code = "ResourceNotFoundException"
    fault = None


class LogGroupNotFound(LogsResourceNotFound):
    """There is no such log group."""

    def __init__(self) -> None:
        super().__init__("The specified log group does not exist.")


class LogStreamNotFound(LogsResourceNotFound):
    """There is no such log stream."""

    def __init__(self) -> None:
        super().__init__("The specified log stream does not exist.")


class LogsUnavailable(ServiceError):
    """The log store cannot be read now."""

    code = "ServiceUnavailableException"
    status = 500
    fault = None

    def __init__(self) -> None:
        super().__init__("The service cannot complete the request.")

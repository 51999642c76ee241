"""Who asks, and under which request."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The identity behind a request, and the account and region that it addresses."""

    account_id: str
    region: str
    arn: str
    """As `sts` GetCallerIdentity says it."""
    user_id: str
    access_key_id: str = ""
    """Empty for an unsigned request."""
    service: str = ""
    """The service of the signature's scope; empty for an unsigned request."""
    verified: bool = False
    """Whether the signature was checked against a key that we issued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestContext:
    """What a handler may know of the request beside its input."""

    request_id: str
    caller: Caller
    host: str
    """The `Host` that the client used, so that URLs we make lead back the same way."""

    @property
    def account_id(self) -> str:
        """The account addressed."""
        return self.caller.account_id

    @property
    def region(self) -> str:
        """The region addressed."""
        return self.caller.region

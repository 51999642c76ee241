"""Where packages lie before they are deployed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Object:
    """A package in S3."""

    region: str
    """The one of whoever wants it: AWS fetches from no other."""
    bucket: str
    key: str
    version_id: str = ""
    """Empty for the newest."""

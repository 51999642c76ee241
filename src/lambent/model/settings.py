"""Parts of a function's configuration that have a structure of their own."""

from dataclasses import dataclass
from enum import StrEnum


class TracingMode(StrEnum):
    """AWS's `TracingConfig.Mode`."""

    PASSIVE = "PassThrough"
    ACTIVE = "Active"


class SnapStart(StrEnum):
    """AWS's `SnapStart.ApplyOn`."""

    NONE = "None"
    PUBLISHED_VERSIONS = "PublishedVersions"


class LogFormat(StrEnum):
    """AWS's `LoggingConfig.LogFormat`."""

    TEXT = "Text"
    JSON = "JSON"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLevels:
    """From which level on lines are kept; a function whose format is Text has none."""

    application: str = "INFO"
    system: str = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class VpcSettings:
    """The VPC that a function asks for; without subnets it asks for none."""

    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    ipv6_allowed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSystem:
    """A file system that a function wants to see."""

    arn: str
    """Of the access point."""
    mount_path: str
    direct_s3_read: str = ""
    """As S3 Files has it; empty when it was not given."""

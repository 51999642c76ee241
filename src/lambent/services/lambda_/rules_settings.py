"""AWS's rules about the settings of a function that have a structure of their own, and AWS's sentences for them."""

from collections.abc import Mapping
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.function import FunctionVersion
from lambent.model.settings import (
    FileSystem,
    LogFormat,
    LogLevels,
    SnapStart,
    TracingMode,
    VpcSettings,
)

Fields = dict[str, Any]
"""Fields of a FunctionVersion."""

_DEAD_LETTER_SERVICES: Final = ("sqs", "sns")
_SNAPSHOT_STORAGE_MB: Final = 512


def settings(members: Mapping[str, Any], before: FunctionVersion | None) -> Fields:
    """The fields that `members` gives values for; `before` is what is being updated. Raises InvalidParameterValue."""
    return {
        **_choices(members),
        **_vpc(members),
        **_dead_letter(members),
        **_file_systems(members),
        **_logging(members, before),
    }


def demand_agreement(fields: Mapping[str, Any], before: FunctionVersion | None) -> None:
    """Return when a version of `before` with `fields` is consistent in itself. Raises InvalidParameterValue."""

    def value(name: str, ordinary: Any) -> Any:
        return fields.get(name, ordinary if before is None else getattr(before, name))

    file_systems: tuple[FileSystem, ...] = value("file_systems", ())
    vpc: VpcSettings | None = value("vpc", None)
    if file_systems and not (vpc and vpc.subnet_ids):
        raise _without_vpc(file_systems[0].arn, removed="vpc" in fields and before is not None)
    if value("snap_start", SnapStart.NONE) is SnapStart.NONE:
        return
    if not takes_snap_start(value("runtime", "")):
        raise _no_snap_start(value("runtime", ""))
    if file_systems:
        raise _no_snap_start("FileSystemConfigs")
    if value("ephemeral_storage_mb", 0) > _SNAPSHOT_STORAGE_MB:
        raise _no_snap_start(f"EphemeralStorage above {_SNAPSHOT_STORAGE_MB} MB")


def takes_snap_start(runtime: str) -> bool:
    """Whether AWS makes snapshots of functions of this runtime: from Java 11, Python 3.12 and .NET 8 on (AWS documentation: SnapStart)."""
    for family, least in (("java", (11,)), ("python", (3, 12)), ("dotnet", (8,))):
        release = runtime.removeprefix(family).partition(".al")[0]
        numbers = release.split(".")
        if release != runtime and all(number.isdecimal() for number in numbers):
            return tuple(map(int, numbers)) >= least
    return False


def _choices(members: Mapping[str, Any]) -> Fields:
    fields: Fields = {}
    if mode := (members.get("TracingConfig") or {}).get("Mode"):
        fields["tracing"] = TracingMode(mode)
    if apply_on := (members.get("SnapStart") or {}).get("ApplyOn"):
        fields["snap_start"] = SnapStart(apply_on)
    return fields


def _vpc(members: Mapping[str, Any]) -> Fields:
    given = members.get("VpcConfig")
    if not given:
        return {}
    vpc = VpcSettings(
        subnet_ids=tuple(given.get("SubnetIds") or ()),
        security_group_ids=tuple(given.get("SecurityGroupIds") or ()),
        ipv6_allowed=bool(given.get("Ipv6AllowedForDualStack")),
    )
    if bool(vpc.subnet_ids) != bool(vpc.security_group_ids):
        raise InvalidParameterValue("SubnetIds and SecurityIds must coexist or be both empty list.")
    return {"vpc": vpc}


def _dead_letter(members: Mapping[str, Any]) -> Fields:
    arn = (members.get("DeadLetterConfig") or {}).get("TargetArn")
    if arn is None:
        return {}
    if arn and arn.split(":")[2] not in _DEAD_LETTER_SERVICES:
        raise InvalidParameterValue(
            f"The dead-letter target {arn} is neither an SQS queue nor an SNS topic."
        )
    if arn.endswith(".fifo"):
        raise InvalidParameterValue(
            f"The dead-letter target {arn} is a FIFO one: only standard queues and topics can be targets."
        )
    return {"dead_letter_arn": arn}


def _file_systems(members: Mapping[str, Any]) -> Fields:
    given = members.get("FileSystemConfigs")
    if given is None:
        return {}
    return {
        "file_systems": tuple(
            FileSystem(
                arn=each["Arn"],
                mount_path=each["LocalMountPath"],
                direct_s3_read=(each.get("S3FilesConfig") or {}).get("DirectS3Read") or "",
            )
            for each in given
        )
    }


def _logging(members: Mapping[str, Any], before: FunctionVersion | None) -> Fields:
    """What is given, merged into what there was; a format of Text has no levels (recorded)."""
    given = members.get("LoggingConfig") or {}
    fields: Fields = {"log_group": given["LogGroup"]} if given.get("LogGroup") else {}
    application, system = given.get("ApplicationLogLevel"), given.get("SystemLogLevel")
    old_format = LogFormat.TEXT if before is None else before.log_format
    log_format = LogFormat(given.get("LogFormat") or old_format)
    if log_format is LogFormat.JSON:
        old = (before and before.log_levels) or LogLevels()
        levels = LogLevels(application=application or old.application, system=system or old.system)
        return fields | {"log_format": log_format, "log_levels": levels}
    if application or system:
        raise InvalidParameterValue(
            'LogLevel is not supported when LogFormat is set to "Text". '
            'Remove LogLevel from your request or change the LogFormat to "JSON" and try again.'
        )
    return fields | {"log_format": log_format, "log_levels": None}


def _without_vpc(arn: str, *, removed: bool) -> InvalidParameterValue:
    if removed:
        return InvalidParameterValue(
            f"Function VPC configuration cannot be removed with access point {arn} referenced."
        )
    return InvalidParameterValue(
        f"Function must be configured to execute in a VPC to reference access point {arn}."
    )


def _no_snap_start(what: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"{what} is not supported for SnapStart enabled functions.")

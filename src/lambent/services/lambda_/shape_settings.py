"""The settings of a function as AWS's answers show them: each when it has one, or always (reference 01 §4)."""

from typing import Any

from lambent.model.function import FunctionVersion
from lambent.model.settings import FileSystem, VpcSettings


def settings(version: FunctionVersion) -> dict[str, Any]:
    """The members of a FunctionConfiguration that are structures of settings."""
    shown: dict[str, Any] = {
        "TracingConfig": {"Mode": str(version.tracing)},
        "EphemeralStorage": {"Size": version.ephemeral_storage_mb},
        # Off also for a published version, which AWS shows as On: there is no snapshot of it.
        "SnapStart": {"ApplyOn": str(version.snap_start), "OptimizationStatus": "Off"},
        "LoggingConfig": _logging(version),
    }
    if version.environment is not None:
        shown["Environment"] = {"Variables": dict(version.environment)}
    if version.vpc is not None:
        shown["VpcConfig"] = _vpc(version.vpc)
    if version.dead_letter_arn:
        shown["DeadLetterConfig"] = {"TargetArn": version.dead_letter_arn}
    if version.kms_key_arn:
        shown["KMSKeyArn"] = version.kms_key_arn
    if version.file_systems:
        shown["FileSystemConfigs"] = [_file_system(each) for each in version.file_systems]
    return shown


def _logging(version: FunctionVersion) -> dict[str, str]:
    shown = {"LogFormat": str(version.log_format), "LogGroup": version.log_group}
    if version.log_levels is not None:
        shown["ApplicationLogLevel"] = version.log_levels.application
        shown["SystemLogLevel"] = version.log_levels.system
    return shown


def _vpc(vpc: VpcSettings) -> dict[str, Any]:
    return {
        "SubnetIds": list(vpc.subnet_ids),
        "SecurityGroupIds": list(vpc.security_group_ids),
        # As AWS shows that there is none: the function is in no VPC, whatever it asks for, and a made-up id would be believed.
        "VpcId": "",
        "Ipv6AllowedForDualStack": vpc.ipv6_allowed,
    }


def _file_system(file_system: FileSystem) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Arn": file_system.arn,
        "LocalMountPath": file_system.mount_path,
    }
    if file_system.direct_s3_read:
        shown["S3FilesConfig"] = {"DirectS3Read": file_system.direct_s3_read}
    return shown

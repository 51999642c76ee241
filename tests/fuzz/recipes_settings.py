"""Settings of functions that are valid whatever the function has already."""

from random import Random
from typing import Any, Final

from tests.fuzz.values import Made
from tests.fuzz.world import ACCOUNT, BUCKET, KEY, REGION

_VPC: Final = {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
_NO_VPC: Final[dict[str, Any]] = {"SubnetIds": [], "SecurityGroupIds": []}
_MOUNT: Final = {
    "Arn": f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:access-point/fsap-0123456789abcdef0",
    "LocalMountPath": "/mnt/data",
}
_LEVELS: Final = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")


def settings(random: Random) -> dict[str, Made]:
    """By dotted path."""

    def one_of(*values: Any) -> Made:
        return lambda: random.choice(values)

    return {
        "VpcConfig": one_of({}, _NO_VPC, _VPC, _VPC | {"Ipv6AllowedForDualStack": True}),
        "DeadLetterConfig": one_of(
            {}, {"TargetArn": ""}, {"TargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"}
        ),
        "FileSystemConfigs": one_of([]),
        "SnapStart": one_of({}, {"ApplyOn": "None"}),
        "LoggingConfig": lambda: _logging(random),
    }


def with_more(members: dict[str, Any], random: Random) -> dict[str, Any]:
    """The input of a CreateFunction, perhaps with settings that only agree with some others."""
    vpc = members.get("VpcConfig") or {}
    if random.random() < 0.5 and vpc.get("SubnetIds"):
        return members | {"FileSystemConfigs": [_MOUNT]}
    if random.random() < 0.5 and members["Runtime"].startswith("python"):
        members.pop("EphemeralStorage", None)
        return members | {"SnapStart": {"ApplyOn": "PublishedVersions"}}
    return members


def source(zips: tuple[bytes, ...], random: Random) -> dict[str, Any]:
    """A package, in the request or in S3."""
    in_s3 = {"S3Bucket": BUCKET, "S3Key": KEY, "S3ObjectStorageMode": "COPY"}
    return random.choice([{"ZipFile": random.choice(zips)}, in_s3])


def _logging(random: Random) -> dict[str, str]:
    group = random.choice([{}, {"LogGroup": "/mine"}])
    levels = {"ApplicationLogLevel": random.choice(_LEVELS), "SystemLogLevel": "WARN"}
    return group | random.choice([{}, {"LogFormat": "Text"}, {"LogFormat": "JSON"} | levels])

"""The settings of a function that have a structure of their own: shown, kept, replaced and refused (reference 01 §4, §5, §7)."""

from typing import Any

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, create_refused, golden, refused

UPDATE = "UpdateFunctionConfiguration"
VPC = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
VPC_SHOWN = VPC | {"VpcId": "", "Ipv6AllowedForDualStack": False}
NO_VPC: dict[str, list[str]] = {"SubnetIds": [], "SecurityGroupIds": []}
NO_VPC_SHOWN = NO_VPC | {"VpcId": "", "Ipv6AllowedForDualStack": False}
ACCESS_POINT = (
    "arn:aws:elasticfilesystem:us-east-1:123456789012:access-point/fsap-0123456789abcdef0"
)
MOUNT = {"Arn": ACCESS_POINT, "LocalMountPath": "/mnt/data"}
S3_MOUNT = {
    "Arn": "arn:aws:s3files:us-east-1:123456789012:file-system/fs-0123456789abcdef0/access-point/fsap-0123456789abcdef0",
    "LocalMountPath": "/mnt/s3",
    "S3FilesConfig": {"DirectS3Read": "AUTO"},
}
QUEUE = "arn:aws:sqs:us-east-1:123456789012:dead"
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"
JSON = {
    "LogFormat": "JSON",
    "LogGroup": "/aws/lambda/fn",
    "ApplicationLogLevel": "INFO",
    "SystemLogLevel": "INFO",
}
LEVEL_WITH_TEXT = (
    'LogLevel is not supported when LogFormat is set to "Text". '
    'Remove LogLevel from your request or change the LogFormat to "JSON" and try again.'
)

GIVEN_AND_SHOWN: list[tuple[str, Any, Any]] = [
    ("TracingConfig", {"Mode": "Active"}, {"Mode": "Active"}),
    (
        "SnapStart",
        {"ApplyOn": "PublishedVersions"},
        {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
    ),
    ("VpcConfig", VPC, VPC_SHOWN),
    ("VpcConfig", NO_VPC, NO_VPC_SHOWN),
    (
        "VpcConfig",
        VPC | {"Ipv6AllowedForDualStack": True},
        VPC_SHOWN | {"Ipv6AllowedForDualStack": True},
    ),
    ("DeadLetterConfig", {"TargetArn": QUEUE}, {"TargetArn": QUEUE}),
    (
        "DeadLetterConfig",
        {"TargetArn": "arn:aws-cn:sns:cn-north-1:123456789012:dead"},
        {"TargetArn": "arn:aws-cn:sns:cn-north-1:123456789012:dead"},
    ),
    ("KMSKeyArn", KEY, KEY),
    ("LoggingConfig", {"LogFormat": "JSON"}, JSON),
    (
        "LoggingConfig",
        {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN"},
        JSON | {"ApplicationLogLevel": "DEBUG", "SystemLogLevel": "WARN"},
    ),
    (
        "LoggingConfig",
        {"LogFormat": "JSON", "LogGroup": "/mine"},
        JSON | {"LogGroup": "/mine"},
    ),
    (
        "LoggingConfig",
        {"LogGroup": "/mine"},
        {"LogFormat": "Text", "LogGroup": "/mine"},
    ),
]


@pytest.mark.parametrize(("member", "given", "shown"), GIVEN_AND_SHOWN)
async def test_a_setting_is_shown_by_create_get_and_list(
    bench: Bench, member: str, given: Any, shown: Any
) -> None:
    created = await bench.create(**{member: given})
    assert created == golden(bench, **{member: shown})
    assert await bench.call("GetFunctionConfiguration", FunctionName="fn") == created
    listed = (await bench.call("ListFunctions"))["Functions"][0]
    assert listed[member] == shown


@pytest.mark.parametrize(("member", "given", "shown"), GIVEN_AND_SHOWN)
async def test_a_setting_is_changed_by_update_and_kept_by_the_next(
    bench: Bench, member: str, given: Any, shown: Any
) -> None:
    await bench.create_active()
    assert (await bench.call(UPDATE, FunctionName="fn", **{member: given}))[member] == shown
    await bench.settle()
    assert (await bench.call(UPDATE, FunctionName="fn", Timeout=5))[member] == shown


@pytest.mark.parametrize("mount", [MOUNT, S3_MOUNT])
async def test_a_file_system_is_shown_with_its_vpc(bench: Bench, mount: dict[str, Any]) -> None:
    created = await bench.create(FileSystemConfigs=[mount], VpcConfig=VPC)
    assert created == golden(bench, FileSystemConfigs=[mount], VpcConfig=VPC_SHOWN)


async def test_what_was_set_is_replaced_whole_and_cleared_by_nothing(bench: Bench) -> None:
    await bench.create_active(
        VpcConfig=VPC | {"Ipv6AllowedForDualStack": True},
        FileSystemConfigs=[MOUNT],
        DeadLetterConfig={"TargetArn": QUEUE},
        KMSKeyArn=KEY,
        TracingConfig={"Mode": "Active"},
    )
    answer = await bench.call(
        UPDATE,
        FunctionName="fn",
        VpcConfig={"SubnetIds": ["subnet-3"], "SecurityGroupIds": ["sg-2"]},
    )
    assert answer["VpcConfig"] == {
        "SubnetIds": ["subnet-3"],
        "SecurityGroupIds": ["sg-2"],
        "VpcId": "",
        "Ipv6AllowedForDualStack": False,
    }
    await bench.settle()
    cleared = await bench.call(
        UPDATE,
        FunctionName="fn",
        VpcConfig=NO_VPC,
        FileSystemConfigs=[],
        DeadLetterConfig={"TargetArn": ""},
        KMSKeyArn="",
        TracingConfig={"Mode": "PassThrough"},
    )
    assert cleared["VpcConfig"] == NO_VPC_SHOWN
    assert cleared["TracingConfig"] == {"Mode": "PassThrough"}
    assert not {"FileSystemConfigs", "DeadLetterConfig", "KMSKeyArn"} & cleared.keys()


async def test_an_empty_structure_asks_for_nothing(bench: Bench) -> None:
    await bench.create_active(
        VpcConfig=VPC, DeadLetterConfig={"TargetArn": QUEUE}, LoggingConfig={"LogFormat": "JSON"}
    )
    answer = await bench.call(
        UPDATE,
        FunctionName="fn",
        VpcConfig={},
        DeadLetterConfig={},
        TracingConfig={},
        SnapStart={},
        LoggingConfig={},
    )
    assert (answer["VpcConfig"], answer["DeadLetterConfig"]) == (VPC_SHOWN, {"TargetArn": QUEUE})
    assert answer["LoggingConfig"] == JSON


async def test_logging_is_merged_and_text_has_no_levels(bench: Bench) -> None:
    """Recorded: a level alone keeps the rest, and switching back to Text drops the levels but not the group."""
    await bench.create_active(
        LoggingConfig={"LogFormat": "JSON", "LogGroup": "/mine", "SystemLogLevel": "DEBUG"}
    )
    mine = JSON | {"LogGroup": "/mine", "SystemLogLevel": "DEBUG"}
    steps: list[tuple[dict[str, str], dict[str, str]]] = [
        ({"ApplicationLogLevel": "ERROR"}, mine | {"ApplicationLogLevel": "ERROR"}),
        ({"LogFormat": "Text"}, {"LogFormat": "Text", "LogGroup": "/mine"}),
        ({"LogFormat": "JSON"}, JSON | {"LogGroup": "/mine"}),
    ]
    for given, shown in steps:
        answer = await bench.call(UPDATE, FunctionName="fn", LoggingConfig=given)
        assert answer["LoggingConfig"] == shown
        await bench.settle()


@pytest.mark.parametrize(
    ("logging", "given"),
    [
        ({}, {"ApplicationLogLevel": "INFO"}),
        ({}, {"LogFormat": "Text", "SystemLogLevel": "INFO"}),
        ({"LogFormat": "JSON"}, {"LogFormat": "Text", "ApplicationLogLevel": "INFO"}),
    ],
)
async def test_a_level_with_text_is_refused(
    bench: Bench, logging: dict[str, str], given: dict[str, str]
) -> None:
    await bench.create_active(LoggingConfig=logging)
    asked = {"FunctionName": "fn", "LoggingConfig": given}
    assert await refused(bench, UPDATE, **asked) == (INVALID, LEVEL_WITH_TEXT, 400)
    if not logging:
        made = await create_refused(bench, name="other", LoggingConfig=given)
        assert made == (INVALID, LEVEL_WITH_TEXT, 400)


REFUSALS: list[tuple[dict[str, Any], str]] = [
    # Seen by AWS's users (public issues).
    (
        {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": []}},
        "SubnetIds and SecurityIds must coexist or be both empty list.",
    ),
    (
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"]}},
        "SubnetIds and SecurityIds must coexist or be both empty list.",
    ),
    (
        {"FileSystemConfigs": [MOUNT]},
        f"Function must be configured to execute in a VPC to reference access point {ACCESS_POINT}.",
    ),
    # docs/doubts.md
    (
        {"DeadLetterConfig": {"TargetArn": "arn:aws:s3:::bucket"}},
        "The dead-letter target arn:aws:s3:::bucket is neither an SQS queue nor an SNS topic.",
    ),
    (
        {"DeadLetterConfig": {"TargetArn": f"{QUEUE}.fifo"}},
        (
            f"The dead-letter target {QUEUE}.fifo is a FIFO one: "
            "only standard queues and topics can be targets."
        ),
    ),
    # Reference 01 §5.
    (
        {"SnapStart": {"ApplyOn": "PublishedVersions"}, "Runtime": "nodejs22.x"},
        "nodejs22.x is not supported for SnapStart enabled functions.",
    ),
    # docs/doubts.md
    (
        {"SnapStart": {"ApplyOn": "PublishedVersions"}, "EphemeralStorage": {"Size": 513}},
        "EphemeralStorage above 512 MB is not supported for SnapStart enabled functions.",
    ),
    (
        {
            "SnapStart": {"ApplyOn": "PublishedVersions"},
            "VpcConfig": VPC,
            "FileSystemConfigs": [MOUNT],
        },
        "FileSystemConfigs is not supported for SnapStart enabled functions.",
    ),
]


@pytest.mark.parametrize(("members", "text"), REFUSALS)
async def test_what_cannot_be_is_refused_by_create_and_by_update(
    bench: Bench, members: dict[str, Any], text: str
) -> None:
    assert await create_refused(bench, **members) == (INVALID, text, 400)
    active = await bench.create_active()
    assert await refused(bench, UPDATE, FunctionName="fn", **members) == (INVALID, text, 400)
    stored = await bench.functions.get(active.key)
    assert stored is not None
    assert stored.configured == active


@pytest.mark.parametrize(
    ("before", "members", "text"),
    [
        # Seen by AWS's users (a public issue of chalice's).
        (
            {"VpcConfig": VPC, "FileSystemConfigs": [MOUNT]},
            {"VpcConfig": NO_VPC},
            (
                "Function VPC configuration cannot be removed with access point "
                f"{ACCESS_POINT} referenced."
            ),
        ),
        (
            {"SnapStart": {"ApplyOn": "PublishedVersions"}},
            {"Runtime": "nodejs22.x"},
            "nodejs22.x is not supported for SnapStart enabled functions.",
        ),
    ],
)
async def test_what_is_given_must_agree_with_what_there_is(
    bench: Bench, before: dict[str, Any], members: dict[str, Any], text: str
) -> None:
    await bench.create_active(**before)
    assert await refused(bench, UPDATE, FunctionName="fn", **members) == (INVALID, text, 400)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}},
            "lambent does not keep the execution environments of tenants apart: leave TenancyConfig out.",
        ),
        (
            {"DurableConfig": {"RetentionPeriodInDays": 1}},
            "lambent does not run durable executions yet: leave DurableConfig out.",
        ),
        (
            {
                "CapacityProviderConfig": {
                    "LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn"}
                }
            },
            "lambent has no capacity providers: leave CapacityProviderConfig out.",
        ),
        (
            {"AcceleratorConfig": {"AcceleratorMemorySize": 8}},
            "lambent gives functions no accelerators: leave AcceleratorConfig out.",
        ),
        (
            {"RuntimeConfig": {"RuntimeArn": "arn", "RuntimeAlias": "a"}},
            "lambent has no customer-managed runtimes: leave RuntimeConfig out.",
        ),
        (
            {"PackageType": "Image", "Code": {"ImageUri": "image"}},
            "lambent does not run container images yet: give a zip and leave PackageType out.",
        ),
        (
            {"ImageConfig": {"Command": ["app.handler"]}},
            "lambent does not run container images yet: leave ImageConfig out.",
        ),
    ],
)
async def test_what_would_be_a_lie_is_refused(
    bench: Bench, members: dict[str, Any], text: str
) -> None:
    assert await create_refused(bench, **members) == (INVALID, text, 400)

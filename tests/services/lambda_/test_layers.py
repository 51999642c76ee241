"""The operations on layers answer as AWS does (reference 01 §2, §3, §8, §14; shapes: botocore model)."""

from typing import Any

import pytest

from lambent.identity.code_links import CodeLinks
from lambent.identity.keys import MasterKey
from lambent.model.errors import ServiceError
from tests.fakes.versions import ACCOUNT
from tests.services.lambda_.bench import ZIP, Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, SHA256, refused

OTHER_ACCOUNT = "210987654321"
NOT_THERE = (NOT_FOUND, "The resource you requested does not exist.", 404)


def listed(bench: Bench, number: int = 1, name: str = "tools", **changes: Any) -> dict[str, Any]:
    """A LayerVersionsListItem, written from the reference (01 §14)."""
    return {
        "LayerVersionArn": bench.layer_arn(f"{name}:{number}"),
        "Version": number,
        "Description": "",
        "CreatedDate": "2024-05-01T12:34:56.789+0000",
    } | changes


def shown(bench: Bench, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A whole version, without the link in its content."""
    content = {"CodeSha256": SHA256, "CodeSize": len(ZIP)}
    return {"Content": content, "LayerArn": bench.layer_arn()} | listed(bench, number, **changes)


def without_link(bench: Bench, answer: dict[str, Any]) -> dict[str, Any]:
    """`answer` without its content's link, which leads to the package."""
    link = answer["Content"].pop("Location")
    prefix = "http://localhost:4566"
    assert link.startswith(prefix)
    links = CodeLinks(master=MasterKey(secret=bytes(32)), clock=bench.clock)
    assert bench.packages.stored[links.package(link.removeprefix(prefix))] == ZIP
    return answer


async def refused_to(
    bench: Bench, account_id: str, operation: str, **members: Any
) -> tuple[str, str, int]:
    with pytest.raises(ServiceError) as error:
        await bench.call_as(account_id, operation, **members)
    return error.value.code, error.value.message, error.value.status


def denial(bench: Bench, action: str, arn: str) -> tuple[str, str, int]:
    """AWS's words for another account's layer (AWS documentation, seen in public reports of users)."""
    partition = arn.split(":")[1]
    return (
        "AccessDeniedException",
        (
            f"User: arn:{partition}:iam::{OTHER_ACCOUNT}:root is not authorized to perform: lambda:{action} on resource: {arn} "
            f"because no resource-based policy allows the lambda:{action} action"
        ),
        403,
    )


async def test_publish_answers_the_version(bench: Bench) -> None:
    assert without_link(bench, await bench.publish()) == shown(bench)


async def test_publish_shows_what_was_given_and_numbers_go_on(bench: Bench) -> None:
    given: dict[str, Any] = {
        "Description": "what it is",
        "CompatibleRuntimes": ["python3.13", "go1.x"],
        "CompatibleArchitectures": ["x86_64", "arm64"],
        "LicenseInfo": "MIT",
    }
    await bench.publish()
    assert without_link(bench, await bench.publish(**given)) == shown(bench, 2, **given)


async def test_empty_lists_are_shown_and_those_never_given_are_not(bench: Bench) -> None:
    empty: dict[str, Any] = {"CompatibleRuntimes": [], "CompatibleArchitectures": []}
    assert without_link(bench, await bench.publish(**empty)) == shown(bench, **empty)


async def test_publish_takes_the_layers_arn(bench: Bench) -> None:
    answer = await bench.publish(bench.layer_arn())
    assert answer["LayerVersionArn"] == bench.layer_arn("tools:1")


async def test_a_number_is_not_given_again_after_deletion(bench: Bench) -> None:
    for _ in range(2):
        await bench.publish()
    for number in (1, 2):
        await bench.call("DeleteLayerVersion", LayerName="tools", VersionNumber=number)
    assert (await bench.publish())["Version"] == 3  # recorded


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        (
            {"Content": {"ZipFile": b"no zip"}},
            (
                INVALID,
                "Could not unzip uploaded file. Please check your file, then try to upload again.",
                400,
            ),
        ),
        (
            {"Content": {"ZipFile": b""}},
            (INVALID, "Uploaded file must be a non-empty zip", 400),
        ),
        (
            {"Content": {}},  # docs/doubts.md
            (INVALID, "Please provide a source for function code.", 400),
        ),
        (
            {"Content": {"ZipFile": ZIP, "S3Bucket": "b", "S3Key": "k"}},
            (
                INVALID,
                "Please do not provide other FunctionCode parameters when providing a ZipFile.",
                400,
            ),
        ),
        (
            {"Content": {"S3Bucket": "b", "S3Key": "k", "S3ObjectStorageMode": "REFERENCE"}},
            (
                INVALID,
                "lambent does not support Content.S3ObjectStorageMode REFERENCE yet: leave it out.",
                400,
            ),
        ),
        (
            {"CompatibleRuntimes": ["python3.13", "cobol85"]},
            (
                "ValidationException",
                (
                    "1 validation error detected: Value '[python3.13, cobol85]' at 'compatibleRuntimes' failed to satisfy "
                    "constraint: Member must satisfy enum value set: [python3.13, nodejs22.x]"
                ),
                400,
            ),
        ),
        (  # recorded: both at once, in this order
            {
                "CompatibleRuntimes": ["cobol85", "python3.13"],
                "CompatibleArchitectures": ["invalidarch", "x86_64"],
            },
            (
                "ValidationException",
                (
                    "2 validation errors detected: Value '[cobol85, python3.13]' at 'compatibleRuntimes' failed to satisfy "
                    "constraint: Member must satisfy enum value set: [python3.13, nodejs22.x]; "
                    "Value '[invalidarch, x86_64]' at 'compatibleArchitectures' failed to satisfy constraint: "
                    "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]"
                ),
                400,
            ),
        ),
        (  # recorded with a text in it
            {"CompatibleArchitectures": [None]},
            (
                "ValidationException",
                (
                    "1 validation error detected: Value '[null]' at 'compatibleArchitectures' failed to satisfy "
                    "constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64]]"
                ),
                400,
            ),
        ),
    ],
)
async def test_publish_refuses_what_is_wrong(
    bench: Bench, members: dict[str, Any], expected: tuple[str, str, int]
) -> None:
    needed: dict[str, Any] = {"LayerName": "tools", "Content": {"ZipFile": ZIP}}
    assert await refused(bench, "PublishLayerVersion", **(needed | members)) == expected
    assert await bench.layers.packages_in_use() == frozenset()


async def test_a_package_is_taken_from_s3(bench: Bench) -> None:
    bench.bucket.objects["b", "k"] = ZIP
    content = {"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": "v"}
    assert without_link(bench, await bench.publish(Content=content)) == shown(bench)
    (asked,) = bench.bucket.asked
    assert (asked.region, asked.version_id) == (bench.region, "v")


async def test_what_is_not_in_s3_is_told_in_its_words(bench: Bench) -> None:
    content = {"S3Bucket": "b", "S3Key": "k"}
    code, message, status = await refused(
        bench, "PublishLayerVersion", LayerName="tools", Content=content
    )
    assert (code, status) == (INVALID, 400)
    assert message.startswith("Error occurred while GetObject. S3 Error Code: NoSuchKey.")


async def test_layers_count_as_code_of_the_account(bench: Bench) -> None:
    await bench.publish()
    await bench.create()
    settings = await bench.call("GetAccountSettings")
    assert settings["AccountUsage"] == {"TotalCodeSize": 2 * len(ZIP), "FunctionCount": 1}


async def test_a_version_is_read_by_name_by_arn_and_by_its_own_arn(bench: Bench) -> None:
    await bench.publish()
    for name in ("tools", bench.layer_arn()):
        answer = await bench.call("GetLayerVersion", LayerName=name, VersionNumber=1)
        assert without_link(bench, answer) == shown(bench)
    answer = await bench.call("GetLayerVersionByArn", Arn=bench.layer_arn("tools:1"))
    assert without_link(bench, answer) == shown(bench)


async def test_what_is_not_there_is_not_found(bench: Bench) -> None:
    await bench.publish()
    for name, number in (("tools", 2), ("nothing", 1)):
        members = {"LayerName": name, "VersionNumber": number}
        assert await refused(bench, "GetLayerVersion", **members) == NOT_THERE
        arn = bench.layer_arn(f"{name}:{number}")
        assert await refused(bench, "GetLayerVersionByArn", Arn=arn) == NOT_THERE


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:lambda:::awslayer:AmazonLinux1803",  # AWS's own are reserved
        "arn:aws:lambda:us-east-1:123456789012:layer:tools:" + "9" * 40,
        "arn:aws-us-gov:lambda:us-east-1:123456789012:layer:tools:1",
    ],
)
async def test_arns_that_nothing_here_can_have_are_not_found(arn: str) -> None:
    assert await refused(Bench(), "GetLayerVersionByArn", Arn=arn) == NOT_THERE


async def test_a_layers_arn_of_another_partition_is_not_found() -> None:
    arn = "arn:aws-us-gov:lambda:us-east-1:123456789012:layer:tools"
    members: dict[str, Any] = {"LayerName": arn, "VersionNumber": 1}
    assert await refused(Bench(), "GetLayerVersion", **members) == NOT_THERE


@pytest.mark.parametrize(
    "operation",
    [
        "GetLayerVersion",
        "DeleteLayerVersion",
        "GetLayerVersionPolicy",
        "AddLayerVersionPermission",
        "RemoveLayerVersionPermission",
    ],
)
async def test_a_version_begins_at_one(bench: Bench, operation: str) -> None:
    members = {"LayerName": "tools", "VersionNumber": 0, "StatementId": "s", "Principal": "*"}
    assert await refused(bench, operation, **members) == (
        INVALID,
        "Layer Version Cannot be less than 1",
        400,
    )


async def test_an_arns_version_begins_at_one_too(bench: Bench) -> None:
    assert await refused(bench, "GetLayerVersionByArn", Arn=bench.layer_arn("tools:0")) == (
        INVALID,
        "Layer Version Cannot be less than 1",
        400,
    )


async def test_another_regions_layers_are_not_reachable() -> None:  # docs/doubts.md
    arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:tools"
    words = "Layers from 'eu-west-1' are not reachable in this region ('us-east-1')"
    expected = (NOT_FOUND, words, 404)
    members: dict[str, Any] = {"LayerName": arn, "VersionNumber": 1}
    assert await refused(Bench(), "GetLayerVersion", **members) == expected
    assert await refused(Bench(), "GetLayerVersionByArn", Arn=f"{arn}:1") == expected


async def test_another_accounts_layer_needs_its_policy_to_allow(bench: Bench) -> None:
    await bench.publish()
    arn = bench.layer_arn("tools:1")
    by_name: dict[str, Any] = {"LayerName": bench.layer_arn(), "VersionNumber": 1}
    expected = denial(bench, "GetLayerVersion", arn)
    assert await refused_to(bench, OTHER_ACCOUNT, "GetLayerVersion", **by_name) == expected
    assert await refused_to(bench, OTHER_ACCOUNT, "GetLayerVersionByArn", Arn=arn) == expected
    # Whether there is such a version is not told.
    missing = by_name | {"VersionNumber": 7}
    assert await refused_to(bench, OTHER_ACCOUNT, "GetLayerVersion", **missing) == denial(
        bench, "GetLayerVersion", bench.layer_arn("tools:7")
    )


@pytest.mark.parametrize("principal", [OTHER_ACCOUNT, "*", "root"])
async def test_another_accounts_layer_is_read_once_its_policy_allows(
    bench: Bench, principal: str
) -> None:
    await bench.publish()
    partition = bench.layer_arn().split(":")[1]
    given = f"arn:{partition}:iam::{OTHER_ACCOUNT}:root" if principal == "root" else principal
    await bench.call(
        "AddLayerVersionPermission",
        LayerName="tools",
        VersionNumber=1,
        StatementId="s",
        Action="lambda:GetLayerVersion",
        Principal=given,
    )
    members: dict[str, Any] = {"LayerName": bench.layer_arn(), "VersionNumber": 1}
    answer = await bench.call_as(OTHER_ACCOUNT, "GetLayerVersion", **members)
    assert without_link(bench, answer) == shown(bench)
    third = "333333333333"
    if principal != "*":
        assert (await refused_to(bench, third, "GetLayerVersion", **members))[2] == 403


@pytest.mark.parametrize(
    ("operation", "resource"),
    [
        ("PublishLayerVersion", "tools"),
        ("ListLayerVersions", "tools"),
        ("DeleteLayerVersion", "tools"),
        ("GetLayerVersionPolicy", "tools"),
        ("AddLayerVersionPermission", "tools"),
        ("RemoveLayerVersionPermission", "tools"),
    ],
)
async def test_what_else_is_done_with_another_accounts_layer_is_denied(
    bench: Bench, operation: str, resource: str
) -> None:
    arn = bench.layer_arn(resource)
    members: dict[str, Any] = {"LayerName": arn, "VersionNumber": 1, "StatementId": "s"}
    denied = await refused_to(bench, OTHER_ACCOUNT, operation, **members)
    assert denied == denial(bench, operation, arn)


async def test_deleting_answers_nothing_also_for_what_is_not_there(bench: Bench) -> None:
    await bench.publish()
    for number in (1, 1, 9):
        members: dict[str, Any] = {"LayerName": "tools", "VersionNumber": number}
        assert await bench.call("DeleteLayerVersion", **members) == {}
    assert await refused(bench, "GetLayerVersion", **members) == NOT_THERE

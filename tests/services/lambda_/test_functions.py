"""CreateFunction, GetFunction, ListFunctions and DeleteFunction answer as AWS does (reference 01 §2, §4, §5, §7, §8)."""

from typing import Any

import pytest

from lambent.identity.code_links import CodeLinks
from lambent.identity.keys import MasterKey
from tests.catalog.zips import FILE, entry, zipped
from tests.fakes.versions import key
from tests.services.lambda_.bench import REGIONS, ZIP, Bench
from tests.services.lambda_.golden import INVALID, NOT_FOUND, create_refused, golden, refused


async def test_create_answers_the_pending_function(bench: Bench) -> None:
    assert await bench.create() == golden(bench)


async def test_create_is_stored_published_and_on_its_way_when_it_answers(bench: Bench) -> None:
    await bench.create()
    this = key(region=bench.region)
    assert await bench.functions.get(this) is not None
    assert bench.published.keys == bench.started.keys == [this]
    assert list(bench.packages.stored.values()) == [ZIP]


async def test_create_takes_every_setting_that_has_an_effect(bench: Bench) -> None:
    created = await bench.create(
        Description="what it does",
        Timeout=900,
        MemorySize=10_240,
        Environment={"Variables": {"KEY": "value"}},
        Tags={"team": "a"},
        Architectures=["arm64"],
        EphemeralStorage={"Size": 10_240},
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/mine"},
    )
    assert created == golden(
        bench,
        Description="what it does",
        Timeout=900,
        MemorySize=10_240,
        Environment={"Variables": {"KEY": "value"}},
        Architectures=["arm64"],
        EphemeralStorage={"Size": 10_240},
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/mine"},
    )


async def test_create_takes_aws_defaults_for_what_it_cannot_do(bench: Bench) -> None:
    created = await bench.create(
        PackageType="Zip",
        Publish=False,
        VpcConfig={},
        DeadLetterConfig={"TargetArn": ""},
        KMSKeyArn="",
        TracingConfig={"Mode": "PassThrough"},
        Layers=[],
        FileSystemConfigs=[],
        ImageConfig={},
        SnapStart={"ApplyOn": "None"},
        LoggingConfig={"LogFormat": "Text"},
    )
    assert created == golden(bench)


async def test_an_empty_environment_is_shown_and_one_never_given_is_not(bench: Bench) -> None:
    assert (await bench.create("with", Environment={}))["Environment"] == {"Variables": {}}
    assert "Environment" not in await bench.create("without")


async def test_create_refuses_a_name_that_is_taken(bench: Bench) -> None:
    await bench.create()
    assert await create_refused(bench) == (
        "ResourceConflictException",
        "Function already exist: fn",
        409,
    )


@pytest.mark.parametrize(
    ("members", "text"),
    [
        (
            {"Runtime": None},
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ),
        (
            {"Handler": None},
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        ),
        (
            {"Runtime": "cobol"},
            (
                "Value cobol at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
                "[python3.13, nodejs22.x] or be a valid ARN"
            ),
        ),
        (
            {"Environment": {"Variables": {"AWS_REGION": "x", "FINE": "y", "_HANDLER": "z"}}},
            (
                "Lambda was unable to configure your environment variables because the environment variables you have provided "
                "contains reserved keys that are currently not supported for modification. "
                "Reserved keys used in this request: AWS_REGION, _HANDLER"
            ),
        ),
        (
            {"Environment": {"Variables": {"KEY": "a\0b"}}},
            (
                "Lambda was unable to configure your environment variables because the environment variables you have provided "
                "contains a NUL character: KEY"
            ),
        ),
        (
            {"MemorySize": 10_241},
            "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
        ),
        (
            {"Timeout": 901},
            "'Timeout' value failed to satisfy constraint: Member must have value less than or equal to 900",
        ),
        (
            {"EphemeralStorage": {"Size": 10_241}},
            "'EphemeralStorage.Size' value failed to satisfy constraint: Member must have value less than or equal to 10240",
        ),
        (
            {"Tags": {f"t{n}": "" for n in range(51)}},
            "Number of tags exceeds resource tag limit.",
        ),
        (
            {"Tags": {"AWS:x": ""}},
            "aws: prefixed tag key names are not allowed for external use.",
        ),
        ({"Code": {}}, "Please provide a source for function code."),
        (
            {"Code": {"ZipFile": ZIP, "S3Bucket": "b"}},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
        ({"Code": {"ZipFile": b""}}, "Uploaded file must be a non-empty zip"),
        (
            {"Code": {"ZipFile": b"junk"}},
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"Code": {"ZipFile": zipped(("../x", ""))}},
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ),
        (
            {"name": "n" * 65},
            (
                f"1 validation error detected: Value '{'n' * 65}' at 'functionName' failed to satisfy constraint: "
                "Member must have length less than or equal to 64"
            ),
        ),
        (
            {"name": "fn:prod"},
            (
                "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. "
                "Please specify either a function name or an unqualified function ARN."
            ),
        ),
    ],
)
async def test_create_refuses_in_aws_words_and_stores_nothing(
    bench: Bench, members: dict[str, Any], text: str
) -> None:
    assert await create_refused(bench, **members) == (INVALID, text, 400)
    assert await bench.functions.everything() == []
    assert bench.published.keys == bench.started.keys == []


async def test_an_environment_may_have_exactly_4_kb_as_json(bench: Bench) -> None:
    fits = {"KEY": "x" * (4096 - len('{"KEY":""}'))}
    await bench.create("fits", Environment={"Variables": fits})
    over = {"KEY": fits["KEY"] + "x"}
    code, text, _ = await create_refused(bench, Environment={"Variables": over})
    assert code == INVALID
    assert text == (
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        f'exceeded the 4KB limit. String measured: {{"KEY":"{over["KEY"]}"}}'
    )
    accented = {"KEY": "é" * 2044}
    assert (await create_refused(bench, Environment={"Variables": accented}))[0] == INVALID


async def test_create_refuses_a_zip_over_50_mb(bench: Bench) -> None:
    assert await create_refused(bench, Code={"ZipFile": bytes(52_428_801)}) == (
        "RequestEntityTooLargeException",
        "Zipped size must be smaller than 52428800 bytes",
        413,
    )


async def test_a_file_that_the_function_cannot_read_is_named_in_the_daemons_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    await bench.create(Code={"ZipFile": zipped((entry("app.py", FILE | 0o600), "x"))})
    assert f"{bench.arn()}: app.py has mode 0600" in caplog.text


async def test_get_shows_configuration_and_code(bench: Bench) -> None:
    await bench.create()
    links = CodeLinks(master=MasterKey(secret=bytes(32)), clock=bench.clock)
    (package,) = bench.packages.stored
    location = links.url(host="localhost:4566", sha256=package)
    assert await bench.call("GetFunction", FunctionName="fn") == {
        "Configuration": golden(bench),
        "Code": {"RepositoryType": "S3", "Location": location},
    }
    await bench.settle()
    assert (await bench.call("GetFunction", FunctionName="fn"))["Configuration"] == golden(
        bench,
        RevisionId="00000000-0000-4000-8000-000000000002",
        State="Active",
        StateReason=None,
        StateReasonCode=None,
        LastUpdateStatus="Successful",
    )


async def test_get_shows_tags_when_there_are_any(bench: Bench) -> None:
    await bench.create(Tags={"team": "a"})
    assert (await bench.call("GetFunction", FunctionName="fn"))["Tags"] == {"team": "a"}


async def test_get_with_a_qualifier_shows_the_qualified_arn(bench: Bench) -> None:
    await bench.create()
    for members in (
        {"FunctionName": "fn", "Qualifier": "$LATEST"},
        {"FunctionName": "fn:$LATEST"},
        {"FunctionName": "fn:$LATEST", "Qualifier": "$LATEST"},
    ):
        got = await bench.call("GetFunction", **members)
        assert got["Configuration"]["FunctionArn"] == bench.arn("fn:$LATEST")


@pytest.mark.parametrize("operation", ["GetFunction", "GetFunctionConfiguration"])
@pytest.mark.parametrize(
    ("members", "suffix"),
    [
        ({"FunctionName": "nobody"}, "nobody"),
        ({"FunctionName": "nobody", "Qualifier": "$LATEST"}, "nobody:$LATEST"),
        ({"FunctionName": "fn", "Qualifier": "1"}, "fn:1"),
        ({"FunctionName": "fn:prod"}, "fn:prod"),
        ({"FunctionName": "fn", "Qualifier": "$latest"}, "fn:$latest"),
        ({"FunctionName": "n" * 65}, "n" * 65),
    ],
)
async def test_what_is_not_there_is_not_found_under_the_arn_asked_for(
    bench: Bench, operation: str, members: dict[str, Any], suffix: str
) -> None:
    await bench.create()
    assert await refused(bench, operation, **members) == (
        NOT_FOUND,
        f"Function not found: {bench.arn(suffix)}",
        404,
    )


async def test_a_list_is_by_name_and_without_states_and_runtime_version(bench: Bench) -> None:
    await bench.create("b")
    await bench.create("a")
    listed = await bench.call("ListFunctions")
    assert listed == {
        "Functions": [
            golden(
                bench,
                FunctionName=name,
                FunctionArn=bench.arn(name),
                RevisionId=f"00000000-0000-4000-8000-00000000000{number}",
                LoggingConfig={"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"},
                State=None,
                StateReason=None,
                StateReasonCode=None,
                RuntimeVersionConfig=None,
            )
            for name, number in (("a", 2), ("b", 1))
        ]
    }


async def test_a_list_of_every_version_has_qualified_arns(bench: Bench) -> None:
    await bench.create()
    listed = await bench.call("ListFunctions", FunctionVersion="ALL")
    assert [f["FunctionArn"] for f in listed["Functions"]] == [bench.arn("fn:$LATEST")]


async def test_a_page_has_at_most_50_functions_whatever_is_asked(bench: Bench) -> None:
    for number in range(51):
        await bench.create(f"f{number:02}")
    first = await bench.call("ListFunctions", MaxItems=10_000)
    rest = await bench.call("ListFunctions", Marker=first["NextMarker"])
    assert (len(first["Functions"]), [f["FunctionName"] for f in rest["Functions"]]) == (
        50,
        ["f50"],
    )
    assert "NextMarker" not in rest
    assert len((await bench.call("ListFunctions", MaxItems=3))["Functions"]) == 3


async def test_a_marker_that_is_not_ours_is_refused(bench: Bench) -> None:
    code, _, status = await refused(bench, "ListFunctions", Marker="???")
    assert (code, status) == (INVALID, 400)


async def test_there_are_no_lambda_at_edge_replicas(bench: Bench) -> None:
    """botocore model, of MasterRegion."""
    await bench.create()
    listed = {"FunctionVersion": "ALL", "MasterRegion": "us-east-1"}
    assert await bench.call("ListFunctions", **listed) == {"Functions": []}
    everywhere = await bench.call("ListFunctions", **(listed | {"MasterRegion": "ALL"}))
    assert [shown["FunctionName"] for shown in everywhere["Functions"]] == ["fn"]
    assert await refused(bench, "ListFunctions", MasterRegion="us-east-1") == (
        INVALID,
        "FunctionVersion must be ALL when MasterRegion is given.",
        400,
    )


async def test_another_account_or_region_sees_nothing(bench: Bench) -> None:
    await bench.create()
    bench.region = next(region for region in REGIONS if region != bench.region)
    assert await bench.call("ListFunctions") == {"Functions": []}


async def test_a_deleted_function_is_gone_for_the_edge_too(bench: Bench) -> None:
    await bench.create()
    assert await bench.call("DeleteFunction", FunctionName=bench.arn()) == {"StatusCode": 204}
    assert await bench.functions.everything() == []
    assert len(bench.published.keys) == 2
    assert (await refused(bench, "GetFunction", FunctionName="fn"))[0] == NOT_FOUND


async def test_a_name_can_be_used_again_after_a_delete(bench: Bench) -> None:
    await bench.create()
    await bench.call("DeleteFunction", FunctionName="fn")
    assert (await bench.create())["State"] == "Pending"


@pytest.mark.parametrize("qualifier", [None, "1", "prod"])
async def test_deleting_what_is_not_there_names_the_unqualified_arn(
    bench: Bench, qualifier: str | None
) -> None:
    assert await refused(bench, "DeleteFunction", FunctionName="fn", Qualifier=qualifier) == (
        NOT_FOUND,
        f"Function not found: {bench.arn()}",
        404,
    )


@pytest.mark.parametrize(
    ("qualifier", "text"),
    [
        ("$LATEST", "$LATEST version cannot be deleted without deleting the function."),
        ("prod", "Deletion of aliases is not currently supported."),
    ],
)
async def test_latest_and_aliases_cannot_be_deleted(
    bench: Bench, qualifier: str, text: str
) -> None:
    await bench.create()
    assert await refused(bench, "DeleteFunction", FunctionName="fn", Qualifier=qualifier) == (
        INVALID,
        text,
        400,
    )


async def test_deleting_a_version_that_is_not_there_is_fine(bench: Bench) -> None:
    await bench.create()
    assert await bench.call("DeleteFunction", FunctionName="fn:7") == {"StatusCode": 204}
    assert len(await bench.functions.everything()) == 1

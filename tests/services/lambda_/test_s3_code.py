"""Packages in S3 (reference 01 §5), from a stand-in for the port; tests/aws_client has the real one."""

import base64
import hashlib
import io
from typing import Any

import pytest

from lambent.catalog.code_source import NoCodeSource
from lambent.model.errors import InvalidParameterValue
from lambent.model.packages import S3Object
from tests.catalog.zips import python_zip
from tests.services.lambda_.bench import ZIP, Bench
from tests.services.lambda_.golden import INVALID, create_refused, golden, refused

IN_S3 = {"S3Bucket": "bucket", "S3Key": "packages/app.zip"}
NEW = python_zip("def handler(event, context): return 'new'")
NO_SUCH_KEY = "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."


@pytest.fixture
def filled(bench: Bench) -> Bench:
    bench.bucket.objects["bucket", "packages/app.zip"] = ZIP
    return bench


@pytest.mark.parametrize("more", [{}, {"S3ObjectStorageMode": "COPY"}])
async def test_a_function_is_created_from_a_package_in_s3(
    filled: Bench, more: dict[str, str]
) -> None:
    assert await filled.create(Code=IN_S3 | more) == golden(filled)
    assert list(filled.packages.stored.values()) == [ZIP]
    assert filled.bucket.asked == [
        S3Object(region=filled.region, bucket="bucket", key="packages/app.zip")
    ]


async def test_code_is_updated_from_a_version_of_an_object(filled: Bench) -> None:
    await filled.create_active()
    filled.bucket.objects["bucket", "new.zip"] = NEW
    answer = await filled.call(
        "UpdateFunctionCode",
        FunctionName="fn",
        S3Bucket="bucket",
        S3Key="new.zip",
        S3ObjectVersion="v 1",
    )
    assert answer["CodeSha256"] == base64.b64encode(hashlib.sha256(NEW).digest()).decode()
    assert filled.bucket.asked[0].version_id == "v 1"


async def test_a_dry_run_fetches_and_stores_nothing(filled: Bench) -> None:
    await filled.create_active()
    filled.bucket.objects["bucket", "new.zip"] = NEW
    answer = await filled.call(
        "UpdateFunctionCode", FunctionName="fn", S3Bucket="bucket", S3Key="new.zip", DryRun=True
    )
    assert answer["CodeSize"] == len(NEW)
    assert list(filled.packages.stored.values()) == [ZIP]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ({"S3Bucket": "bucket", "S3Key": "missing"}, NO_SUCH_KEY),
        ({"S3Bucket": "bucket"}, "Please provide a source for function code."),
        ({"S3Key": "packages/app.zip"}, "Please provide a source for function code."),
        (
            IN_S3 | {"ZipFile": ZIP},
            "Please do not provide other FunctionCode parameters when providing a ZipFile.",
        ),
        (
            IN_S3 | {"S3ObjectStorageMode": "REFERENCE"},
            "lambent does not support Code.S3ObjectStorageMode REFERENCE yet: leave it out.",
        ),
        # Without PackageType; seen by AWS's users (a public issue of boto3's).
        ({"ImageUri": "image"}, "Please provide a source for function code."),
    ],
)
async def test_code_that_cannot_be_had_is_refused(
    filled: Bench, code: dict[str, Any], text: str
) -> None:
    assert await create_refused(filled, Code=code) == (INVALID, text, 400)
    assert filled.packages.stored == {}


async def test_what_is_fetched_is_checked_like_any_package(filled: Bench) -> None:
    filled.bucket.objects["bucket", "packages/app.zip"] = b"junk"
    assert await create_refused(filled, Code=IN_S3) == (
        INVALID,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        400,
    )


async def test_nothing_is_fetched_for_a_function_that_is_not_there(filled: Bench) -> None:
    await refused(filled, "UpdateFunctionCode", FunctionName="fn", **IN_S3)
    assert filled.bucket.asked == []


async def test_the_fetched_file_is_closed(bench: Bench) -> None:
    files: list[io.BytesIO] = []

    class Handing:
        async def fetch(self, _package: S3Object) -> io.BytesIO:
            files.append(io.BytesIO(ZIP))
            return files[-1]

    bench.bucket = Handing()  # type: ignore[assignment]  # the same Protocol
    await bench.create(Code=IN_S3)
    assert [file.closed for file in files] == [True]


async def test_without_an_endpoint_the_refusal_names_the_setting() -> None:
    with pytest.raises(InvalidParameterValue) as refusal:
        await NoCodeSource().fetch(S3Object(region="us-east-1", bucket="b", key="k"))
    assert refusal.value.message == (
        "lambent cannot fetch s3://b/k: no S3 endpoint is set. "
        "Set s3_endpoint in [code] of its configuration, or give the package as ZipFile."
    )


async def test_the_key_of_a_package_is_shown_with_its_code_and_goes_with_it(bench: Bench) -> None:
    """botocore model: FunctionCodeLocation."""
    key = "arn:aws:kms:us-east-1:123456789012:key/k"
    created = await bench.create(Code={"ZipFile": ZIP, "SourceKMSKeyArn": key})
    assert created == golden(bench)
    await bench.settle()
    shown = (await bench.call("GetFunction", FunctionName="fn"))["Code"]
    assert shown["SourceKMSKeyArn"] == key
    await bench.call("UpdateFunctionCode", FunctionName="fn", ZipFile=NEW)
    assert "SourceKMSKeyArn" not in (await bench.call("GetFunction", FunctionName="fn"))["Code"]

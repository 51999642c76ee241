"""The layers of functions (reference 01 §4, §5, §7; sizes: AWS's words in public reports of users)."""

from dataclasses import replace
from typing import Any

import pytest

from tests.catalog.zips import zipped
from tests.fakes.versions import ACCOUNT, key, layer_key, layer_version
from tests.services.lambda_.bench import ZIP, Bench
from tests.services.lambda_.golden import INVALID, create_refused, golden, refused
from tests.services.lambda_.test_layers import OTHER_ACCOUNT, denial, refused_to

MIB_250 = 262_144_000


async def two(bench: Bench) -> list[str]:
    """Two layers that are published."""
    return [(await bench.publish(name))["LayerVersionArn"] for name in ("one", "two")]


async def update(bench: Bench, **members: Any) -> dict[str, Any]:
    return await bench.call("UpdateFunctionConfiguration", FunctionName="fn", **members)


async def test_a_function_shows_its_layers_in_their_order(bench: Bench) -> None:
    arns = [*reversed(await two(bench))]
    shown = [{"Arn": arn, "CodeSize": len(ZIP)} for arn in arns]
    created = await bench.create(Layers=arns)
    expected = golden(bench, Layers=shown)
    expected["RevisionId"] = created["RevisionId"]
    assert created == expected
    (listed,) = (await bench.call("ListFunctions"))["Functions"]
    assert listed["Layers"] == shown


async def test_an_update_replaces_layers_and_an_empty_list_clears_them(bench: Bench) -> None:
    one, another = await two(bench)
    await bench.create_active(Layers=[one])
    assert [layer["Arn"] for layer in (await update(bench, Layers=[another]))["Layers"]] == [
        another
    ]
    await bench.settle()
    assert [layer["Arn"] for layer in (await update(bench, Timeout=5))["Layers"]] == [another]
    await bench.settle()
    assert "Layers" not in await update(bench, Layers=[])


async def test_what_a_function_needs_of_a_layer_outlives_the_layers_version(bench: Bench) -> None:
    one, another = await two(bench)
    await bench.create_active(Layers=[one])
    await bench.call("DeleteLayerVersion", LayerName="one", VersionNumber=1)
    stored = await bench.functions.get(key(region=bench.region))
    assert stored is not None
    assert stored.active is not None
    assert [layer.arn for layer in stored.active.layers] == [one]
    shown = await bench.call("GetFunctionConfiguration", FunctionName="fn")
    assert shown["Layers"] == [{"Arn": one, "CodeSize": len(ZIP)}]
    again: dict[str, Any] = {"FunctionName": "fn", "Layers": [another, one]}
    assert await refused(bench, "UpdateFunctionConfiguration", **again) == (
        INVALID,
        f"Layer version {one} does not exist.",
        400,
    )


async def test_more_than_five_are_refused(bench: Bench) -> None:
    arns = [bench.layer_arn(f"l{number}:1") for number in range(6)]
    assert await create_refused(bench, Layers=arns) == (
        INVALID,
        "Cannot reference more than 5 layers.",
        400,
    )


async def test_five_are_taken(bench: Bench) -> None:
    arns = [(await bench.publish(f"l{n}"))["LayerVersionArn"] for n in range(5)]
    assert len((await bench.create(Layers=arns))["Layers"]) == 5


@pytest.mark.parametrize("suffix", ["missing:1", "one:9", "one:" + "9" * 30])
async def test_a_layer_that_is_not_there_is_refused(bench: Bench, suffix: str) -> None:
    await bench.publish("one")
    arn = bench.layer_arn(suffix)
    expected = (INVALID, f"Layer version {arn} does not exist.", 400)
    assert await create_refused(bench, Layers=[arn]) == expected


async def test_aws_own_layers_are_not_there(bench: Bench) -> None:
    arn = "arn:aws:lambda:::awslayer:AmazonLinux1803"
    expected = (INVALID, f"Layer version {arn} does not exist.", 400)
    assert await create_refused(bench, Layers=[arn]) == expected


async def test_two_versions_of_a_layer_are_refused(bench: Bench) -> None:
    for _ in range(2):
        await bench.publish()
    first, second = bench.layer_arn("tools:1"), bench.layer_arn("tools:2")
    for arns in ([first, second], [first, first]):
        assert await create_refused(bench, Layers=arns) == (
            INVALID,
            (
                "Two different versions of the same layer are not allowed to be referenced in the same function. "
                f"{arns[0]} and {arns[1]} are versions of the same layer."
            ),
            400,
        )


async def test_layers_of_another_region_are_refused() -> None:
    arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:layer:tools:1"
    assert await create_refused(Bench(), Layers=[arn]) == (
        INVALID,
        "Layers are not in the same region as the function. Layers are expected to be in region us-east-1.",
        400,
    )


async def test_another_accounts_layer_needs_its_policy_to_allow(bench: Bench) -> None:
    await bench.publish()
    arn = bench.layer_arn("tools:1")

    members: dict[str, Any] = {
        "FunctionName": "fn",
        "Runtime": "python3.13",
        "Role": "r",
        "Handler": "app.handler",
        "Code": {"ZipFile": ZIP},
        "Layers": [arn],
    }
    refusal = await refused_to(bench, OTHER_ACCOUNT, "CreateFunction", **members)
    assert refusal == denial(bench, "GetLayerVersion", arn)
    await bench.call(
        "AddLayerVersionPermission",
        LayerName="tools",
        VersionNumber=1,
        StatementId="s",
        Action="lambda:GetLayerVersion",
        Principal=OTHER_ACCOUNT,
    )
    created = await bench.call_as(OTHER_ACCOUNT, "CreateFunction", **members)
    assert [layer["Arn"] for layer in created["Layers"]] == [arn]


async def large(bench: Bench, name: str, unzipped_bytes: int) -> str:
    """A layer that is said to be that large unpacked."""
    draft = layer_version(key=layer_key(name, region=bench.region), unzipped_bytes=unzipped_bytes)
    return (await bench.layers.publish(draft)).key.arn


async def test_layers_alone_have_250_mb(bench: Bench) -> None:
    arns = [await large(bench, "a", MIB_250), await large(bench, "b", 1)]
    assert await create_refused(bench, Layers=arns) == (
        INVALID,
        "Layers consume more than the available size of 262144000 bytes",
        400,
    )


def exceeds(size: int) -> tuple[str, str, int]:
    return (
        INVALID,
        (
            "Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. "
            f"The actual size is {size} bytes."
        ),
        400,
    )


async def test_code_and_layers_have_250_mb_together(bench: Bench) -> None:
    code = zipped(("app.py", "0123456789"))
    over, fits = await large(bench, "over", MIB_250 - 9), await large(bench, "fits", MIB_250 - 10)
    whole: dict[str, Any] = {"Code": {"ZipFile": code}}
    assert await create_refused(bench, **whole, Layers=[over]) == exceeds(MIB_250 + 1)
    await bench.create_active(**whole, Layers=[fits])

    more: dict[str, Any] = {"FunctionName": "fn", "ZipFile": zipped(("app.py", "0123456789+"))}
    assert await refused(bench, "UpdateFunctionCode", **more) == exceeds(MIB_250 + 1)
    assert await refused(bench, "UpdateFunctionCode", **more, DryRun=True) == exceeds(MIB_250 + 1)
    layers: dict[str, Any] = {"FunctionName": "fn", "Layers": [over]}
    assert await refused(bench, "UpdateFunctionConfiguration", **layers) == exceeds(MIB_250 + 1)
    await update(bench, Layers=[fits])


async def test_a_function_whose_package_is_lost_can_still_be_given_layers(bench: Bench) -> None:
    (arn, _) = await two(bench)
    active = await bench.create_active()
    lost = replace(active, package_sha256="0" * 64, revision_id="lost")
    await bench.functions.activate(lost, if_revision=active.revision_id)
    assert (await update(bench, Layers=[arn]))["Layers"][0]["Arn"] == arn

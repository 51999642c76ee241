"""ListLayers and ListLayerVersions answer as AWS does (reference 01 §2.4, §8, §14; AWS documentation: API_ListLayers)."""

from typing import Any

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, refused
from tests.services.lambda_.test_layers import listed


async def test_layers_are_listed_by_name_with_their_newest_version(bench: Bench) -> None:
    for name in ("b", "a", "b"):
        await bench.publish(name, Description=name, LicenseInfo="MIT")
    extra = {"LicenseInfo": "MIT"}
    assert await bench.call("ListLayers") == {
        "Layers": [
            {
                "LayerName": name,
                "LayerArn": bench.layer_arn(name),
                "LatestMatchingVersion": listed(bench, number, name, Description=name, **extra),
            }
            for name, number in (("a", 1), ("b", 2))
        ]
    }


async def test_a_filter_shows_the_newest_version_that_says_it_fits(bench: Bench) -> None:
    python: dict[str, Any] = {"CompatibleRuntimes": ["python3.13"]}
    await bench.publish(**python)
    await bench.publish(**python, CompatibleArchitectures=["arm64"])
    await bench.publish(CompatibleRuntimes=["nodejs22.x"])
    await bench.publish()

    async def matching(**members: str) -> list[int]:
        layers = (await bench.call("ListLayers", **members))["Layers"]
        return [layer["LatestMatchingVersion"]["Version"] for layer in layers]

    assert await matching() == [4]
    assert await matching(CompatibleRuntime="python3.13") == [2]
    assert await matching(CompatibleArchitecture="arm64") == [2]
    assert await matching(CompatibleRuntime="nodejs22.x", CompatibleArchitecture="arm64") == []
    answer = await bench.call(
        "ListLayerVersions", LayerName="tools", CompatibleRuntime="python3.13"
    )
    assert answer["LayerVersions"] == [
        listed(bench, 2, **python, CompatibleArchitectures=["arm64"]),
        listed(bench, 1, **python),
    ]


async def test_versions_are_listed_newest_first_by_name_or_arn(bench: Bench) -> None:
    for _ in range(3):
        await bench.publish()
    for name in ("tools", bench.layer_arn()):
        assert await bench.call("ListLayerVersions", LayerName=name) == {
            "LayerVersions": [listed(bench, number) for number in (3, 2, 1)]
        }


async def test_an_unknown_layer_has_no_versions(bench: Bench) -> None:
    assert await bench.call("ListLayerVersions", LayerName="nothing") == {"LayerVersions": []}


async def test_a_layer_without_versions_is_not_listed(bench: Bench) -> None:
    await bench.publish()
    await bench.call("DeleteLayerVersion", LayerName="tools", VersionNumber=1)
    assert await bench.call("ListLayers") == {"Layers": []}


@pytest.mark.parametrize("operation", ["ListLayers", "ListLayerVersions"])
async def test_pages_lead_on_by_their_marker(bench: Bench, operation: str) -> None:
    for number in range(5):
        await bench.publish("n" if operation == "ListLayerVersions" else f"n{number}")
    member = operation.removeprefix("List")
    sizes, marker = [], ""
    seen = []
    while True:
        members = {"MaxItems": 2, "LayerName": "n"} | ({"Marker": marker} if marker else {})
        answer = await bench.call(operation, **members)
        sizes.append(len(answer[member]))
        seen += answer[member]
        marker = answer.get("NextMarker", "")
        if not marker:
            break
    assert sizes == [2, 2, 1]
    whole = await bench.call(operation, LayerName="n")
    assert seen == whole[member]
    assert "NextMarker" not in whole


@pytest.mark.parametrize("operation", ["ListLayers", "ListLayerVersions"])
async def test_a_marker_that_is_not_ours_is_refused(bench: Bench, operation: str) -> None:
    code, _, status = await refused(bench, operation, LayerName="n", Marker="%%%")
    assert (code, status) == (INVALID, 400)


@pytest.mark.parametrize("operation", ["ListLayers", "ListLayerVersions"])
async def test_a_runtime_that_never_was_is_refused(bench: Bench, operation: str) -> None:
    assert await refused(bench, operation, LayerName="n", CompatibleRuntime="cobol85") == (
        "ValidationException",
        (
            "1 validation error detected: Value 'cobol85' at 'compatibleRuntime' failed to satisfy constraint: "
            "Member must satisfy enum value set: [python3.13, nodejs22.x]"
        ),
        400,
    )

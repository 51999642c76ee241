"""What a function's layers do to its activation."""

from dataclasses import replace

import pytest

from lambent.catalog.code_store import LayerWithExtension
from lambent.catalog.merging import Unmergeable
from lambent.model.function import LayerReference, State
from lambent.state.blobs import BlobMissing
from tests.catalog.test_activation import ACTIVE, Bench, Naps, pending
from tests.fakes.catalog import InMemoryPackages, Published
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.versions import version

LAYER = LayerReference(
    arn="arn:aws:lambda:us-east-1:123456789012:layer:tools:1",
    package_sha256="cd" * 32,
    code_size=12,
    unzipped_bytes=34,
)


@pytest.fixture
def bench() -> Bench:
    return Bench(
        functions=InMemoryFunctions(),
        packages=InMemoryPackages(),
        published=Published(),
        naps=Naps(),
    )


async def test_layers_are_merged_before_a_function_is_active(bench: Bench) -> None:
    stored = await bench.activated(pending(layers=(LAYER,)))
    assert stored.configured.state is State.ACTIVE
    assert bench.packages.merged == [("cd" * 32,)]


async def test_without_layers_nothing_is_merged(bench: Bench) -> None:
    await bench.activated(pending())
    assert bench.packages.merged == []


async def test_a_layer_with_an_extension_fails_the_function_and_is_named(bench: Bench) -> None:
    bench.packages.failing_merges = [LayerWithExtension(LAYER.arn, "extensions/agent")]
    configured = (await bench.activated(pending(layers=(LAYER,)))).configured
    assert (configured.state, configured.state_reason_code) == (
        State.FAILED,
        "InvalidConfiguration",
    )
    assert LAYER.arn in configured.state_reason


async def test_layers_that_do_not_go_together_fail_the_function(bench: Bench) -> None:
    bench.packages.failing_merges = [Unmergeable("why")]
    configured = (await bench.activated(pending(layers=(LAYER,)))).configured
    assert (configured.state, configured.state_reason_code, configured.state_reason) == (
        State.FAILED,
        "InvalidZipFileException",
        "why",
    )


async def test_merged_layers_are_put_back_at_start(bench: Bench) -> None:
    active = replace(ACTIVE, layers=(LAYER,))
    await bench.functions.create(version())
    await bench.functions.activate(active, if_revision="r1")
    async with bench.running() as activation:
        await activation.resume()
    assert (bench.packages.unpacked, bench.packages.merged) == (["ab" * 32], [("cd" * 32,)])


async def test_a_function_whose_layer_is_lost_fails_at_start(bench: Bench) -> None:
    active = replace(ACTIVE, layers=(LAYER,))
    await bench.functions.create(version())
    await bench.functions.activate(active, if_revision="r1")
    bench.packages.failing_merges = [BlobMissing("gone")]
    async with bench.running() as activation:
        await activation.resume()
    configured = (await bench.stored()).configured
    assert (configured.state, configured.state_reason) == (
        State.FAILED,
        "The package is lost: gone",
    )

"""Nothing that a function or a layer version needs is collected."""

from dataclasses import replace

from lambent.catalog.in_use import InUse
from lambent.catalog.opt_tree import opt_tree_name
from lambent.model.function import LayerReference, State
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.layers import InMemoryLayers
from tests.fakes.versions import layer_version, version


def reference(sha256: str) -> LayerReference:
    arn = f"arn:aws:lambda:us-east-1:123456789012:layer:l{sha256[:2]}:1"
    return LayerReference(arn=arn, package_sha256=sha256, code_size=1, unzipped_bytes=1)


async def test_everything_that_is_referred_to_is_in_use() -> None:
    functions, layers = InMemoryFunctions(), InMemoryLayers()
    in_use = InUse(functions=functions, layers=layers)
    assert await in_use.names() == frozenset()

    await layers.publish(layer_version(package_sha256="0a" * 32))
    before, after = reference("0b" * 32), reference("0c" * 32)
    active = version(package_sha256="01" * 32, layers=(before,), state=State.ACTIVE)
    await functions.create(active)
    await functions.activate(active, if_revision="r1")
    configured = replace(active, package_sha256="02" * 32, layers=(after, before))
    await functions.replace(configured, if_revision="r1")
    assert await in_use.names() == {
        *("01" * 32, "02" * 32, "0a" * 32, "0b" * 32, "0c" * 32),
        opt_tree_name([before]),
        opt_tree_name([after, before]),
    }

"""A function becomes Active when it can run, and says why when it cannot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from lambent.catalog.activation import Activation, Gate
from lambent.catalog.package import BadPackage
from lambent.kit.tasks import background
from lambent.model.function import FunctionVersion, State, UpdateStatus
from lambent.state.blobs import BlobDamaged
from lambent.state.functions import StoredFunction
from lambent.state.room import NoRoom
from tests.fakes.catalog import HeldGate, HostRuntimes, InMemoryPackages, Published
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.ids import CountedIds
from tests.fakes.versions import key, version

INTERNAL = "lambent failed to activate the function; the daemon's log says why."


class Naps:
    """Sleeps no time at all, and remembers how long it should have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)


@dataclass(slots=True, kw_only=True)
class Bench:
    functions: InMemoryFunctions
    packages: InMemoryPackages
    published: Published
    naps: Naps

    @asynccontextmanager
    async def running(self, gate: Gate | None = None) -> AsyncIterator[Activation]:
        activation = Activation(
            functions=self.functions,
            unpacker=self.packages,
            runtimes=HostRuntimes(),
            publisher=self.published,
            host_architecture="x86_64",
            ids=CountedIds(),
            gate=gate,
            sleep=self.naps,
        )
        async with background(activation=activation.run()):
            yield activation

    async def stored(self) -> StoredFunction:
        stored = await self.functions.get(key())
        assert stored is not None
        return stored

    async def activated(self, wanted: FunctionVersion) -> StoredFunction:
        """Create `wanted`, let it be activated, and return what is stored then."""
        await self.functions.create(wanted)
        async with self.running() as activation:
            activation.start(wanted.key)
            await self.published.times(1)
        return await self.stored()


@pytest.fixture
def bench() -> Bench:
    return Bench(
        functions=InMemoryFunctions(),
        packages=InMemoryPackages(),
        published=Published(),
        naps=Naps(),
    )


def pending(**fields: Any) -> FunctionVersion:
    return version(
        state=State.PENDING,
        state_reason="The function is being created.",
        state_reason_code="Creating",
        **fields,
    )


def updating(active: FunctionVersion, **fields: Any) -> FunctionVersion:
    return replace(
        active,
        revision_id="update",
        update_status=UpdateStatus.IN_PROGRESS,
        update_reason="The function is being created.",
        update_reason_code="Creating",
        **fields,
    )


ACTIVE = version(state=State.ACTIVE, update_status=UpdateStatus.SUCCESSFUL)


async def with_update(bench: Bench, **fields: Any) -> StoredFunction:
    """A function that runs, and whose update with `fields` was brought to its end."""
    await bench.functions.create(version())
    await bench.functions.activate(ACTIVE, if_revision="r1")
    await bench.functions.replace(updating(ACTIVE, **fields), if_revision="r1")
    async with bench.running() as activation:
        activation.start(key())
        await bench.published.times(1)
    return await bench.stored()


async def test_a_pending_function_becomes_active_with_a_new_revision(bench: Bench) -> None:
    stored = await bench.activated(pending())
    expected = replace(ACTIVE, revision_id="00000000-0000-4000-8000-000000000001")
    assert stored == StoredFunction(configured=expected, active=expected)
    assert bench.packages.unpacked == [pending().package_sha256]
    assert bench.published.keys == [key()]


async def test_it_stays_pending_until_the_gate_opens(bench: Bench) -> None:
    await bench.functions.create(pending())
    gate = HeldGate()
    async with bench.running(gate) as activation:
        activation.start(key())
        await gate.reached.wait()
        assert (await bench.stored()).configured.state is State.PENDING
        gate.open.set()
        await bench.published.times(1)
    assert (await bench.stored()).configured.state is State.ACTIVE


async def test_a_missing_runtime_fails_the_function_and_says_what_to_install(bench: Bench) -> None:
    stored = await bench.activated(pending(runtime="nodejs22.x"))
    reason = "nodejs22.x is not installed on this host: apt-get install nodejs22.x"
    assert stored.active is None
    assert stored.configured == replace(
        pending(runtime="nodejs22.x"),
        revision_id="00000000-0000-4000-8000-000000000001",
        state=State.FAILED,
        state_reason=reason,
        state_reason_code="InvalidRuntime",
        update_status=UpdateStatus.FAILED,
        update_reason=reason,
        update_reason_code="InvalidRuntime",
    )


async def test_another_architecture_fails_with_a_reason_that_names_the_hosts(bench: Bench) -> None:
    configured = (await bench.activated(pending(architecture="arm64"))).configured
    assert (configured.state, configured.state_reason_code, configured.state_reason) == (
        State.FAILED,
        "InvalidConfiguration",
        "This host is x86_64 and cannot run functions for arm64: set Architectures to [x86_64].",
    )


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (BadPackage(), "InvalidZipFileException", "Could not unzip uploaded file"),
        (BlobDamaged("it is damaged"), "InternalError", "it is damaged"),
        (NoRoom(), "InternalError", "no room left on the disk"),
        (ZeroDivisionError(), "InternalError", INTERNAL),
    ],
)
async def test_what_keeps_it_from_being_unpacked_is_its_reason(
    bench: Bench, error: Exception, code: str, reason: str
) -> None:
    bench.packages.failing = [error]
    configured = (await bench.activated(pending())).configured
    assert (configured.state, configured.state_reason_code) == (State.FAILED, code)
    assert reason in configured.state_reason


async def test_an_update_becomes_what_runs(bench: Bench) -> None:
    stored = await with_update(bench, description="new")
    expected = replace(
        ACTIVE, description="new", revision_id="00000000-0000-4000-8000-000000000001"
    )
    assert stored == StoredFunction(configured=expected, active=expected)


async def test_a_failed_update_leaves_the_old_version_running(bench: Bench) -> None:
    stored = await with_update(bench, runtime="ruby3.4")
    assert stored.active == ACTIVE
    assert (
        stored.configured.state,
        stored.configured.state_reason,
        stored.configured.update_status,
        stored.configured.update_reason_code,
    ) == (State.ACTIVE, "", UpdateStatus.FAILED, "InvalidRuntime")
    assert "ruby3.4 is not installed" in stored.configured.update_reason


async def test_an_update_mends_a_function_that_had_failed(bench: Bench) -> None:
    failed = (await bench.activated(pending(runtime="ruby3.4"))).configured
    mended = updating(failed, runtime="python3.13")
    await bench.functions.replace(mended, if_revision=failed.revision_id)
    async with bench.running() as activation:
        activation.start(key())
        await bench.published.times(2)
    stored = await bench.stored()
    assert stored.active == stored.configured
    assert (stored.configured.state, stored.configured.state_reason) == (State.ACTIVE, "")


async def test_what_was_under_way_when_control_ended_is_resumed(bench: Bench) -> None:
    await bench.functions.create(pending())
    await bench.functions.create(replace(ACTIVE, key=key("b")))
    await bench.functions.activate(replace(ACTIVE, key=key("b")), if_revision="r1")
    await bench.functions.replace(updating(replace(ACTIVE, key=key("b"))), if_revision="r1")
    await bench.functions.create(version("done", state=State.FAILED))
    async with bench.running() as activation:
        await activation.resume()
        await bench.published.times(2)
    assert {k.name for k in bench.published.keys} == {"fn", "b"}
    assert all(
        f.configured.update_status is UpdateStatus.SUCCESSFUL
        for f in await bench.functions.everything()
        if f.configured.key.name != "done"
    )


async def test_resuming_puts_back_a_tree_that_an_active_function_lacks(bench: Bench) -> None:
    await bench.functions.create(version())
    await bench.functions.activate(ACTIVE, if_revision="r1")
    async with bench.running() as activation:
        await activation.resume()
    assert bench.packages.unpacked == [ACTIVE.package_sha256]


async def test_a_function_whose_package_is_lost_is_failed_and_does_not_stop_resuming(
    bench: Bench,
) -> None:
    for name in ("a", "b"):
        await bench.functions.create(version(name))
        await bench.functions.activate(replace(ACTIVE, key=key(name)), if_revision="r1")
    bench.packages.failing = [BlobDamaged("damaged")]
    async with bench.running() as activation:
        await activation.resume()
    assert len(bench.packages.unpacked) == 1
    assert bench.published.keys == [key("a")]
    lost, well = [await bench.functions.get(key(name)) for name in ("a", "b")]
    assert lost is not None
    assert lost.configured.state is State.FAILED
    assert lost.configured.state_reason == "The package is lost: damaged"
    assert well is not None
    assert well.configured.state is State.ACTIVE


async def test_a_function_deleted_meanwhile_stays_deleted(bench: Bench) -> None:
    await bench.functions.create(pending())
    gate = HeldGate()
    async with bench.running(gate) as activation:
        activation.start(key())
        await gate.reached.wait()
        await bench.functions.delete(key())
        await bench.functions.create(version("other", state=State.PENDING))
        activation.start(key("other"))
        gate.open.set()
        await bench.published.times(1)
    assert await bench.functions.get(key()) is None
    assert bench.published.keys == [key("other")]


async def test_a_change_of_its_tags_meanwhile_is_kept(bench: Bench) -> None:
    class Tagged(InMemoryPackages):
        async def unpack(self, sha256: str) -> Any:
            tagged = pending(revision_id="tagged", tags={"a": "b"})
            await bench.functions.replace(tagged, if_revision="r1")
            return await super().unpack(sha256)

    bench.packages = Tagged()
    stored = await bench.activated(pending())
    assert (stored.configured.state, stored.configured.tags) == (State.ACTIVE, {"a": "b"})


async def test_one_that_is_held_up_does_not_hold_up_others(bench: Bench) -> None:
    class HoldsOne(HeldGate):
        async def pass_(self, key_: Any) -> None:
            if key_.name == "fn":
                await super().pass_(key_)

    await bench.functions.create(pending())
    await bench.functions.create(version("other"))
    async with bench.running(HoldsOne()) as activation:
        activation.start(key())
        activation.start(key("other"))
        await bench.published.times(1)
    assert bench.published.keys == [key("other")]


class FullAtFirst(InMemoryFunctions):
    """A disk that has room again after three tries."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error, self._left = error, 3

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        self._fail()
        return await super().activate(version, if_revision=if_revision)

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        self._fail()
        return await super().replace(version, if_revision=if_revision)

    def _fail(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise self._error


async def test_storing_that_it_is_active_is_tried_until_there_is_room(bench: Bench) -> None:
    bench.functions = FullAtFirst(NoRoom())
    assert (await bench.activated(pending())).configured.state is State.ACTIVE
    assert bench.naps.seconds == [0.0, 0.0, 1.0, 2.0]


async def test_a_fault_of_ours_is_stored_as_soon_as_that_works(bench: Bench) -> None:
    bench.functions = FullAtFirst(OSError("disk on fire"))
    configured = (await bench.activated(pending())).configured
    assert (configured.state, configured.state_reason) == (State.FAILED, INTERNAL)
    assert configured.state_reason_code == "InternalError"

"""Brings functions from Pending to Active and updates from InProgress to Successful: unpack, look for the runtime, say so."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Final, Never, Protocol

from lambent.catalog.code_store import LayerWithExtension
from lambent.kit.backoff import Backoff
from lambent.kit.ids import Ids
from lambent.model.errors import InvalidParameterValue, ServiceError
from lambent.model.function import (
    FunctionKey,
    FunctionVersion,
    LayerReference,
    State,
    UpdateStatus,
)
from lambent.state.blobs import BlobDamaged, BlobMissing
from lambent.state.functions import Functions
from lambent.state.room import NoRoom

logger = logging.getLogger(__name__)

_BACKOFF: Final = Backoff(first_seconds=1.0, longest_seconds=60.0)


class Runtimes(Protocol):
    """Which runtimes this host has."""

    async def missing(self, identifier: str, *, trees: Sequence[Path]) -> str | None:
        """Why a function of the runtime `identifier`, its code and layers at `trees`, cannot run here, with what to install; None when it can."""
        ...


class Unpacker(Protocol):
    """Where packages become trees; `code_store.CodeStore` is one."""

    async def unpack(self, sha256: str) -> Path:
        """The tree of a stored package, unpacked if need be."""
        ...

    async def merge(self, layers: Sequence[LayerReference]) -> Path:
        """The tree of the packages of `layers`, merged if need be."""
        ...


class Publisher(Protocol):
    """Who must know of a change; `feed.FeedServer` is one."""

    async def publish(self, key: FunctionKey) -> None:
        """Return once the edges know what `key` stands for now."""
        ...

    def changing(self, key: FunctionKey) -> AbstractContextManager[None]:
        """Within the block `key` is changed and published: who reads it meanwhile is answered only when the edges know."""
        ...


class Gate(Protocol):
    """What an activation passes before it begins."""

    async def pass_(self, key: FunctionKey) -> None:
        """Return when the activation of `key` may begin."""
        ...


class OpenGate:
    """Holds nothing up."""

    async def pass_(self, key: FunctionKey) -> None:
        """Return at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a version cannot become active: one of AWS's reason codes, and a sentence."""

    code: str
    reason: str


_OUR_FAULT: Final = Problem(
    code="InternalError",
    reason="lambent failed to activate the function; the daemon's log says why.",
)


class Activation:
    """Activates what `start` names, each function in its own task of `run`."""

    def __init__(
        self,
        *,
        functions: Functions,
        unpacker: Unpacker,
        runtimes: Runtimes,
        publisher: Publisher,
        host_architecture: str,
        ids: Ids,
        gate: Gate | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._functions, self._unpacker, self._runtimes = functions, unpacker, runtimes
        self._publisher, self._host_architecture, self._ids = publisher, host_architecture, ids
        self._gate: Gate = gate or OpenGate()
        self._sleep = sleep
        # Not bounded: each entry is a function whose state lets nobody change it until it is activated.
        self._wanted: asyncio.Queue[FunctionKey] = asyncio.Queue()

    def start(self, key: FunctionKey) -> None:
        """Have the configured version of `key`, which is stored Pending or InProgress, activated."""
        self._wanted.put_nowait(key)

    async def resume(self) -> None:
        """Start whatever was under way when control ended, and put back trees that active functions lack.

        Raises nothing for a single function: one whose package is lost is Failed from here on.
        """
        for stored in await self._functions.everything():
            if stored.active is not None:
                await self._restore(stored.configured, stored.active)
            if _under_way(stored.configured):
                self.start(stored.configured.key)

    async def run(self) -> Never:
        """Activate until cancelled; what is under way then is resumed by the next `resume`."""
        async with asyncio.TaskGroup() as group:
            while True:
                key = await self._wanted.get()
                group.create_task(self._activate(key), name=f"activation of {key.arn}")

    async def _activate(self, key: FunctionKey) -> None:
        """See an activation through: what fails is our fault, is stored as that, and storing it is tried until it works."""
        fault: Problem | None = None
        for attempt in count():
            await self._sleep(_BACKOFF.before(attempt - 1))
            try:
                await self._settle(key, fault)
            except NoRoom:
                logger.warning("no room to store what became of %s: it is tried again", key.arn)
            # Seam, a background loop: one function's trouble must end neither the loop nor leave it Pending for ever.
            except Exception:
                logger.exception("activating %s failed", key.arn)
                fault = _OUR_FAULT
            else:
                return

    async def _settle(self, key: FunctionKey, fault: Problem | None) -> None:
        """Bring what is under way to its end, again when it was changed meanwhile (tags may be at any time)."""
        if fault is None:
            await self._gate.pass_(key)
        while True:
            stored = await self._functions.get(key)
            if stored is None or not _under_way(stored.configured):
                return
            version = stored.configured
            problem = fault or await self._problem(version)
            with self._publisher.changing(key):
                if await self._store(version, problem, never_ran=stored.active is None):
                    await self._publisher.publish(key)
                    break
        if problem is not None:
            logger.warning("%s is not active: %s", key.arn, problem.reason)

    async def _store(
        self, version: FunctionVersion, problem: Problem | None, *, never_ran: bool
    ) -> bool:
        revision_id = self._ids.uuid()
        if problem is None:
            settled = replace(_active(version), revision_id=revision_id)
            return await self._functions.activate(settled, if_revision=version.revision_id)
        settled = replace(_failed(version, problem, never_ran=never_ran), revision_id=revision_id)
        return await self._functions.replace(settled, if_revision=version.revision_id)

    async def _problem(self, version: FunctionVersion) -> Problem | None:
        """What keeps `version` from running on this host, once its tree is there."""
        if version.architecture != self._host_architecture:
            return Problem(
                code="InvalidConfiguration",
                reason=f"This host is {self._host_architecture} and cannot run functions for "
                f"{version.architecture}: set Architectures to [{self._host_architecture}].",
            )
        try:
            trees = await self._trees(version)
        except LayerWithExtension as error:
            return Problem(code="InvalidConfiguration", reason=error.message)
        except InvalidParameterValue as error:
            return Problem(code="InvalidZipFileException", reason=error.message)
        except (BlobMissing, BlobDamaged, ServiceError) as error:
            logger.exception("the package of %s cannot be unpacked", version.key.arn)
            return Problem(code="InternalError", reason=f"The package cannot be unpacked: {error}")
        missing = await self._runtimes.missing(version.runtime, trees=trees)
        return None if missing is None else Problem(code="InvalidRuntime", reason=missing)

    async def _trees(self, version: FunctionVersion) -> Sequence[Path]:
        """What is shown of `version`, code first, once it is there."""
        code = await self._unpacker.unpack(version.package_sha256)
        return [code, await self._unpacker.merge(version.layers)] if version.layers else [code]

    async def _restore(self, configured: FunctionVersion, active: FunctionVersion) -> None:
        key = active.key
        try:
            await self._trees(active)
        except (BlobMissing, BlobDamaged) as error:
            logger.exception("the package of %s cannot be unpacked", key.arn)
            if _under_way(configured):
                return
            problem = Problem(code="InternalError", reason=f"The package is lost: {error}")
            with self._publisher.changing(key):
                if await self._store(configured, problem, never_ran=True):
                    await self._publisher.publish(key)
        except ServiceError:
            logger.exception("the package of %s cannot be unpacked", key.arn)


def _under_way(version: FunctionVersion) -> bool:
    return version.state is State.PENDING or version.update_status is UpdateStatus.IN_PROGRESS


def _active(version: FunctionVersion) -> FunctionVersion:
    return replace(
        version,
        state=State.ACTIVE,
        state_reason="",
        state_reason_code="",
        update_status=UpdateStatus.SUCCESSFUL,
        update_reason="",
        update_reason_code="",
    )


def _failed(version: FunctionVersion, problem: Problem, *, never_ran: bool) -> FunctionVersion:
    """A function that never ran is Failed as a whole; one that did goes on running as it was."""
    failed = replace(
        version,
        update_status=UpdateStatus.FAILED,
        update_reason=problem.reason,
        update_reason_code=problem.code,
    )
    if not never_ran:
        return failed
    return replace(
        failed,
        state=State.FAILED,
        state_reason=problem.reason,
        state_reason_code=problem.code,
    )

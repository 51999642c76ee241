"""Code signing configurations as they are stored, and whose packages they let be deployed."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from lambent.model.arn import code_signing_config_arn
from lambent.model.errors import (
    CodeSigningConfigNotFound,
    InvalidCodeSignature,
    ResourceConflict,
    UntypedNotFound,
)
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.state.records import Record, RecordKey, Records
from lambent.state.stores import Stores

logger = logging.getLogger(__name__)

KIND: Final = "code-signing-config"
ENFORCE: Final = "Enforce"
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSigningConfig:
    """A code signing configuration."""

    publishers: tuple[str, ...]
    """ARNs of signing profile versions."""
    last_modified_ms: int
    policy: str = "Warn"
    """What becomes of a package that is not signed by one of them: `Warn` or `Enforce`."""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


class CodeSigning:
    """What functions' code signing configurations ask of their packages. No signature is verified yet, so none is trusted."""

    def __init__(self, *, stores: Stores) -> None:
        self.records: Records[CodeSigningConfig] = stores.records.of(KIND, CodeSigningConfig)
        self._functions = stores.functions
        self._lock = asyncio.Lock()

    async def find(self, arn: str, *, account_id: str, region: str) -> Record[CodeSigningConfig]:
        """The configuration of an ARN. Raises UntypedNotFound when the account has none there."""
        key = RecordKey(account_id, region, "", arn.rpartition(":")[2])
        record = await self.records.get(key) if arn_of(key) == arn else None
        if record is None:
            raise code_signing_config_missing(arn)
        return record

    @asynccontextmanager
    async def held(self, key: FunctionKey, arn: str) -> AsyncIterator[None]:
        """Within the block the configuration `arn`, empty for none, is there for a function, and is not deleted.

        Raises CodeSigningConfigNotFound.
        """
        if not arn:
            yield
            return
        async with self._lock:
            await self._present(key, arn)
            yield

    async def delete(self, record: Record[CodeSigningConfig]) -> None:
        """Remove a configuration. Raises ResourceConflict while functions have it."""
        async with self._lock:
            functions = await self.functions_of(record.key)
            if functions:
                raise ResourceConflict(
                    f"The code signing configuration {arn_of(record.key)} is in use: "
                    f"remove it from the functions that have it, such as {functions[0].key.name}."
                )
            await self.records.delete(record.key)

    async def functions_of(self, key: RecordKey) -> Sequence[FunctionVersion]:
        """The $LATEST of every function that has the configuration of `key`, by name."""
        found, marker, arn = list[FunctionVersion](), "", arn_of(key)
        while True:
            page = await self._functions.page(
                account_id=key.account_id, region=key.region, marker=marker, limit=_PAGE
            )
            versions = [stored.configured for stored in page.items]
            found += [v for v in versions if v.code_signing_config_arn == arn]
            marker = page.next_marker
            if not marker:
                return found

    async def demand_deployable(self, key: FunctionKey, arn: str) -> None:
        """Return when a function of the configuration `arn`, empty for none, may get another package or layer.

        What a `Warn` lets through is logged. Raises CodeSigningConfigNotFound, InvalidCodeSignature under an enforced one.
        """
        if not arn:
            return
        record = await self._present(key, arn)
        if record.body.policy == ENFORCE:
            raise InvalidCodeSignature(
                f"The code signing configuration {arn} is enforced, and lambent verifies no signatures yet, so that "
                "nothing can be deployed under it: set its policy to Warn, or remove it from the function."
            )
        logger.warning("%s: deployed without verifying a signature (%s)", key.unqualified_arn, arn)

    async def _present(self, key: FunctionKey, arn: str) -> Record[CodeSigningConfig]:
        try:
            return await self.find(arn, account_id=key.account_id, region=key.region)
        except UntypedNotFound as error:
            raise CodeSigningConfigNotFound(
                "The code signing configuration cannot be found. "
                f"Check that the provided configuration is not deleted: {arn}."
            ) from error


def code_signing_config_missing(arn: str) -> UntypedNotFound:
    """What is answered where there is none of this ARN (recorded)."""
    return UntypedNotFound(f"The Lambda code signing configuration {arn} can not be found.")


def arn_of(key: RecordKey) -> str:
    """The ARN of a configuration."""
    return code_signing_config_arn(region=key.region, account_id=key.account_id, config_id=key.id)

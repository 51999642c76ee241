"""Where a function's code comes from, and UpdateFunctionCode."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import IO, Any, Final, Protocol

from lambent.catalog.code_source import CodeSource
from lambent.catalog.code_store import StoredPackage
from lambent.model.errors import InvalidParameterValue
from lambent.model.packages import S3Object
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.code_signing_store import CodeSigning
from lambent.services.lambda_.effects import refuse_unsupported
from lambent.services.lambda_.function_layers import demand_room
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.rules import Rules
from lambent.services.lambda_.shape import Configurations, own_arn
from lambent.state.room import full_disk_is_no_room

logger = logging.getLogger(__name__)

_IN_S3: Final = ("S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode")


class Packages(Protocol):
    """Where packages are kept; `catalog.code_store.CodeStore` is one."""

    async def add(self, content: bytes) -> StoredPackage:
        """Check a zip and store it for good."""
        ...

    async def check(self, content: bytes) -> StoredPackage:
        """Check a zip and store nothing."""
        ...

    async def add_file(self, file: IO[bytes]) -> StoredPackage:
        """As `add`, of a file, which may be larger."""
        ...

    async def check_file(self, file: IO[bytes]) -> StoredPackage:
        """As `check`, of a file."""
        ...

    async def unzipped_bytes(self, sha256: str) -> int:
        """How large a stored package is unpacked."""
        ...


def demand_one_source(code: Mapping[str, Any]) -> None:
    """Raise InvalidParameterValue unless `code`, of a function or of a layer, names exactly one source."""
    if code.get("ZipFile") is not None:
        if any(code.get(member) is not None for member in (*_IN_S3, "ImageUri")):
            raise InvalidParameterValue(
                "Please do not provide other FunctionCode parameters when providing a ZipFile."
            )
    elif code.get("S3Bucket") is None or code.get("S3Key") is None:
        raise InvalidParameterValue("Please provide a source for function code.")


class Intake:
    """Takes in packages from wherever a request says that they are."""

    def __init__(self, *, packages: Packages, source: CodeSource) -> None:
        self._packages, self._source = packages, source

    async def keep(self, code: Mapping[str, Any], *, region: str, arn: str) -> StoredPackage:
        """Store the package of the function `arn`, and warn in the daemon's log of what it will not be able to read.

        `code` has one source. Raises what `Packages` and `CodeSource` do.
        """
        if code.get("ZipFile") is not None:
            package = await self._packages.add(code["ZipFile"])
        else:
            with full_disk_is_no_room(), await self._fetched(code, region) as file:
                package = await self._packages.add_file(file)
        for warning in package.warnings:
            logger.warning("%s: %s", arn, warning)
        return package

    async def check(self, code: Mapping[str, Any], *, region: str) -> StoredPackage:
        """What `keep` would store."""
        if code.get("ZipFile") is not None:
            return await self._packages.check(code["ZipFile"])
        with full_disk_is_no_room(), await self._fetched(code, region) as file:
            return await self._packages.check_file(file)

    async def _fetched(self, code: Mapping[str, Any], region: str) -> IO[bytes]:
        return await self._source.fetch(
            S3Object(
                region=region,
                bucket=code["S3Bucket"],
                key=code["S3Key"],
                version_id=code.get("S3ObjectVersion") or "",
            )
        )


class CodeOperations:
    """UpdateFunctionCode."""

    def __init__(
        self,
        *,
        changes: Changes,
        intake: Intake,
        rules: Rules,
        configurations: Configurations,
        signing: CodeSigning,
    ) -> None:
        self._changes, self._intake, self._rules = changes, intake, rules
        self._signing = signing
        self._configurations = configurations

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "UpdateFunctionCode": self.update_function_code,
        }

    async def update_function_code(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Give a function another package; with DryRun say only what it would be."""
        named = names.read_function(context, "UpdateFunctionCode", members)
        refuse_unsupported(members)
        demand_one_source(members)
        before = await self._changes.changeable(named, revision_id=members.get("RevisionId"))
        await self._signing.demand_deployable(before.key, before.code_signing_config_arn)
        fields = self._rules.fields({"Architectures": members.get("Architectures")}, before=before)
        dry = bool(members.get("DryRun"))
        if dry:
            package = await self._intake.check(members, region=context.region)
        else:
            package = await self._intake.keep(members, region=context.region, arn=named.arn)
        demand_room(before.layers, package.unzipped_bytes)
        draft = replace(
            before,
            package_sha256=package.sha256,
            code_size=package.size,
            source_kms_key_arn=members.get("SourceKMSKeyArn") or "",
            **fields,
        )
        if dry:
            return await self._configurations.show(draft, arn=own_arn(draft))
        if members.get("Publish"):
            version = await self._changes.update_and_publish(before, draft)
        else:
            version = await self._changes.update(before, draft)
        self._rules.note(version, members)
        return await self._configurations.show(version, arn=own_arn(version))

"""Where a function's code comes from, and UpdateFunctionCode."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from lambent.catalog.code_store import StoredPackage
from lambent.model.errors import InvalidParameterValue
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.effects import refuse_unsupported
from lambent.services.lambda_.function_layers import demand_room
from lambent.services.lambda_.rules import Rules
from lambent.services.lambda_.shape import Configurations, own_arn

logger = logging.getLogger(__name__)

_ELSEWHERE: Final = ("S3Bucket", "S3Key", "S3ObjectVersion", "S3ObjectStorageMode", "ImageUri")


class Packages(Protocol):
    """Where packages are kept; `catalog.code_store.CodeStore` is one."""

    async def add(self, content: bytes) -> StoredPackage:
        """Check a zip and store it for good."""
        ...

    async def check(self, content: bytes) -> StoredPackage:
        """Check a zip and store nothing."""
        ...

    async def unzipped_bytes(self, sha256: str) -> int:
        """How large a stored package is unpacked."""
        ...


class Links(Protocol):
    """Makes links to packages; `identity.code_links.CodeLinks` is one."""

    def url(self, *, host: str, sha256: str) -> str:
        """A link to a package at the `Host` of a request, good for ten minutes."""
        ...


def demand_one_source(code: Mapping[str, Any]) -> None:
    """Raise InvalidParameterValue unless `code` names exactly one source."""
    elsewhere = [member for member in _ELSEWHERE if code.get(member) is not None]
    if code.get("ZipFile") is None:
        if not elsewhere:
            raise InvalidParameterValue("Please provide a source for function code.")
    elif elsewhere:
        raise InvalidParameterValue(
            "Please do not provide other FunctionCode parameters when providing a ZipFile."
        )


async def keep(packages: Packages, content: bytes, *, arn: str) -> StoredPackage:
    """Store the package of the function `arn`, and warn in the daemon's log of what it will not be able to read."""
    package = await packages.add(content)
    for warning in package.warnings:
        logger.warning("%s: %s", arn, warning)
    return package


class CodeOperations:
    """UpdateFunctionCode."""

    def __init__(
        self,
        *,
        changes: Changes,
        packages: Packages,
        rules: Rules,
        configurations: Configurations,
    ) -> None:
        self._changes, self._packages, self._rules = changes, packages, rules
        self._configurations = configurations

    async def update_function_code(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Give a function another package; with DryRun say only what it would be."""
        named = names.read_function(context, "UpdateFunctionCode", members)
        demand_one_source(members)
        refuse_unsupported(members)
        before = await self._changes.changeable(named, revision_id=members.get("RevisionId"))
        dry = bool(members.get("DryRun"))
        if dry:
            package = await self._packages.check(members["ZipFile"])
        else:
            package = await keep(self._packages, members["ZipFile"], arn=named.arn)
        demand_room(before.layers, package.unzipped_bytes)
        draft = replace(
            before,
            package_sha256=package.sha256,
            code_size=package.size,
            **self._rules.fields({"Architectures": members.get("Architectures")}),
        )
        if dry:
            version = draft
        elif members.get("Publish"):
            version = await self._changes.update_and_publish(before, draft)
        else:
            version = await self._changes.update(before, draft)
        return await self._configurations.show(version, arn=own_arn(version))

"""CreateFunction, GetFunction, ListFunctions, DeleteFunction."""

from typing import Any, Final, Protocol

from lambent.model.concurrency import ReservedConcurrency
from lambent.model.errors import InvalidParameterValue, ResourceConflict
from lambent.model.function import LATEST, FunctionKey, FunctionVersion
from lambent.model.request import RequestContext
from lambent.services.lambda_ import concurrency, names, shape
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.code import Intake, demand_one_source
from lambent.services.lambda_.code_signing_store import CodeSigning
from lambent.services.lambda_.effects import refuse_unsupported
from lambent.services.lambda_.function_layers import FunctionLayers, demand_room
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.rules import Rules
from lambent.services.lambda_.shape import Configurations
from lambent.services.lambda_.tag_rules import checked_tags
from lambent.state.functions import Functions
from lambent.state.records import RecordKey, Records

_MOST_LISTED: Final = 50


class Links(Protocol):
    """Makes links to packages; `identity.code_links.CodeLinks` is one."""

    def url(self, *, host: str, sha256: str) -> str:
        """A link to a package at the `Host` of a request, good for ten minutes."""
        ...


class FunctionOperations:
    """Functions as a whole."""

    def __init__(
        self,
        *,
        functions: Functions,
        reserved: Records[ReservedConcurrency],
        changes: Changes,
        intake: Intake,
        links: Links,
        rules: Rules,
        configurations: Configurations,
        signing: CodeSigning,
        layers: FunctionLayers,
        host_architecture: str,
    ) -> None:
        self._functions, self._changes, self._intake = functions, changes, intake
        self._signing, self._layers = signing, layers
        self._reserved = reserved
        self._configurations, self._links = configurations, links
        self._rules, self._host_architecture = rules, host_architecture

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "CreateFunction": self.create_function,
            "GetFunction": self.get_function,
            "ListFunctions": self.list_functions,
            "DeleteFunction": self.delete_function,
        }

    async def create_function(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Store a new function; it is Pending until it is activated."""
        named = names.read_new(context, "CreateFunction", members)
        refuse_unsupported(members)
        if members.get("Runtime") is None or members.get("Handler") is None:
            raise InvalidParameterValue(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        demand_one_source(members["Code"])
        fields = self._rules.fields(members) | {"tags": checked_tags(members)}
        fields |= await self._layers.fields(context, members)
        if await self._functions.get(named.key) is not None:
            raise ResourceConflict(f"Function already exist: {named.key.name}")
        arn = members.get("CodeSigningConfigArn") or ""
        await self._signing.demand_deployable(named.key, arn)
        package = await self._intake.keep(members["Code"], region=context.region, arn=named.arn)
        demand_room(fields.get("layers", ()), package.unzipped_bytes)
        fields |= {"package_sha256": package.sha256, "code_size": package.size}
        fields["source_kms_key_arn"] = members["Code"].get("SourceKMSKeyArn") or ""
        draft = self._draft(named.key, fields | {"code_signing_config_arn": arn})
        async with self._signing.held(named.key, arn):
            version = await self._changes.create(draft, publish=bool(members.get("Publish")))
        self._rules.note(version, members)
        # Unqualified also with Publish, where Version is 1 (recorded).
        return await self._configurations.show(version, arn=version.key.unqualified_arn)

    async def get_function(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a function's settings, where its code is kept, its tags and what is reserved for it."""
        named = names.read(context, "GetFunction", members)
        version = await self._changes.configured(named)
        code = {"RepositoryType": "S3"}
        if context.host:  # HTTP/1.0 may leave it out, and then no link leads back here
            code["Location"] = self._links.url(host=context.host, sha256=version.package_sha256)
        if version.source_kms_key_arn:
            code["SourceKMSKeyArn"] = version.source_kms_key_arn
        shown: dict[str, Any] = {
            "Configuration": await self._configurations.show(version, arn=named.arn),
            "Code": code,
        }
        if version.tags:
            shown["Tags"] = dict(version.tags)
        reserved = await self._reserved.get(RecordKey.of_function(named.key))
        if reserved is not None:
            shown["Concurrency"] = concurrency.shown(reserved.body)
        return shown

    async def list_functions(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """List functions by name, at most 50 a page."""
        if _of_another_region(members):
            return {"Functions": []}
        every_version = members.get("FunctionVersion") == "ALL"
        page = await self._functions.page(
            account_id=context.account_id,
            region=context.region,
            marker=members.get("Marker") or "",
            limit=min(members.get("MaxItems") or _MOST_LISTED, _MOST_LISTED),
            every_version=every_version,
        )
        versions = [stored.configured for stored in page.items]
        shown: dict[str, Any] = {
            "Functions": [
                shape.listed(v, arn=v.key.arn if every_version else v.key.unqualified_arn)
                for v in versions
            ]
        }
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown

    async def delete_function(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Delete a function, or one version; one that is not there counts as deleted."""
        named = names.read(context, "DeleteFunction", members)
        if not named.qualifier:
            await self._changes.delete(named)
            return {"StatusCode": 204}
        if (
            named.qualifier == LATEST
        ):  # of whatever function, also of one that is not there (recorded)
            raise InvalidParameterValue(
                "$LATEST version cannot be deleted without deleting the function."
            )
        await self._changes.configured(names.Named(key=named.key))
        if not named.qualifier.isdecimal():
            raise InvalidParameterValue("Deletion of aliases is not currently supported.")
        await self._changes.delete_version(named.key._replace(version=named.qualifier))
        return {"StatusCode": 204}

    def _draft(self, key: FunctionKey, fields: dict[str, Any]) -> FunctionVersion:
        """A version of `fields`, the rest as AWS has it when it is left out; its revision is given with its storing."""
        ordinary = {
            "architecture": self._host_architecture,
            "log_group": f"/aws/lambda/{key.name}",
        }
        return FunctionVersion(key=key, revision_id="", last_modified_ms=0, **(ordinary | fields))


def _of_another_region(members: dict[str, Any]) -> bool:
    """Whether only replicas, as Lambda@Edge makes them of functions elsewhere, are asked for: there are none here.

    Raises InvalidParameterValue without the FunctionVersion that AWS demands then (botocore model).
    """
    master = members.get("MasterRegion")
    if master is not None and members.get("FunctionVersion") != "ALL":
        raise InvalidParameterValue("FunctionVersion must be ALL when MasterRegion is given.")
    return master not in {None, "ALL"}

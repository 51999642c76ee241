"""CreateCodeSigningConfig and its like: who may have signed the packages of functions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.request import RequestContext
from lambent.services.lambda_.code_signing_store import CodeSigning, CodeSigningConfig, arn_of
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.shape import last_modified
from lambent.services.lambda_.tag_rules import checked_tags
from lambent.state.marker import marker_of, name_of
from lambent.state.records import Record, RecordKey

_MOST_LISTED: Final = 10_000


class CodeSigningOperations:
    """Code signing configurations."""

    def __init__(self, *, signing: CodeSigning, clock: Clock, ids: Ids) -> None:
        self._signing, self._clock, self._ids = signing, clock, ids

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "CreateCodeSigningConfig": self.create_code_signing_config,
            "GetCodeSigningConfig": self.get_code_signing_config,
            "UpdateCodeSigningConfig": self.update_code_signing_config,
            "DeleteCodeSigningConfig": self.delete_code_signing_config,
            "ListCodeSigningConfigs": self.list_code_signing_configs,
            "ListFunctionsByCodeSigningConfig": self.list_functions_by_code_signing_config,
        }

    async def create_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Make a configuration; its policy is Warn unless it is given."""
        config = CodeSigningConfig(
            last_modified_ms=self._clock.epoch_ms(), tags=checked_tags(members), **_given(members)
        )
        created = False
        while not created:  # again should there be one of the same name
            key = RecordKey(context.account_id, context.region, "", f"csc-{self._ids.hex(17)}")
            created = await self._signing.records.create(key, config)
        return {"CodeSigningConfig": _shown(key, config)}

    async def get_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a configuration."""
        found = await self._find(context, members)
        return {"CodeSigningConfig": _shown(found.key, found.body)}

    async def update_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Change what is given and keep the rest; functions feel it at their next deployment."""
        while True:  # again when somebody was first: what he changed must not be lost
            before = await self._find(context, members)
            config = replace(
                before.body, last_modified_ms=self._clock.epoch_ms(), **_given(members)
            )
            if await self._signing.records.put(before.key, config, if_revision=before.revision):
                return {"CodeSigningConfig": _shown(before.key, config)}

    async def delete_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove a configuration that no function has."""
        await self._signing.delete(await self._find(context, members))
        return {}

    async def list_code_signing_configs(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """All configurations of the account in the region."""
        page = await self._signing.records.page(
            account_id=context.account_id,
            region=context.region,
            function="",
            marker=members.get("Marker") or "",
            limit=members.get("MaxItems") or _MOST_LISTED,
        )
        configs = [_shown(record.key, record.body) for record in page.items]
        shown: dict[str, Any] = {"CodeSigningConfigs": configs}
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown

    async def list_functions_by_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """The functions that have a configuration, by name."""
        config = await self._find(context, members)
        after = name_of(members.get("Marker") or "")
        limit = members.get("MaxItems") or _MOST_LISTED
        found = [
            version.key
            for version in await self._signing.functions_of(config.key)
            if version.key.name > after
        ]
        shown: dict[str, Any] = {"FunctionArns": [key.unqualified_arn for key in found[:limit]]}
        if len(found) > limit:
            shown["NextMarker"] = marker_of(found[limit - 1].name)
        return shown

    async def _find(
        self, context: RequestContext, members: Mapping[str, Any]
    ) -> Record[CodeSigningConfig]:
        return await self._signing.find(
            members["CodeSigningConfigArn"],
            account_id=context.account_id,
            region=context.region,
        )


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if members.get("Description") is not None:
        given["description"] = members["Description"]
    if members.get("AllowedPublishers") is not None:
        given["publishers"] = tuple(members["AllowedPublishers"]["SigningProfileVersionArns"])
    policy = (members.get("CodeSigningPolicies") or {}).get("UntrustedArtifactOnDeployment")
    if policy:
        given["policy"] = policy
    return given


def _shown(key: RecordKey, config: CodeSigningConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "CodeSigningConfigId": key.id,
        "CodeSigningConfigArn": arn_of(key),
        "AllowedPublishers": {"SigningProfileVersionArns": list(config.publishers)},
        "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": config.policy},
        "LastModified": last_modified(config.last_modified_ms),
    }
    if config.description:
        shown["Description"] = config.description
    return shown

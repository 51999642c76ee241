"""AddLayerVersionPermission, RemoveLayerVersionPermission, GetLayerVersionPolicy: which accounts may use a layer version."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from lambent.kit.ids import Ids
from lambent.model.arn import root_arn
from lambent.model.errors import (
    PolicyLengthExceeded,
    PreconditionFailed,
    ResourceConflict,
    ResourceNotFound,
)
from lambent.model.layer import LayerKey, LayerStatement, LayerVersion
from lambent.model.request import Caller, RequestContext
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.layer_names import read_own_layer, read_version
from lambent.state.layers import Layers

ACTION: Final = "lambda:GetLayerVersion"
_MOST_BYTES: Final = 20_480
_NO_POLICY: Final = "No policy is associated with the given resource."


def allows(version: LayerVersion, caller: Caller) -> bool:
    """Whether an account may use `version`: its own, or one that the policy names.

    Nobody is known to belong to an organisation, so what is for the accounts of one is for nobody.
    """
    if caller.account_id == version.key.layer.account_id:
        return True
    whom = {"*", root_arn(region=version.key.layer.region, account_id=caller.account_id)}
    return any(s.principal in whom and not s.organization_id for s in version.policy)


class LayerPolicyOperations:
    """The policies of layer versions; only who owns a layer sees or changes one."""

    def __init__(self, *, layers: Layers, ids: Ids) -> None:
        self._layers, self._ids = layers, ids

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "AddLayerVersionPermission": self.add_layer_version_permission,
            "RemoveLayerVersionPermission": self.remove_layer_version_permission,
            "GetLayerVersionPolicy": self.get_layer_version_policy,
        }

    async def add_layer_version_permission(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Add a statement."""
        key = _own_version(context, "AddLayerVersionPermission", members)
        statement = LayerStatement(
            statement_id=members["StatementId"],
            principal=_principal(members["Principal"], region=context.region),
            organization_id=members.get("OrganizationId") or "",
        )

        def added(version: LayerVersion) -> LayerVersion:
            if any(s.statement_id == statement.statement_id for s in version.policy):
                raise ResourceConflict(
                    f"The statement id ({statement.statement_id}) provided already exists. "
                    "Please provide a new statement id, or remove the existing statement."
                )
            _demand_revision(version, members)
            return _within_limit(replace(version, policy=(*version.policy, statement)))

        changed = await self._change(key, added)
        return {
            "Statement": _json(_shown(statement, key)),
            "RevisionId": changed.revision_id,
        }

    async def remove_layer_version_permission(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove a statement."""
        key = _own_version(context, "RemoveLayerVersionPermission", members)
        statement_id: str = members["StatementId"]

        def removed(version: LayerVersion) -> LayerVersion:
            if not version.policy:
                raise ResourceNotFound(_NO_POLICY)
            _demand_revision(version, members)
            left = tuple(s for s in version.policy if s.statement_id != statement_id)
            if left == version.policy:
                raise ResourceNotFound(f"Statement {statement_id} is not found in resource policy.")
            return replace(version, policy=left)

        await self._change(key, removed)
        return {}

    async def get_layer_version_policy(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """The policy as a document."""
        key = _own_version(context, "GetLayerVersionPolicy", members)
        version = await self._there(key)
        if not version.policy:
            raise ResourceNotFound(_NO_POLICY)
        return {"Policy": _document(version), "RevisionId": version.revision_id}

    async def _there(self, key: LayerKey) -> LayerVersion:
        version = await self._layers.get(key)
        if version is None:
            raise ResourceNotFound(f"Layer version {key.arn} does not exist.")
        return version

    async def _change(
        self, key: LayerKey, change: Callable[[LayerVersion], LayerVersion]
    ) -> LayerVersion:
        while True:  # again when somebody was first: no statement may be lost
            before = await self._there(key)
            after = replace(change(before), revision_id=self._ids.uuid())
            if await self._layers.replace(after, if_revision=before.revision_id):
                return after


def _own_version(context: RequestContext, operation: str, members: dict[str, Any]) -> LayerKey:
    return read_version(read_own_layer(context, operation, members), members)


def _principal(given: str, *, region: str) -> str:
    return root_arn(region=region, account_id=given) if given.isdecimal() else given


def _demand_revision(version: LayerVersion, members: dict[str, Any]) -> None:
    wanted = members.get("RevisionId")
    if wanted and wanted != version.revision_id:
        raise PreconditionFailed(
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetLayerPolicy API to retrieve the latest Revision Id"
        )


def _within_limit(version: LayerVersion) -> LayerVersion:
    size = len(_document(version).encode())
    if size > _MOST_BYTES:
        raise PolicyLengthExceeded(
            f"The final policy size ({size}) is bigger than the limit ({_MOST_BYTES})."
        )
    return version


def _document(version: LayerVersion) -> str:
    statements = [_shown(statement, version.key) for statement in version.policy]
    return _json({"Version": "2012-10-17", "Id": "default", "Statement": statements})


def _shown(statement: LayerStatement, key: LayerKey) -> dict[str, Any]:
    everybody = statement.principal == "*"
    shown: dict[str, Any] = {
        "Sid": statement.statement_id,
        "Effect": "Allow",
        "Principal": "*" if everybody else {"AWS": statement.principal},
        "Action": ACTION,
        "Resource": key.arn,
    }
    if statement.organization_id:
        equals = {"aws:PrincipalOrgID": statement.organization_id}
        shown["Condition"] = {"StringEquals": equals}
    return shown


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))

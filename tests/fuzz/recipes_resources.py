"""What valid inputs about policies and about the small configurations of functions hold."""

import json
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any, Final

from lambent.model.function import FunctionVersion
from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import ACCOUNT, ALIAS, REGION, World
from tests.services.lambda_.bench import RUNTIME_DIGEST

QUEUE: Final = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
_PRINCIPALS: Final = ("*", "s3.amazonaws.com", "210987654321", "arn:aws:iam::210987654321:role/r")
_PUBLISHERS: Final = {
    "SigningProfileVersionArns": [
        f"arn:aws:signer:{REGION}:{ACCOUNT}:/signing-profiles/Profile/abcdefghij"
    ]
}
_POLICY: Final[Mapping[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "*"}
    ],
}
Recipe = Callable[[str, FunctionVersion], Awaitable[dict[str, Made]]]


class ResourceRecipes:
    """Makes them of what is kept beside a function; what must be there, or not be there, is seen to."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world
        self._areas: Mapping[str, Recipe] = {
            "Permission": self._permission,
            "GetPolicy": self._permission,
            "ResourcePolicy": self._resource_policy,
            "EventInvoke": self._event_invoke,
            "UrlConfig": self._url,
            "CodeSigningConfig": self._code_signing,
            "RuntimeManagement": self._runtime_management,
        }

    async def made(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        """By dotted path, for the function of `latest`."""
        for part, recipe in self._areas.items():
            if part in operation and "Layer" not in operation:
                return await recipe(operation, latest)
        return {}

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` without what excludes something else, and with what one of must be there."""
        if operation == "AddPermission":
            url = members.get("FunctionUrlAuthType")
            members["Action"] = "lambda:InvokeFunctionUrl" if url else "lambda:InvokeFunction"
            if url:
                members.pop("InvokedViaFunctionUrl", None)
        if operation.endswith("FunctionEventInvokeConfig") and operation[:3] in {"Put", "Upd"}:
            members.setdefault("MaximumRetryAttempts", 1)
        if operation == "PutRuntimeManagementConfig":
            own = f"arn:aws:lambda:{REGION}::runtime:{RUNTIME_DIGEST}"
            members.pop("RuntimeVersionArn", None)
            if members["UpdateRuntimeOn"] == "Manual":
                members["RuntimeVersionArn"] = own
        return members

    async def _permission(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        name = latest.key.name
        adding = operation == "AddPermission"
        sid = "fuzz-add" if adding else "fuzz"
        await self._world.attempt("RemovePermission", FunctionName=name, StatementId="fuzz-add")
        if not adding:
            await self._world.attempt(
                "AddPermission",
                FunctionName=name,
                StatementId=sid,
                Action="lambda:InvokeFunction",
                Principal="*",
            )
        return {
            "StatementId": self._one_of(sid),
            "Qualifier": self._one_of(LEFT_OUT),
            "Principal": self._one_of(*_PRINCIPALS),
            "RevisionId": self._one_of(LEFT_OUT, await self._revision(name)),
        }

    async def _resource_policy(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        arn = latest.key.unqualified_arn
        await self._world.attempt("PutResourcePolicy", ResourceArn=arn, Policy=json.dumps(_POLICY))
        return {
            "ResourceArn": self._one_of(arn),
            "Policy": self._one_of(json.dumps(_POLICY), json.dumps(_POLICY, indent=2)),
            "RevisionId": self._one_of(LEFT_OUT, await self._revision(latest.key.name)),
        }

    async def _revision(self, name: str) -> str:
        """That of a function as it is now."""
        version = await self._world.function(name)
        assert version is not None
        return version.revision_id

    async def _event_invoke(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        name = latest.key.name
        if not operation.startswith("Put"):
            await self._world.attempt(
                "PutFunctionEventInvokeConfig", FunctionName=name, MaximumRetryAttempts=0
            )
        on_queue = {"OnFailure": {"Destination": QUEUE}}
        return {"DestinationConfig": self._one_of({}, on_queue, {"OnSuccess": {}})}

    async def _url(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        name = latest.key.name
        qualified: dict[str, str] = {}
        if self._random.random() < 0.3:
            await self._world.alias(name)
            qualified = {"Qualifier": ALIAS}
        preparing = "Delete" if operation.startswith("Create") else "Create"
        more = {} if preparing == "Delete" else {"AuthType": "NONE"}
        await self._world.attempt(
            f"{preparing}FunctionUrlConfig", FunctionName=name, **qualified, **more
        )
        return {
            "FunctionName": self._one_of(name),
            "Qualifier": lambda: qualified.get("Qualifier", LEFT_OUT),
            "Cors": self._one_of(LEFT_OUT, {}, {"AllowMethods": ["GET", "*"], "MaxAge": 3}),
        } | ({"FunctionName": self._one_of(f"{name}:{ALIAS}")} if qualified else {})

    async def _code_signing(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        arn = await self._signing_config()
        name = latest.key.name
        if operation == "DeleteCodeSigningConfig":
            arn = await self._new_signing_config()
        return {
            "CodeSigningConfigArn": self._one_of(arn),
            "AllowedPublishers": self._one_of(_PUBLISHERS),
            "FunctionName": self._one_of(name),
        } | ({"CodeSigningPolicies": self._one_of({}, _WARN)} if "Update" in operation else {})

    async def _signing_config(self) -> str:
        """One that is there."""
        found = await self._world.call("ListCodeSigningConfigs")
        if found["CodeSigningConfigs"]:
            return str(found["CodeSigningConfigs"][0]["CodeSigningConfigArn"])
        return await self._new_signing_config()

    async def _new_signing_config(self) -> str:
        made = await self._world.call("CreateCodeSigningConfig", AllowedPublishers=_PUBLISHERS)
        return str(made["CodeSigningConfig"]["CodeSigningConfigArn"])

    async def _runtime_management(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        del operation, latest
        return {"Qualifier": self._one_of(LEFT_OUT, "$LATEST")}

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)


_WARN: Final = {"UntrustedArtifactOnDeployment": "Warn"}

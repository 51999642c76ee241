"""One walk over all operations of Lambda, as a careful user would take it: waiters, paginators, and what is not there."""

import io
import json
from collections.abc import Collection, Mapping
from random import Random
from typing import Any, Final

from botocore.exceptions import ClientError

from lambent.daemon.operations import EFFECTS
from tests.acceptance.functions import RUNTIME, zipped
from tests.fuzz.recipes import REFUSED
from tests.fuzz.values import Values
from tests.wire.botocore_side import operation_names, service_model

_QUICK: Final = {"Delay": 0.05, "MaxAttempts": 2_000}
_CODE: Final = "def handler(event, context): return %d"


class Walk:
    """Calls each operation at least once and counts which; `refused` are those that say that there is none of it here."""

    def __init__(
        self,
        lam: Any,
        *,
        partition: str,
        name: str,
        offered: Collection[str] = frozenset(operation_names("lambda")),
    ) -> None:
        """`offered` are the operations that the client has."""
        self._lam, self._name, self._offered = lam, name, offered
        self._region = lam.meta.region_name
        self._partition, self._account = partition, "000000000000"
        self._arn = f"arn:{partition}:lambda:{self._region}:{self._account}:function:{name}"
        self.called: set[str] = set()
        self.refused: set[str] = set()
        lam.meta.events.register("after-call.lambda", self._note)

    def _note(self, model: Any, http_response: Any, **_: Any) -> None:
        if http_response.status_code < 300:
            self.called.add(model.name)

    def walk(self) -> None:
        """All of it."""
        self._functions()
        self._versions_and_aliases()
        self._tags()
        self._policies()
        self._settings()
        if "PutFunctionConcurrency" in EFFECTS["lambda"]:
            self._concurrency()
        self._code_signing()
        self._layers()
        self._mappings()
        self._lists()
        self._what_there_is_none_of()
        self._lam.delete_function(FunctionName=self._name)
        self._what_is_not_built()

    def _functions(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        lam.create_function(
            Runtime=RUNTIME,
            Role=f"arn:{self._partition}:iam::{self._account}:role/r",
            Handler="app.handler",
            Code={"ZipFile": zipped({"app.py": _CODE % 1})},
            **function,
        )
        for waiter in ("function_exists", "function_active", "function_active_v2"):
            lam.get_waiter(waiter).wait(WaiterConfig=_QUICK, **function)
        assert lam.get_function(**function)["Configuration"]["FunctionArn"] == self._arn
        assert lam.get_account_settings()["AccountUsage"]["FunctionCount"] > 0
        lam.update_function_code(ZipFile=zipped({"app.py": _CODE % 2}), **function)
        lam.get_waiter("function_updated").wait(WaiterConfig=_QUICK, **function)
        lam.update_function_configuration(Timeout=9, **function)
        lam.get_waiter("function_updated_v2").wait(WaiterConfig=_QUICK, **function)
        assert lam.get_function_configuration(**function)["Timeout"] == 9
        assert json.load(lam.invoke(**function)["Payload"]) == 2

    def _versions_and_aliases(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        lam.publish_version(**function)
        lam.get_waiter("published_version_active").wait(
            Qualifier="1", WaiterConfig=_QUICK, **function
        )
        live = function | {"Name": "live"}
        lam.create_alias(FunctionVersion="1", **live)
        assert lam.get_alias(**live)["AliasArn"] == f"{self._arn}:live"
        assert lam.update_alias(Description="d", **live)["Description"] == "d"
        assert lam.invoke(Qualifier="live", **function)["ExecutedVersion"] == "1"

    def _tags(self) -> None:
        lam = self._lam
        lam.tag_resource(Resource=self._arn, Tags={"a": "1", "b": "2"})
        lam.untag_resource(Resource=self._arn, TagKeys=["a"])
        assert lam.list_tags(Resource=self._arn)["Tags"] == {"b": "2"}

    def _policies(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        lam.add_permission(
            StatementId="s",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            **function,
        )
        policy = lam.get_policy(**function)["Policy"]
        lam.remove_permission(StatementId="s", **function)
        if "PutResourcePolicy" not in self._offered:
            return
        lam.put_resource_policy(ResourceArn=self._arn, Policy=policy)
        assert lam.get_resource_policy(ResourceArn=self._arn)["Policy"] == policy
        lam.delete_resource_policy(ResourceArn=self._arn)

    def _settings(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        lam.put_function_event_invoke_config(MaximumRetryAttempts=1, **function)
        lam.update_function_event_invoke_config(MaximumEventAgeInSeconds=60, **function)
        assert lam.get_function_event_invoke_config(**function)["MaximumRetryAttempts"] == 1
        self._pages("list_function_event_invoke_configs", **function)
        lam.delete_function_event_invoke_config(**function)
        lam.create_function_url_config(AuthType="NONE", **function)
        lam.update_function_url_config(AuthType="AWS_IAM", **function)
        assert lam.get_function_url_config(**function)["AuthType"] == "AWS_IAM"
        self._pages("list_function_url_configs", **function)
        lam.delete_function_url_config(**function)
        lam.put_function_recursion_config(RecursiveLoop="Allow", **function)
        assert lam.get_function_recursion_config(**function)["RecursiveLoop"] == "Allow"
        lam.put_runtime_management_config(UpdateRuntimeOn="FunctionUpdate", **function)
        shown = lam.get_runtime_management_config(**function)
        assert shown["UpdateRuntimeOn"] == "FunctionUpdate"

    def _concurrency(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        lam.put_function_concurrency(ReservedConcurrentExecutions=2, **function)
        assert lam.get_function_concurrency(**function)["ReservedConcurrentExecutions"] == 2
        first = function | {"Qualifier": "1"}
        made = lam.put_provisioned_concurrency_config(ProvisionedConcurrentExecutions=1, **first)
        assert made["Status"] == "IN_PROGRESS"
        shown = lam.get_provisioned_concurrency_config(**first)
        assert shown["RequestedProvisionedConcurrentExecutions"] == 1
        assert len(self._pages("list_provisioned_concurrency_configs", **function)) == 1
        lam.delete_provisioned_concurrency_config(**first)
        lam.delete_function_concurrency(**function)

    def _code_signing(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        profile = (
            f"arn:{self._partition}:signer:{self._region}:{self._account}:"
            "/signing-profiles/Profile/abcdefghij"
        )
        made = lam.create_code_signing_config(
            AllowedPublishers={"SigningProfileVersionArns": [profile]}
        )
        config = {"CodeSigningConfigArn": made["CodeSigningConfig"]["CodeSigningConfigArn"]}
        lam.update_code_signing_config(Description="d", **config)
        assert lam.get_code_signing_config(**config)["CodeSigningConfig"]["Description"] == "d"
        lam.put_function_code_signing_config(**function, **config)
        shown = lam.get_function_code_signing_config(**function)
        assert shown["CodeSigningConfigArn"] == config["CodeSigningConfigArn"]
        assert self._pages("list_functions_by_code_signing_config", **config) == [self._arn]
        self._pages("list_code_signing_configs")
        lam.delete_function_code_signing_config(**function)
        lam.delete_code_signing_config(**config)

    def _layers(self) -> None:
        lam, layer = self._lam, {"LayerName": self._name}
        content = {"ZipFile": zipped({"python/shared.py": "x = 1"})}
        version = lam.publish_layer_version(Content=content, **layer)
        first = layer | {"VersionNumber": version["Version"]}
        arn = version["LayerVersionArn"]
        assert lam.get_layer_version(**first)["LayerVersionArn"] == arn
        assert lam.get_layer_version_by_arn(Arn=arn)["Version"] == version["Version"]
        lam.add_layer_version_permission(
            StatementId="s", Action="lambda:GetLayerVersion", Principal="*", **first
        )
        assert '"Sid":"s"' in lam.get_layer_version_policy(**first)["Policy"]
        lam.remove_layer_version_permission(StatementId="s", **first)
        assert self._pages("list_layers")
        assert len(self._pages("list_layer_versions", **layer)) == 1
        lam.delete_layer_version(**first)

    def _mappings(self) -> None:
        lam = self._lam
        queue = f"arn:{self._partition}:sqs:{self._region}:{self._account}:{self._name}"
        made = lam.create_event_source_mapping(FunctionName=self._name, EventSourceArn=queue)
        uuid = {"UUID": made["UUID"]}
        lam.update_event_source_mapping(BatchSize=5, **uuid)
        assert lam.get_event_source_mapping(**uuid)["BatchSize"] == 5
        assert len(self._pages("list_event_source_mappings", FunctionName=self._name)) == 1
        lam.delete_event_source_mapping(**uuid)

    def _lists(self) -> None:
        lam, function = self._lam, {"FunctionName": self._name}
        assert self._pages("list_functions")
        assert len(self._pages("list_versions_by_function", **function)) == 2
        assert len(self._pages("list_aliases", **function)) == 1
        assert self._pages("list_durable_executions_by_function", **function) == []
        assert self._pages("list_capacity_providers") == []
        lam.delete_alias(Name="live", **function)

    def _pages(self, operation: str, **members: Any) -> list[Any]:
        """What a list holds, by its paginator."""
        paginator = self._lam.get_paginator(operation)
        pages = paginator.paginate(PaginationConfig={"PageSize": 1}, **members)
        (result_key,) = paginator.result_keys
        return list(pages.search(f"{result_key.expression}[]"))

    def _what_there_is_none_of(self) -> None:
        named: Mapping[str, Mapping[str, str]] = {
            "GetFunctionScalingConfig": {"FunctionName": self._name, "Qualifier": "1"},
            "PutFunctionScalingConfig": {"FunctionName": self._name, "Qualifier": "1"},
        }
        for operation, status in REFUSED.items():
            if operation not in self._offered:
                continue
            members = {**self._made_up(operation), **named.get(operation, {})}
            assert self._refusal(operation, members)[0] == status, operation
            self.refused.add(operation)

    def _what_is_not_built(self) -> None:
        rest = set(self._offered) - self.called - self.refused
        for operation in sorted(rest):
            found = self._refusal(operation, self._made_up(operation))
            assert found == (501, f"{operation} of lambda is not in lambent yet."), found
            self.refused.add(operation)

    def _made_up(self, operation: str) -> dict[str, Any]:
        shape = service_model("lambda").operation_model(operation).input_shape
        made = Values(service="lambda", random=Random(operation)).members(shape, made={})
        return {
            name: io.BytesIO(value) if isinstance(value, bytes) else value
            for name, value in made.items()
        }

    def _refusal(self, operation: str, members: Mapping[str, Any]) -> tuple[int, str]:
        methods = {api: method for method, api in self._lam.meta.method_to_api_mapping.items()}
        try:
            getattr(self._lam, methods[operation])(**members)
        except ClientError as error:
            status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return status, error.response["Error"]["Message"]
        return 200, ""

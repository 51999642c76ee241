"""The Lambda operations that are built, by the model's names."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.limits import ACCOUNT_CONCURRENCY
from lambent.model.request import RequestContext
from lambent.services.lambda_.account import AccountOperations
from lambent.services.lambda_.aliases import AliasOperations
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.changes import Activation, Changes, Publisher
from lambent.services.lambda_.code import CodeOperations, Packages
from lambent.services.lambda_.concurrency import ConcurrencyOperations
from lambent.services.lambda_.configuration import ConfigurationOperations
from lambent.services.lambda_.functions import FunctionOperations, Links
from lambent.services.lambda_.rules import Rules, RuntimeNames
from lambent.services.lambda_.shape import Configurations, RuntimeVersions
from lambent.services.lambda_.tags import TagOperations
from lambent.services.lambda_.versions import VersionOperations
from lambent.state.stores import Stores

Handler = Callable[[RequestContext, dict[str, Any]], Awaitable[dict[str, Any]]]
"""Takes an operation's validated input and returns its output; raises a ServiceError."""


class Runtimes(RuntimeNames, RuntimeVersions, Protocol):
    """All that is asked about runtimes."""


class LambdaOperations:
    """Lambda's control plane, as far as it is built."""

    def __init__(
        self,
        *,
        stores: Stores,
        packages: Packages,
        links: Links,
        publisher: Publisher,
        activation: Activation,
        runtimes: Runtimes,
        host_architecture: str,
        clock: Clock,
        ids: Ids,
        concurrent_executions: int = ACCOUNT_CONCURRENCY,
    ) -> None:
        rules = Rules(runtimes=runtimes)
        configurations = Configurations(runtimes=runtimes)
        changes = Changes(
            stores=stores, publisher=publisher, activation=activation, clock=clock, ids=ids
        )
        self._functions = FunctionOperations(
            functions=stores.functions,
            reserved=stores.reserved,
            changes=changes,
            packages=packages,
            links=links,
            rules=rules,
            configurations=configurations,
            host_architecture=host_architecture,
        )
        self._code = CodeOperations(
            changes=changes, packages=packages, rules=rules, configurations=configurations
        )
        self._configuration = ConfigurationOperations(
            changes=changes, rules=rules, configurations=configurations
        )
        self._tags = TagOperations(changes=changes)
        capacity = Capacity(stores=stores, limit=concurrent_executions)
        self._account = AccountOperations(functions=stores.functions, capacity=capacity)
        self._concurrency = ConcurrencyOperations(
            stores=stores, capacity=capacity, publisher=publisher
        )
        self._versions = VersionOperations(
            stores=stores, changes=changes, configurations=configurations
        )
        self._aliases = AliasOperations(stores=stores, publisher=publisher, ids=ids)

    def handlers(self) -> Mapping[str, Handler]:
        """Operation name -> handler."""
        return {
            "CreateFunction": self._functions.create_function,
            "GetFunction": self._functions.get_function,
            "ListFunctions": self._functions.list_functions,
            "DeleteFunction": self._functions.delete_function,
            "UpdateFunctionCode": self._code.update_function_code,
            "GetFunctionConfiguration": self._configuration.get_function_configuration,
            "UpdateFunctionConfiguration": self._configuration.update_function_configuration,
            "TagResource": self._tags.tag_resource,
            "UntagResource": self._tags.untag_resource,
            "ListTags": self._tags.list_tags,
            "PublishVersion": self._versions.publish_version,
            "ListVersionsByFunction": self._versions.list_versions_by_function,
            "CreateAlias": self._aliases.create_alias,
            "GetAlias": self._aliases.get_alias,
            "ListAliases": self._aliases.list_aliases,
            "UpdateAlias": self._aliases.update_alias,
            "DeleteAlias": self._aliases.delete_alias,
            "GetAccountSettings": self._account.get_account_settings,
            **self._concurrency.handlers(),
        }

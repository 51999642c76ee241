"""The Lambda operations that are built, area by area."""

from collections.abc import Sequence
from typing import Protocol

from lambent.catalog.code_source import CodeSource, NoCodeSource
from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.limits import ACCOUNT_CONCURRENCY
from lambent.services.lambda_.account import AccountOperations
from lambent.services.lambda_.aliases import AliasOperations
from lambent.services.lambda_.changes import Activation, Changes, Publisher
from lambent.services.lambda_.code import CodeOperations, Intake, Packages
from lambent.services.lambda_.configuration import ConfigurationOperations
from lambent.services.lambda_.functions import FunctionOperations, Links
from lambent.services.lambda_.handlers import Area, Handlers
from lambent.services.lambda_.rules import Rules, RuntimeNames
from lambent.services.lambda_.shape import Configurations, RuntimeVersions
from lambent.services.lambda_.tags import TagOperations
from lambent.services.lambda_.versions import VersionOperations
from lambent.state.stores import Stores


class Runtimes(RuntimeNames, RuntimeVersions, Protocol):
    """All that is asked about runtimes."""


class LambdaOperations:
    """Lambda's control plane, as far as it is built."""

    def __init__(
        self,
        *,
        stores: Stores,
        packages: Packages,
        source: CodeSource | None = None,
        links: Links,
        publisher: Publisher,
        activation: Activation,
        runtimes: Runtimes,
        host_architecture: str,
        clock: Clock,
        ids: Ids,
        concurrent_executions: int = ACCOUNT_CONCURRENCY,
    ) -> None:
        self._stores, self._publisher, self._ids = stores, publisher, ids
        self._intake = Intake(packages=packages, source=source or NoCodeSource())
        self._links = links
        self._host_architecture = host_architecture
        self._concurrent_executions = concurrent_executions
        self._rules = Rules(runtimes=runtimes)
        self._configurations = Configurations(runtimes=runtimes)
        self._changes = Changes(
            stores=stores, publisher=publisher, activation=activation, clock=clock, ids=ids
        )

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        areas = [*self._function_areas(), *self._version_areas(), *self._account_areas()]
        return {name: handler for area in areas for name, handler in area.handlers().items()}

    def _function_areas(self) -> Sequence[Area]:
        """Functions, their code and their configuration."""
        return [
            FunctionOperations(
                functions=self._stores.functions,
                changes=self._changes,
                intake=self._intake,
                links=self._links,
                rules=self._rules,
                configurations=self._configurations,
                host_architecture=self._host_architecture,
            ),
            CodeOperations(
                changes=self._changes,
                intake=self._intake,
                rules=self._rules,
                configurations=self._configurations,
            ),
            ConfigurationOperations(
                changes=self._changes, rules=self._rules, configurations=self._configurations
            ),
        ]

    def _version_areas(self) -> Sequence[Area]:
        """Versions and aliases."""
        return [
            VersionOperations(
                stores=self._stores, changes=self._changes, configurations=self._configurations
            ),
            AliasOperations(stores=self._stores, publisher=self._publisher, ids=self._ids),
        ]

    def _account_areas(self) -> Sequence[Area]:
        """What belongs to no function alone."""
        return [
            TagOperations(changes=self._changes),
            AccountOperations(
                functions=self._stores.functions, concurrent_executions=self._concurrent_executions
            ),
        ]

"""The Lambda operations that are built, area by area."""

from collections.abc import Sequence
from typing import Protocol

from lambent.catalog.code_source import CodeSource, NoCodeSource
from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.limits import ACCOUNT_CONCURRENCY
from lambent.services.lambda_.account import AccountOperations
from lambent.services.lambda_.aliases import AliasOperations
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.capacity_providers import CapacityProviderOperations
from lambent.services.lambda_.changes import Activation, Changes, Publisher
from lambent.services.lambda_.code import CodeOperations, Intake, Packages
from lambent.services.lambda_.code_signing import CodeSigningOperations
from lambent.services.lambda_.code_signing_store import (
    KIND as CODE_SIGNING,
)
from lambent.services.lambda_.code_signing_store import (
    CodeSigning,
    code_signing_config_missing,
)
from lambent.services.lambda_.concurrency import ConcurrencyOperations
from lambent.services.lambda_.configuration import ConfigurationOperations
from lambent.services.lambda_.durable_executions import DurableExecutionOperations
from lambent.services.lambda_.event_invoke import EventInvokeOperations
from lambent.services.lambda_.function_code_signing import FunctionCodeSigningOperations
from lambent.services.lambda_.function_layers import FunctionLayers
from lambent.services.lambda_.functions import FunctionOperations, Links
from lambent.services.lambda_.handlers import Area, Handlers
from lambent.services.lambda_.layer_policies import LayerPolicyOperations
from lambent.services.lambda_.layers import LayerOperations
from lambent.services.lambda_.mappings import MappingOperations, mapping_missing
from lambent.services.lambda_.notes import noted
from lambent.services.lambda_.policies import PolicyOperations
from lambent.services.lambda_.policy_store import Policies
from lambent.services.lambda_.provisioned import ProvisionedOperations, Standings
from lambent.services.lambda_.recursion import RecursionOperations
from lambent.services.lambda_.resource_policies import ResourcePolicyOperations
from lambent.services.lambda_.rules import Rules, RuntimeNames
from lambent.services.lambda_.runtime_management import RuntimeManagementOperations
from lambent.services.lambda_.scaling import ScalingOperations
from lambent.services.lambda_.shape import Configurations, RuntimeVersions
from lambent.services.lambda_.tagged_records import TaggedRecords
from lambent.services.lambda_.tags import TagOperations
from lambent.services.lambda_.url_configs import UrlConfigOperations
from lambent.services.lambda_.versions import VersionOperations
from lambent.state.stores import EVENT_SOURCE_MAPPING, Stores


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
        standings: Standings,
        activation: Activation,
        runtimes: Runtimes,
        host_architecture: str,
        clock: Clock,
        ids: Ids,
        concurrent_executions: int = ACCOUNT_CONCURRENCY,
    ) -> None:
        self._stores, self._publisher, self._ids = stores, publisher, ids
        self._clock, self._runtimes = clock, runtimes
        self._intake = Intake(packages=packages, source=source or NoCodeSource())
        self._links = links
        self._host_architecture, self._standings = host_architecture, standings
        self._capacity = Capacity(stores=stores, limit=concurrent_executions)
        self._rules = Rules(runtimes=runtimes)
        self._configurations = Configurations(runtimes=runtimes)
        self._changes = Changes(
            stores=stores, publisher=publisher, activation=activation, clock=clock, ids=ids
        )
        self._signing = CodeSigning(stores=stores)
        self._layers = FunctionLayers(layers=stores.layers, packages=packages)

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        areas = [
            *self._function_areas(),
            *self._version_areas(),
            *self._layer_areas(),
            *self._account_areas(),
            *self._policy_areas(),
            *self._setting_areas(),
            *self._absent_areas(),
        ]
        return noted({name: handler for area in areas for name, handler in area.handlers().items()})

    def _function_areas(self) -> Sequence[Area]:
        """Functions, their code and their configuration."""
        return [
            FunctionOperations(
                functions=self._stores.functions,
                reserved=self._stores.reserved,
                changes=self._changes,
                intake=self._intake,
                links=self._links,
                rules=self._rules,
                configurations=self._configurations,
                signing=self._signing,
                layers=self._layers,
                host_architecture=self._host_architecture,
            ),
            CodeOperations(
                changes=self._changes,
                intake=self._intake,
                rules=self._rules,
                configurations=self._configurations,
                signing=self._signing,
            ),
            ConfigurationOperations(
                changes=self._changes,
                rules=self._rules,
                configurations=self._configurations,
                signing=self._signing,
                layers=self._layers,
            ),
        ]

    def _version_areas(self) -> Sequence[Area]:
        """Versions and aliases."""
        return [
            VersionOperations(
                stores=self._stores, changes=self._changes, configurations=self._configurations
            ),
            AliasOperations(
                stores=self._stores,
                capacity=self._capacity,
                publisher=self._publisher,
                ids=self._ids,
            ),
            ProvisionedOperations(
                stores=self._stores,
                capacity=self._capacity,
                publisher=self._publisher,
                standings=self._standings,
                clock=self._clock,
            ),
        ]

    def _layer_areas(self) -> Sequence[Area]:
        """Layers and who may use them."""
        return [
            LayerOperations(
                layers=self._stores.layers,
                intake=self._intake,
                links=self._links,
                runtimes=self._runtimes,
                clock=self._clock,
                ids=self._ids,
            ),
            LayerPolicyOperations(layers=self._stores.layers, ids=self._ids),
        ]

    def _account_areas(self) -> Sequence[Area]:
        """What belongs to no function alone."""
        return [
            TagOperations(
                changes=self._changes,
                kinds={
                    CODE_SIGNING: TaggedRecords(
                        records=self._signing.records, missing=code_signing_config_missing
                    ),
                    EVENT_SOURCE_MAPPING: TaggedRecords(
                        records=self._stores.event_source_mappings, missing=mapping_missing
                    ),
                },
            ),
            MappingOperations(stores=self._stores, clock=self._clock, ids=self._ids),
            AccountOperations(
                functions=self._stores.functions,
                layers=self._stores.layers,
                capacity=self._capacity,
            ),
            ConcurrencyOperations(
                stores=self._stores, capacity=self._capacity, publisher=self._publisher
            ),
        ]

    def _policy_areas(self) -> Sequence[Area]:
        """Who may do what, and who may have signed what is deployed."""
        policies = Policies(stores=self._stores, changes=self._changes, ids=self._ids)
        return [
            PolicyOperations(policies=policies),
            ResourcePolicyOperations(policies=policies),
            CodeSigningOperations(signing=self._signing, clock=self._clock, ids=self._ids),
            FunctionCodeSigningOperations(changes=self._changes, signing=self._signing),
        ]

    def _setting_areas(self) -> Sequence[Area]:
        """The small resources that configure functions, versions and aliases."""
        return [
            EventInvokeOperations(stores=self._stores, clock=self._clock),
            UrlConfigOperations(stores=self._stores, clock=self._clock, ids=self._ids),
            RecursionOperations(stores=self._stores),
            RuntimeManagementOperations(stores=self._stores, runtimes=self._runtimes),
        ]

    def _absent_areas(self) -> Sequence[Area]:
        """Of which there is nothing here."""
        return [
            ScalingOperations(stores=self._stores),
            CapacityProviderOperations(),
            DurableExecutionOperations(stores=self._stores),
        ]

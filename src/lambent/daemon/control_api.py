"""Control's door to AWS's operations. Loads botocore, so it is imported while control already feeds the edge."""

import asyncio
from collections.abc import Mapping

from lambent.daemon.operations import ServiceOperations, inputs, operations_page
from lambent.gateway.authenticator import Authenticator
from lambent.gateway.chain import ControlApplication, Handlers
from lambent.gateway.quiet import Quiet
from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.wire.models import Models


class ControlApi:
    """The chain with its models, and the page that tells what is built."""

    def __init__(self) -> None:
        """Load the Lambda model, so that the first request need not wait for it; blocks for a quarter of a second."""
        self._models = Models()
        self._models.service("lambda")

    def chain(
        self,
        *,
        authenticator: Authenticator,
        services: Mapping[str, Handlers],
        ids: Ids,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        quiet: Quiet,
    ) -> ControlApplication:
        """The application that answers AWS's operations."""
        return ControlApplication(
            authenticator=authenticator,
            services=services,
            models=self._models,
            ids=ids,
            clock=clock,
            tasks=tasks,
            quiet=quiet,
        )

    def operations(self, services: Mapping[str, Handlers]) -> bytes:
        """The page of operations."""
        built = {name: set(handlers) for name, handlers in services.items()}
        built["lambda"] |= {"Invoke"}  # the edge's
        return operations_page(
            {
                name: ServiceOperations(
                    modelled=self._models.service(name).operations, built=operations
                )
                for name, operations in built.items()
            },
            inputs(self._models),
        )

"""Which network functions have: what the settings ask for and the host can give, made before the programs start."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lambent.daemon.config import Settings
from lambent.daemon.failure import StartFailure
from lambent.daemon.instance import Instance
from lambent.sandbox.drivers import Driver

if TYPE_CHECKING:  # at run time needed where a router is made, and memory everywhere
    from lambent.sandbox.network.router import Router

NAT: Final = "nat"
NONE: Final = "none"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What functions have."""

    policy: str
    why: str = ""
    """Why it is not more, where that was not asked for."""
    router: "Router | None" = None

    def shown(self) -> str:
        """In a line."""
        if self.policy == NAT:
            return (
                "nat: functions reach other hosts by TCP and UDP, never this one; nothing comes in"
            )
        return f"{self.policy}: {self.why or 'functions reach lambent alone'}"


@contextmanager
def network_of(driver: Driver, settings: Settings, instance: Instance) -> Iterator[Network]:
    """The network of an instance; what it leaves on the host is for the sweep.

    Raises StartFailure when it is asked for by name and can't be had.
    """
    shortfall = driver.lacks.get("network", "")
    if shortfall:
        if settings.network_policy not in (None, driver.network):
            raise StartFailure(
                f"With isolation {driver.name} functions can't have the network asked for: {shortfall}."
            )
        yield Network(policy=driver.network, why=shortfall)
        return
    if settings.network_policy == NONE:
        yield Network(policy=NONE)
        return
    # By name: needed at the start and the end only.
    routers = importlib.import_module("lambent.sandbox.network.router")
    try:
        router = routers.open_router(
            instance=instance.id,
            slot=instance.slot,
            through_docker=settings.network_docker_user,
        )
    except routers.NoOutlet as lack:
        if settings.network_policy == NAT:
            raise StartFailure(f"Functions can't have the network asked for: {lack}.") from lack
        _log.warning("functions have no outbound network: %s", lack)
        yield Network(policy=NONE, why=str(lack))
        return
    with closing(router):
        yield Network(policy=NAT, router=router)


def sweep_network(instance: str) -> None:
    """Remove what an instance left on the host. Raises OSError."""
    importlib.import_module("lambent.sandbox.network.router").sweep(instance)

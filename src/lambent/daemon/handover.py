"""What a daemon in the background tells the command that started it: where it is healthy, or what of it crash-loops."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from lambent.daemon.banner import HealthProbe

_KEPT: Final = ("version", "endpoint", "crash_looping")


class Handover:
    """An Announcement through a descriptor, which is closed with it: who reads it sees the end also of a daemon that died."""

    def __init__(self, *, descriptor: int, probe: HealthProbe) -> None:
        """Danger: no child of this process may inherit `descriptor`, or its reader would wait for that child."""
        os.set_inheritable(descriptor, False)
        self._descriptor, self._probe = descriptor, probe

    def poll(self) -> bool:
        """Tell it once the edge says that all is well, or that it will not be."""
        health = self._probe.poll()
        if health is None or not (_well(health) or health.get("crash_looping")):
            return False
        told = {key: health.get(key) for key in _KEPT} | {"pid": os.getpid()}
        with suppress(BrokenPipeError):  # whoever started this is gone
            os.write(self._descriptor, json.dumps(told).encode())
        os.close(self._descriptor)
        return True


def _well(health: Mapping[str, object]) -> bool:
    return health.get("status") == "ok" and health.get("runtimes") is not None

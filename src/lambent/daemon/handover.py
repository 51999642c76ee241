"""What a daemon in the background tells the command that started it: where it is healthy, or what of it crash-loops."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from lambent.daemon.banner import HealthProbe

_KEPT: Final = ("version", "endpoint")


class Handover:
    """An Announcement through a descriptor, which is closed with it: who reads it sees the end also of a daemon that died."""

    def __init__(
        self, *, descriptor: int, probe: HealthProbe, looping: Callable[[], Sequence[str]]
    ) -> None:
        """`looping` names the programs that crash-loop; the edge may be among them, and then nobody answers `probe`.

        Danger: no child of this process may inherit `descriptor`, or its reader would wait for that child.
        """
        os.set_inheritable(descriptor, False)
        self._descriptor, self._probe, self._looping = descriptor, probe, looping

    def poll(self) -> bool:
        """Tell it once the edge says that all is well, or as soon as it will not be."""
        looping = list(self._looping())
        if looping:
            self._tell({"crash_looping": looping})
            return True
        health = self._probe.poll()
        if health is None or not _well(health):
            return False
        self._tell({key: health.get(key) for key in _KEPT} | {"crash_looping": []})
        return True

    def _tell(self, news: Mapping[str, object]) -> None:
        with suppress(BrokenPipeError):  # whoever started this is gone
            os.write(self._descriptor, json.dumps({**news, "pid": os.getpid()}).encode())
        os.close(self._descriptor)


def _well(health: Mapping[str, object]) -> bool:
    return health.get("status") == "ok" and health.get("runtimes") is not None

"""Which sandbox driver a daemon gets here: the one it asks for, or the best that this user can have. Never less unasked."""

from collections.abc import Sequence
from typing import Final

from lambent.daemon import doctor, rootless
from lambent.daemon.failure import StartFailure
from lambent.daemon.host import Finding, Host
from lambent.sandbox.drivers import BUBBLEWRAP, DIRECT, DRIVERS, PROCESS, Driver

AUTO: Final = "auto"


def findings_for(host: Host, *, user: str = "") -> tuple[Driver, Sequence[Finding]]:
    """The best driver for who asks, and what was looked at for it; whether it can be had, the findings tell.

    `user` is the setting of that name.
    """
    if host.uid() == 0:
        return DRIVERS[DIRECT], doctor.examine(host, user=user)
    return DRIVERS[BUBBLEWRAP], rootless.examine(host)


def choose(wanted: str, host: Host, *, launcher: str) -> Driver:
    """The driver to start with. Raises StartFailure, with what can be done about it, where `wanted` cannot be had."""
    if wanted == PROCESS:
        return DRIVERS[PROCESS]
    best, findings = findings_for(host)
    if wanted not in (AUTO, best.name):
        raise StartFailure(_NOT_THIS_USERS[wanted].format(launcher=launcher))
    lacking = [finding for finding in findings if finding.needed and not finding.held]
    if not lacking:
        return best
    why = "; ".join(f"{f.what}: {f.seen} (remedy: {_short(f.remedy)})" for f in lacking)
    raise StartFailure(
        f"Functions can't be isolated here. {why}. {_instead(host, launcher)} "
        f"{launcher} doctor tells more. Without any isolation: {launcher} up --isolation process."
    )


_NOT_THIS_USERS: Final = {
    DIRECT: "Only root can make sandboxes directly: run sudo {launcher} up, or leave --isolation out.",
    BUBBLEWRAP: "bubblewrap is for ordinary users; root has more: leave --isolation out.",
}


def _instead(host: Host, launcher: str) -> str:
    return "" if host.uid() == 0 else f"Or as root: sudo {launcher} up."


def _short(remedy: str) -> str:
    return remedy.partition("\n")[0].rstrip(":")

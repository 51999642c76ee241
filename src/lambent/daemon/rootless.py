"""What this host offers an ordinary user for isolation."""

from collections.abc import Sequence
from typing import Final

from lambent.daemon import doctor
from lambent.daemon.host import Finding, Host

_RESTRICTION: Final = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
_CLONE: Final = "/proc/sys/kernel/unprivileged_userns_clone"
_PROFILE: Final = """\
AppArmor must allow it for bwrap; as root, once:
cat > /etc/apparmor.d/lambent-bwrap <<'END'
abi <abi/4.0>,
include <tunables/global>
profile lambent-bwrap {bwrap} flags=(unconfined) {{
  userns,
}}
END
apparmor_parser -r /etc/apparmor.d/lambent-bwrap"""


def examine(host: Host) -> Sequence[Finding]:
    """Look at everything that isolation without root stands on; a sandbox is tried where nothing else is lacking."""
    found = [doctor.kernel(host), doctor.user_namespaces(host), doctor.seccomp(host)]
    found += [doctor.library(host), _bwrap(host)]
    return [*found, _trial(host)] if all(finding.held for finding in found) else found


def _bwrap(host: Host) -> Finding:
    place = host.program("bwrap")
    return Finding(
        what="bubblewrap",
        held=place is not None,
        needed=True,
        seen=place or "bwrap is not found",
        remedy="sudo apt-get install bubblewrap",
    )


def _trial(host: Host) -> Finding:
    failure = host.rootless_trial()
    return Finding(
        what="a sandbox",
        held=not failure,
        needed=True,
        seen=failure or "one was made",
        remedy=_remedy(host),
    )


def _remedy(host: Host) -> str:
    if (host.text(_RESTRICTION) or "0").strip() == "1":
        return _PROFILE.format(bwrap=host.program("bwrap") or "/usr/bin/bwrap")
    if (host.text(_CLONE) or "1").strip() == "0":
        return "sudo sysctl kernel.unprivileged_userns_clone=1"
    return "in a container, /proc may be masked: run it with --security-opt systempaths=unconfined, or lambent outside"

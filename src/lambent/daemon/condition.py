"""What `lambent status` tells: the daemon's own word, and what the kernel knows of its processes."""

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from lambent.daemon.running import NoDaemon, RunningDaemon, process_facts

_SECONDS: Final = 5.0
_TOLD: Final = (
    "version",
    "isolation",
    "isolated",
    "runtimes",
    "environments",
    "invocations",
    "network",
)
_LARGEST_BYTES: Final = 1 << 20


def condition(data_dir: Path) -> dict[str, Any]:
    """Everything that is known of the daemon of `data_dir`, as JSON; its `status` is `stopped` when there is none.

    Raises StartFailure when this user may not know.
    """
    try:
        found = RunningDaemon(data_dir)
    except NoDaemon:
        return {"status": "stopped", "data_dir": str(data_dir)}
    with closing(found) as daemon:
        written = daemon.status()
        endpoint = str(written.get("endpoint", ""))
        health = _health(endpoint) if endpoint else {}
        supervisor = process_facts(daemon.pid)
        pids = {"supervisor": daemon.pid, **dict(written.get("processes") or {})}
        restarts = written.get("restarts") or {}
        return {
            "status": health.get("status", "unreachable" if endpoint else "starting"),
            "data_dir": str(data_dir),
            "endpoint": endpoint or None,
            "user": written.get("user"),
            "uptime_seconds": round(supervisor.uptime_seconds, 1) if supervisor else None,
            "processes": {name: _process(pid, restarts.get(name, 0)) for name, pid in pids.items()},
            "crash_looping": written.get("crash_looping", []),
            **{key: health[key] for key in _TOLD if key in health},
        }


def shown(found: Mapping[str, Any]) -> Sequence[str]:
    """The same for a person."""
    if found["status"] == "stopped":
        return [f"No lambent runs with the data directory {found['data_dir']}."]
    uptime = found["uptime_seconds"]
    facts = {
        "status": found["status"],
        "endpoint": found["endpoint"],
        "version": found.get("version"),
        "data": found["data_dir"],
        "user": found.get("user"),
        "uptime": _duration(uptime) if uptime is not None else None,
        "isolation": found.get("isolation"),
        "network": _network(found.get("network")),
        "runtimes": ", ".join(found.get("runtimes") or ()),
        "environments": found.get("environments"),
        "invocations": found.get("invocations"),
        "crash-looping": ", ".join(found["crash_looping"]),
    }
    lines = [f"{name:<13} {value}" for name, value in facts.items() if value not in (None, "")]
    lines += ["", f"{'process':<13} {'pid':>8} {'memory':>10} {'restarts':>9}"]
    for name, process in found["processes"].items():
        memory = process["memory_bytes"]
        size = f"{memory / 1_048_576:.1f} MiB" if memory is not None else "?"
        lines.append(f"{name:<13} {process['pid']:>8} {size:>10} {process['restarts']:>9}")
    return lines


def _network(told: object) -> str:
    if not isinstance(told, Mapping):
        return ""
    return ": ".join(str(told[key]) for key in ("policy", "why") if told.get(key))


def _process(pid: int, restarts: int) -> dict[str, Any]:
    facts = process_facts(pid)
    return {
        "pid": pid,
        "memory_bytes": facts.memory_bytes if facts else None,
        "uptime_seconds": round(facts.uptime_seconds, 1) if facts else None,
        "restarts": restarts,
    }


def _health(endpoint: str) -> dict[str, Any]:
    """What the edge answers; nothing when it does not."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    url = urlsplit(endpoint)
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(url.hostname or "", url.hostname)  # noqa: S104  compared with
    connection = HTTPConnection(host or "", url.port, timeout=_SECONDS)
    try:
        connection.request("GET", "/_lambent/health")
        document = json.loads(connection.getresponse().read(_LARGEST_BYTES))
    except (OSError, HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    return dict(document) if isinstance(document, dict) else {}


def _duration(seconds: float) -> str:
    """Such as 2 d 3 h, 4 min 5 s."""
    whole = int(seconds)
    parts = [
        (whole // 86_400, "d"),
        (whole // 3_600 % 24, "h"),
        (whole // 60 % 60, "min"),
        (whole % 60, "s"),
    ]
    first = next((n for n, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2])

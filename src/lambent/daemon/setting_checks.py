"""What a setting's value may be: each check gives the value as it is used, or raises Unfit with what it should have been."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

ISOLATIONS: Final = ("auto", "direct", "bubblewrap", "process")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
NETWORK_POLICIES: Final = ("nat", "none")
DEPRECATIONS: Final = ("warn", "enforce")


class Unfit(Exception):
    """What a value should have been."""


def whole(least: int, most: int | None = None) -> Callable[[object], int]:
    """A whole number in a span."""
    span = f"from {least} to {most}" if most is not None else f"of at least {least}"

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Unfit(f"a whole number {span}")
        if value < least or (most is not None and value > most):
            raise Unfit(f"a whole number {span}")
        return value

    return check


def seconds(least: float, most: float) -> Callable[[object], float]:
    """A number of seconds in a span."""

    def check(value: object) -> float:
        fits = isinstance(value, int | float) and not isinstance(value, bool)
        if not fits or not least <= float(value) <= most:  # type: ignore[arg-type]  # `fits` says so
            raise Unfit(f"a number of seconds from {least:g} to {most:g}")
        return float(value)  # type: ignore[arg-type]  # as above

    return check


def yes_or_no(value: object) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def address(value: object) -> str:
    """An IP address."""
    try:
        return str(ipaddress.ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        raise Unfit("an IP address such as 127.0.0.1") from None


def region(value: object) -> str:
    """A region's name."""
    if not isinstance(value, str) or not re.fullmatch(r"[a-z]{2,4}(-[a-z]+)+-\d{1,2}", value):
        raise Unfit("a region such as us-east-1")
    return value


def directory(value: object) -> Path:
    """A directory, its path made absolute."""
    if not isinstance(value, str | Path) or not str(value) or "\0" in str(value):
        raise Unfit("the path of a directory")
    try:
        return Path(value).expanduser().absolute()
    except RuntimeError:  # ~NOBODY
        raise Unfit("the path of a directory") from None


def isolation(value: object) -> str:
    """A way to keep functions from the host."""
    if value not in ISOLATIONS:
        raise Unfit("one of " + ", ".join(ISOLATIONS))
    return str(value)


def account(value: object) -> str:
    """An account, by name or uid."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(
        r"[A-Za-z_][A-Za-z0-9_.-]*\$?|[0-9]{1,10}", text
    ):
        raise Unfit("the name of an account or a uid")
    return text


def shell_command(value: object) -> str:
    """A command."""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Unfit("a command for the shell")
    return value


def log_level(value: object) -> str:
    """How much is logged."""
    if value not in LOG_LEVELS:
        raise Unfit("one of " + ", ".join(LOG_LEVELS))
    return str(value)


def origins(value: object) -> tuple[str, ...]:
    """Origins of web pages."""
    shape = re.compile(r"\*|[a-z][a-z0-9+.-]*://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
    if not isinstance(value, list | tuple) or not all(
        isinstance(origin, str) and shape.fullmatch(origin) for origin in value
    ):
        raise Unfit('a list of origins such as "http://localhost:3000"')
    return tuple(value)


def hosts(value: object) -> tuple[str, ...]:
    """Host names."""
    shape = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
    if not isinstance(value, list | tuple) or not all(
        isinstance(host, str) and shape.fullmatch(host) for host in value
    ):
        raise Unfit('a list of host names such as "lambent.example.org"')
    return tuple(value)


def network_policy(value: object) -> str:
    """Whether functions reach other hosts."""
    if value not in NETWORK_POLICIES:
        raise Unfit("one of " + ", ".join(NETWORK_POLICIES))
    return str(value)


def deprecation(value: object) -> str:
    """What comes of functions whose runtime AWS takes no more."""
    if value not in DEPRECATIONS:
        raise Unfit("one of " + ", ".join(DEPRECATIONS))
    return str(value)


def endpoint(value: object) -> str:
    """Where a service of AWS's kind answers."""
    shape = r"https?://([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?/?"
    if not isinstance(value, str) or not re.fullmatch(shape, value):
        raise Unfit("the URL of an endpoint such as http://127.0.0.1:9000, without a path")
    return value.rstrip("/")


def addresses(value: object) -> tuple[str, ...]:
    """IP addresses."""
    try:
        return tuple(map(address, value if isinstance(value, list | tuple) else [None]))
    except Unfit:
        raise Unfit('a list of IP addresses such as "192.0.2.53"') from None

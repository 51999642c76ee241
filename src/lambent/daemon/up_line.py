"""`lambent up` with plain options, without the command line's library: loading that takes a third of a second."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

TAKING_A_VALUE: Final[Mapping[str, Callable[[str], object]]] = {
    "--port": int,
    "--bind": str,
    "--region": str,
    "--data-dir": Path,
    "--user": str,
    "--config": Path,
    "--isolation": str,
    "--log-level": str,
    "--idle-seconds": float,
    "--drain-seconds": float,
    "--network-policy": str,
}
SWITCHES: Final = ("--allow-open-bind", "--allow-reset", "--log-to-file")


def plain_flags(arguments: Sequence[str]) -> Mapping[str, object] | None:
    """The flags by field, as `config.load_settings` takes them, of an `up` that is beyond doubt.

    None for everything else (another command, help, a slip): the command line knows what to say to that.
    """
    if arguments[:1] != ["up"]:
        return None
    flags: dict[str, object] = {}
    left = iter(arguments[1:])
    for argument in left:
        name, equals, value = argument.partition("=")
        if argument in SWITCHES:
            flags[_field(argument)] = True
            continue
        read = TAKING_A_VALUE.get(name)
        if read is None:
            return None
        value = value if equals else next(left, "--")
        if value.startswith("-"):
            return None
        try:
            flags[_field(name)] = read(value)
        except ValueError:
            return None
    return flags


def _field(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")

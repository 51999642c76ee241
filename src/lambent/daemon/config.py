"""The daemon's settings: file < environment < flags. The only reader of the process's environment."""

import ipaddress
import os
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambent.daemon import setting_checks as checks
from lambent.daemon.interpreters import InterpreterPlaces, places_of
from lambent.daemon.places import data_dir_of, run_root_of
from lambent.model.limits import ACCOUNT_CONCURRENCY

_PREFIX: Final = "LAMBENT_"
OTHER_VARIABLES: Final = frozenset(
    {
        "LAMBENT_CONFIG",
        "LAMBENT_ENDPOINT",
        "LAMBENT_LAUNCHER",
        "LAMBENT_NO_APT",
        "LAMBENT_PYTHON",
    }
)
"""Read by the launcher and the command line, not settings of the daemon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one daemon was told; every field has an effect."""

    bind: str = "127.0.0.1"
    port: int = 4566
    """0 lets the system choose one."""
    region: str = "us-east-1"
    """For requests whose signature names none."""
    data_dir: Path = Path("/var/lib/lambent")
    isolation: str = "auto"
    """How functions are kept from the host; `auto` is the best that this user can have."""
    user: str = ""
    """Account or uid that edge and control run as; empty: `lambent` if there is such an account, else a uid of its own."""
    allow_open_bind: bool = False
    log_level: str = "info"
    log_to_file: bool = False
    """Whether the daemon's own log goes to DATA/log/lambent.log, which is rotated, rather than to stderr."""
    allow_reset: bool = False
    """Whether `POST /_lambent/reset` may empty the data directory."""
    drain_seconds: float = 15.0
    """How long invocations may go on after SIGTERM."""
    allowed_origins: tuple[str, ...] | None = None
    """Origins whose pages may call, in full; a lone `*` is any. None: this machine's own, on any port."""
    allowed_hosts: tuple[str, ...] = ()
    """Names, and all below them, under which requests may come besides addresses and this machine's own names."""
    log_max_bytes: int = 1_073_741_824
    """What all functions' log events together may take; the oldest go first."""
    idle_seconds: float = 600.0
    """How long an execution environment is kept without an invocation."""
    cells: int | None = None
    """How many environments without a function wait for each runtime at most; None: eight for each processor. 0 costs no
    memory, and every cold start brings its interpreter up itself."""
    concurrent_executions: int = ACCOUNT_CONCURRENCY
    """How many invocations may run at once in one account and region."""
    key_command: str = ""
    """Prints what the data directory's key is locked with; empty: the key lies in its file as it is."""
    runtimes_sdk: bool = True
    """Whether AWS's SDKs are fetched for functions, with the first one of each runtime."""
    runtimes_deprecation: str = "warn"
    """Whether what AWS takes no more is refused (`enforce`), or taken with a word in the log."""
    code_s3_endpoint: str = ""
    """Where packages in S3 are fetched from; empty: nowhere."""

    network_policy: str | None = None
    """`nat` or `none`; None: nat where the host can give it."""
    network_docker_user: bool = False
    """Whether what functions send may pass the chain that Docker leaves to operators."""
    network_name_servers: tuple[str, ...] = ()
    """Asked for functions' look-ups of names in place of the host's."""

    @property
    def log_file(self) -> Path | None:
        """Where the daemon's own log goes; None for stderr."""
        return log_file(self.data_dir) if self.log_to_file else None

    @property
    def open_bind(self) -> bool:
        """Whether other hosts can reach the port."""
        return not ipaddress.ip_address(self.bind).is_loopback


def log_file(data_dir: Path) -> Path:
    """Where a daemon with `log_to_file` writes its log."""
    return data_dir / "log" / "lambent.log"


class ConfigError(Exception):
    """A setting that can't be; the text is one sentence that names it and where it came from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One setting: its field, its key in lambent.toml, and how its values are read."""

    field: str
    key: str
    check: Callable[[Any], object]
    """Makes the field's value from one of TOML's types or raises checks.Unfit."""
    from_text: Callable[[str], object] = str
    """Makes from an environment variable what the file would have held."""

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return _PREFIX + self.key.upper().replace(".", "_")

    @property
    def expected(self) -> str:
        """What a value must be, in the words of the refusal."""
        try:
            self.check(None)  # which no setting takes: TOML has no null
        except checks.Unfit as should:
            return str(should)
        return "anything"


def _number(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _truth(text: str) -> object:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)


def _listed(text: str) -> object:
    return [part.strip() for part in text.split(",") if part.strip()]


OPTIONS: Final = (
    Option(field="runtimes_sdk", key="runtimes.sdk", check=checks.yes_or_no, from_text=_truth),
    Option(field="runtimes_deprecation", key="runtimes.deprecation", check=checks.deprecation),
    Option(field="code_s3_endpoint", key="code.s3_endpoint", check=checks.endpoint),
    Option(field="bind", key="bind", check=checks.address),
    Option(field="port", key="port", check=checks.whole(0, 65_535), from_text=_number),
    Option(field="region", key="region", check=checks.region),
    Option(field="data_dir", key="data_dir", check=checks.directory),
    Option(field="user", key="user", check=checks.account),
    Option(
        field="allow_open_bind", key="allow_open_bind", check=checks.yes_or_no, from_text=_truth
    ),
    Option(field="isolation", key="isolation", check=checks.isolation),
    Option(field="log_level", key="log_level", check=checks.log_level),
    Option(field="log_to_file", key="log_to_file", check=checks.yes_or_no, from_text=_truth),
    Option(field="allow_reset", key="allow_reset", check=checks.yes_or_no, from_text=_truth),
    Option(
        field="drain_seconds", key="drain_seconds", check=checks.seconds(0, 900), from_text=_number
    ),
    Option(
        field="allowed_origins", key="http.allowed_origins", check=checks.origins, from_text=_listed
    ),
    Option(field="allowed_hosts", key="http.allowed_hosts", check=checks.hosts, from_text=_listed),
    Option(
        field="log_max_bytes",
        key="logs.max_bytes",
        check=checks.whole(1_048_576),
        from_text=_number,
    ),
    Option(field="key_command", key="encryption.key_command", check=checks.shell_command),
    Option(
        field="concurrent_executions",
        key="limits.concurrent_executions",
        check=checks.whole(1, 100_000),
        from_text=_number,
    ),
    Option(
        field="idle_seconds",
        key="environments.idle_seconds",
        check=checks.seconds(1, 86_400),
        from_text=_number,
    ),
    Option(
        field="cells", key="environments.cells", check=checks.whole(0, 1_000), from_text=_number
    ),
    Option(field="network_policy", key="network.policy", check=checks.network_policy),
    Option(
        field="network_docker_user",
        key="network.docker_user",
        check=checks.yes_or_no,
        from_text=_truth,
    ),
    Option(
        field="network_name_servers",
        key="network.name_servers",
        check=checks.addresses,
        from_text=_listed,
    ),
)


def load_settings(flags: Mapping[str, object]) -> Settings:
    """The settings of this process: `flags` by field (None: not given), its environment, the file.

    The file is the one that the flag `config` or LAMBENT_CONFIG names. Raises ConfigError.
    """
    return settings_from(flags=flags, environ=os.environ, uid=os.geteuid())


def settings_from(
    *, flags: Mapping[str, object], environ: Mapping[str, str], uid: int = 0
) -> Settings:
    """As `load_settings`, with the environment and the user given."""
    chosen: dict[str, Any] = {"data_dir": data_dir_of(environ, uid=uid)}
    file = flags.get("config") or environ.get("LAMBENT_CONFIG")
    if file:
        chosen |= _from_file(Path(str(file)).expanduser())
    chosen |= _from_environment(environ)
    by_field = {option.field: option for option in OPTIONS}
    for field, value in flags.items():
        if field != "config" and value is not None:
            option = by_field[field]
            flag = "--" + option.field.replace("_", "-")
            chosen[field] = _checked(option, value, f"the option {flag}")
    settings = Settings(**chosen)
    if settings.open_bind and not settings.allow_open_bind:
        raise ConfigError(
            f"Binding {settings.bind} lets every host that reaches it run code here without a "
            "password; say --allow-open-bind (or allow_open_bind = true) if you mean it."
        )
    return settings


def _from_file(path: Path) -> dict[str, object]:
    import tomllib

    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"Cannot read the configuration file {path}: {reason}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    by_key = {option.key: option for option in OPTIONS}
    chosen: dict[str, object] = {}
    for key, value in _flat(document, by_key, path).items():
        if key not in by_key:
            raise ConfigError(_unknown("key", key, by_key, f" in {path}"))
        option = by_key[key]
        chosen[option.field] = _checked(option, value, f'"{key}" in {path}')
    return chosen


def _flat(document: Mapping[str, object], known: Collection[str], path: Path) -> dict[str, object]:
    tables = {key.partition(".")[0] for key in known if "." in key}
    flat: dict[str, object] = {}
    for key, value in document.items():
        if isinstance(value, dict) and key in tables:
            flat |= {f"{key}.{inner}": content for inner, content in value.items()}
        elif isinstance(value, dict) and key not in known:
            raise ConfigError(_unknown("table", key, tables, f" in {path}"))
        else:
            flat[key] = value
    return flat


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    by_variable = {option.variable: option for option in OPTIONS}
    chosen: dict[str, object] = {}
    for name, text in environ.items():
        if not name.startswith(_PREFIX) or name in OTHER_VARIABLES:
            continue
        if name not in by_variable:
            known = {*by_variable, *OTHER_VARIABLES}
            raise ConfigError(_unknown("environment variable", name, known, ""))
        option = by_variable[name]
        chosen[option.field] = _checked(
            option, option.from_text(text), f"the environment variable {name}"
        )
    return chosen


def _checked(option: Option, value: object, source: str) -> object:
    try:
        return option.check(value)
    except checks.Unfit as should:
        shown = f'"{value}"' if isinstance(value, str) else str(value)
        raise ConfigError(f"The value {shown} of {source} is not {should}.") from None


def _unknown(what: str, name: str, known: Collection[str], where: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(sorted(known)) + "."
    return f'Unknown {what} "{name}"{where}: {hint}'


def run_root() -> Path:
    """Where this user's daemons have their run directories."""
    return run_root_of(os.environ, uid=os.geteuid())


def environment_at(home: Path) -> Mapping[str, str]:
    """This process's environment, for a program that is to find its own settings in `home` and nowhere else of a user's."""
    elsewhere = ("XDG_", "TMPDIR")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(elsewhere)}
    return kept | {"HOME": str(home)}


def aws_access_key() -> tuple[str, str, str] | None:
    """This process's own AWS key, as the variables of AWS's tools have it: id, secret, session token; None without one."""
    key_id = os.environ.get("AWS_ACCESS_KEY_ID")
    secret = os.environ.get("AWS_SECRET_ACCESS_KEY")
    return (key_id, secret, os.environ.get("AWS_SESSION_TOKEN", "")) if key_id and secret else None


def launcher_name() -> str:
    """What a person types to start this program: the launcher says so, else it is on the PATH."""
    return shlex.quote(os.environ.get("LAMBENT_LAUNCHER", "lambent"))


def interpreter_places() -> InterpreterPlaces:
    """Where this process's user has interpreters. Edge and control, whose user has none, are told by the supervisor."""
    return places_of(os.environ)

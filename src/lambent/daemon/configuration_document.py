"""docs/configuration.md, made of the settings themselves."""

import json
from pathlib import Path
from typing import Final

from lambent.daemon.config import OPTIONS, Option, Settings
from lambent.daemon.setting_words import WORDS
from lambent.daemon.up_line import SWITCHES, TAKING_A_VALUE

_HEAD: Final = """\
# Configuration

Made from the code by `./lambent renew`; a test fails when it is not what the code says.

A setting may stand in a file, in an environment variable and, most of them, in a flag of `lambent up`: a flag wins over the
environment, and that over the file. The file is TOML, the one that `--config` or `LAMBENT_CONFIG` names; without either none is
read. A key or variable that lambent does not know, or a value that can't be, ends the start with a sentence that names it.
`lambent down` and `lambent status` read the same settings to find the daemon: give them the same `--data-dir` or `--config`.

In the file a key with a dot is one of a table: `http.allowed_origins` is `allowed_origins` below `[http]`. In a variable a list
is separated by commas, and `1` and `0` will do for `true` and `false`. Under sudo variables get lost: `sudo LAMBENT_PORT=4700 ./lambent up`.

"""
_OTHERS: Final = """
## Variables that are no settings

| variable | read by | meaning |
|---|---|---|
| `LAMBENT_CONFIG` | `up`, `down`, `status` | The file, as `--config`. |
| `LAMBENT_ENDPOINT` | the commands that call the API | Where the daemon answers, as `--endpoint`. |
| `LAMBENT_PYTHON` | `./lambent`, when it makes `.venv` | The Python to make it with; 3.11 or newer. |
| `LAMBENT_NO_APT` | `./lambent`, when it makes `.venv` | `1` has it name missing system packages rather than install them. |
| `AWS_REGION`, `AWS_DEFAULT_REGION` | the commands that call the API | The functions' region, as `--region`. |
| `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` | the commands that call the API; the daemon | Keys to sign with: commands take `test` without them, and the daemon asks [`code.s3_endpoint`](#codes3_endpoint) unsigned. |
"""


def configuration_document() -> str:
    """The document's text. Raises KeyError when a setting has no words."""
    options = sorted(OPTIONS, key=lambda option: ("." in option.key, option.key))
    rows = "".join(_row(option) for option in options)
    table = f"| key | flag | variable | default |\n|---|---|---|---|\n{rows}"
    return _HEAD + table + "".join(_section(option) for option in options) + _OTHERS


def flag_of(option: Option) -> str | None:
    """The flag of `lambent up` that sets it."""
    flag = "--" + option.field.replace("_", "-")
    return flag if flag in TAKING_A_VALUE or flag in SWITCHES else None


def _row(option: Option) -> str:
    flag = flag_of(option)
    shown = f"`{flag}`" if flag else ""
    return f"| [`{option.key}`](#{_anchor(option.key)}) | {shown} | `{option.variable}` | {_default(option)} |\n"


def _section(option: Option) -> str:
    words, flag = WORDS[option.field], flag_of(option)
    ways = [f"`{option.key}` in the file", f"`{flag}`" if flag else "", f"`{option.variable}`"]
    return (
        f"\n## {option.key}\n\n{words.meaning}\n\n"
        f"- Set by: {', '.join(way for way in ways if way)}\n"
        f"- Type: {option.expected}\n"
        f"- Default: {_default(option)}\n"
        f"- Without it: {words.without}\n"
    )


def _default(option: Option) -> str:
    value = getattr(Settings(), option.field)
    if value in (None, ""):
        return "not set"
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"`{json.dumps(value)}`"


def _anchor(heading: str) -> str:
    """GitHub's anchor of a heading."""
    return heading.replace(".", "")

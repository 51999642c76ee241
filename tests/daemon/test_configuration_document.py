"""docs/configuration.md says what the settings are."""

import re
import tomllib
from pathlib import Path

from lambent.daemon.config import OPTIONS, Settings, settings_from
from lambent.daemon.configuration_document import configuration_document
from lambent.daemon.setting_words import WORDS
from lambent.daemon.up_line import SWITCHES, TAKING_A_VALUE
from tests.daemon.stage import ROOT
from tests.renew import CONFIGURATION_FILE


def test_the_page_of_settings_is_what_the_code_says() -> None:
    assert configuration_document() == CONFIGURATION_FILE.read_text("utf-8"), "run ./lambent renew"


def test_every_setting_has_words_and_no_words_are_left_over() -> None:
    fields = {option.field for option in OPTIONS}
    assert set(WORDS) == fields, "daemon/setting_words.py has one entry for each setting"
    assert fields == set(Settings.__dataclass_fields__)


def test_every_flag_of_up_is_on_the_page() -> None:
    page = configuration_document()
    for flag in {*TAKING_A_VALUE, *SWITCHES} - {"--config"}:
        assert f", `{flag}`, `LAMBENT_" in page, flag


def test_the_defaults_on_the_page_are_values_that_the_file_takes(
    tmp_path: Path,
) -> None:
    told = re.findall(r"^\| \[`(.+?)`\].*\| `(.+)` \|$", configuration_document(), re.MULTILINE)
    unset = [option for option in OPTIONS if getattr(Settings(), option.field) in (None, "")]
    assert len(told) == len(OPTIONS) - len(unset)
    file = tmp_path / "lambent.toml"
    file.write_text("\n".join(f"{key} = {value}" for key, value in told))
    assert tomllib.loads(file.read_text())["port"] == 4566
    assert settings_from(flags={"config": file}, environ={}) == Settings()


def test_the_launcher_s_own_variables_are_no_unknown_settings_and_on_the_page() -> None:
    read = set(re.findall(r"LAMBENT_[A-Z_]+", (ROOT / "lambent").read_text()))
    assert "LAMBENT_PYTHON" in read
    assert settings_from(flags={}, environ=dict.fromkeys(read, "1")) == Settings()
    page = configuration_document()
    assert [name for name in read - {"LAMBENT_LAUNCHER"} if f"`{name}`" not in page] == []

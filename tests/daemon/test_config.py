"""Settings: file < environment < flags, and what is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambent.daemon.config import OPTIONS, ConfigError, Settings, settings_from


def load(
    tmp_path: Path, *, toml: str = "", environ: dict[str, str] | None = None, **flags: object
) -> Settings:
    if toml:
        file = tmp_path / "lambent.toml"
        file.write_text(toml)
        flags["config"] = file
    return settings_from(flags=flags, environ=environ or {})


def refusal(
    tmp_path: Path, *, toml: str = "", environ: dict[str, str] | None = None, **flags: object
) -> str:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, toml=toml, environ=environ, **flags)
    return str(caught.value).replace(str(tmp_path), "DIR")


def test_nothing_given_is_the_defaults(tmp_path: Path) -> None:
    assert load(tmp_path) == Settings()


def test_the_environment_beats_the_file_and_a_flag_beats_both(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        toml='port = 1\nregion = "eu-west-1"\n[logs]\nmax_bytes = 2000000\n',
        environ={"LAMBENT_PORT": "2", "LAMBENT_REGION": "cn-north-1"},
        port=3,
    )
    assert settings.port == 3
    assert settings.region == "cn-north-1"
    assert settings.log_max_bytes == 2_000_000


def test_every_option_can_be_set_by_file_and_by_environment(tmp_path: Path) -> None:
    values: dict[str, object] = {
        "bind": "::1",
        "port": 80,
        "region": "us-gov-west-1",
        "data_dir": "/srv/x",
        "isolation": "process",
        "user": "lambda-runner",
        "allow_open_bind": True,
        "log_level": "debug",
        "log_to_file": True,
        "allow_reset": True,
        "drain_seconds": 2.5,
        "http.allowed_origins": ["https://example.org"],
        "http.allowed_hosts": ["lambent.corp", "other"],
        "logs.max_bytes": 1_048_576,
        "limits.concurrent_executions": 40,
        "encryption.key_command": "cat /etc/lambent.key",
        "environments.idle_seconds": 30,
        "environments.cells": 3,
        "runtimes.sdk": False,
        "runtimes.deprecation": "enforce",
        "code.s3_endpoint": "http://127.0.0.1:9000",
        "network.policy": "none",
        "network.docker_user": True,
        "network.name_servers": ["192.0.2.53", "2001:db8::53"],
    }
    assert set(values) == {option.key for option in OPTIONS}
    toml = "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
    environ = {
        option.variable: ",".join(value) if isinstance(value, list) else str(value).strip("[]")
        for option in OPTIONS
        if (value := values[option.key]) is not None
    }
    by_file = load(tmp_path, toml=toml)
    assert by_file == load(tmp_path, environ=environ)
    assert by_file.allowed_origins == ("https://example.org",)
    assert by_file.data_dir == Path("/srv/x")
    assert by_file.idle_seconds == 30.0


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("port = 99")
    assert load(tmp_path, environ={"LAMBENT_CONFIG": str(tmp_path / "c.toml")}).port == 99


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("prot = 1", 'Unknown key "prot" in DIR/lambent.toml: did you mean "port"?'),
        (
            "[http]\nallowed_origin = []",
            (
                'Unknown key "http.allowed_origin" in DIR/lambent.toml: '
                'did you mean "http.allowed_origins"?'
            ),
        ),
        (
            "[htpp]\nallowed_origins = []",
            'Unknown table "htpp" in DIR/lambent.toml: did you mean "http"?',
        ),
        (
            'port = "80"',
            'The value "80" of "port" in DIR/lambent.toml is not a whole number from 0 to 65535.',
        ),
        (
            "port = true",
            'The value True of "port" in DIR/lambent.toml is not a whole number from 0 to 65535.',
        ),
        (
            "port = 65536",
            'The value 65536 of "port" in DIR/lambent.toml is not a whole number from 0 to 65535.',
        ),
        (
            '[runtimes]\ndeprecation = "ignore"',
            (
                'The value "ignore" of "runtimes.deprecation" in DIR/lambent.toml is not '
                "one of warn, enforce."
            ),
        ),
        (
            '[code]\ns3_endpoint = "http://127.0.0.1:9000/bucket"',
            (
                'The value "http://127.0.0.1:9000/bucket" of "code.s3_endpoint" in DIR/lambent.toml is not '
                "the URL of an endpoint such as http://127.0.0.1:9000, without a path."
            ),
        ),
        (
            '[network]\npolicy = "bridge"',
            'The value "bridge" of "network.policy" in DIR/lambent.toml is not one of nat, none.',
        ),
        (
            '[network]\nname_servers = ["dns.example.org"]',
            (
                "The value ['dns.example.org'] of \"network.name_servers\" in DIR/lambent.toml is not "
                'a list of IP addresses such as "192.0.2.53".'
            ),
        ),
        (
            "[logs]\nmax_bytes = 5",
            (
                'The value 5 of "logs.max_bytes" in DIR/lambent.toml is not '
                "a whole number of at least 1048576."
            ),
        ),
        (
            'http.allowed_origins = ["localhost"]',
            (
                "The value ['localhost'] of \"http.allowed_origins\" in DIR/lambent.toml is not "
                'a list of origins such as "http://localhost:3000".'
            ),
        ),
        (
            "[environments]\nidle_seconds = nan",
            (
                'The value nan of "environments.idle_seconds" in DIR/lambent.toml is not '
                "a number of seconds from 1 to 86400."
            ),
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_key_and_what_it_should_be(
    tmp_path: Path, toml: str, words: str
) -> None:
    assert refusal(tmp_path, toml=toml) == words


def test_a_file_that_is_no_toml_or_not_there_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, toml="port =").startswith("DIR/lambent.toml is not valid TOML: ")
    missing = refusal(tmp_path, config=tmp_path / "none.toml")
    assert missing == (
        "Cannot read the configuration file DIR/none.toml: no such file or directory."
    )


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        (
            "LAMBENT_PROT",
            "1",
            'Unknown environment variable "LAMBENT_PROT": did you mean "LAMBENT_PORT"?',
        ),
        (
            "LAMBENT_PORT",
            "http",
            (
                'The value "http" of the environment variable LAMBENT_PORT is not '
                "a whole number from 0 to 65535."
            ),
        ),
        (
            "LAMBENT_BIND",
            "localhost",
            (
                'The value "localhost" of the environment variable LAMBENT_BIND is not '
                "an IP address such as 127.0.0.1."
            ),
        ),
        (
            "LAMBENT_LOG_LEVEL",
            "loud",
            (
                'The value "loud" of the environment variable LAMBENT_LOG_LEVEL is not '
                "one of debug, info, warning, error."
            ),
        ),
        (
            "LAMBENT_ALLOW_OPEN_BIND",
            "maybe",
            (
                'The value "maybe" of the environment variable LAMBENT_ALLOW_OPEN_BIND is not '
                "true or false."
            ),
        ),
    ],
)
def test_a_wrong_variable_is_refused_by_name(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    assert refusal(tmp_path, environ={name: value}) == words


def test_variables_of_the_launcher_and_of_others_are_no_settings(tmp_path: Path) -> None:
    environ = {"LAMBENT_NO_APT": "1", "LAMBENT_ENDPOINT": "http://x", "PORT": "nonsense"}
    assert load(tmp_path, environ=environ) == Settings()


def test_a_wrong_flag_is_refused_by_its_name(tmp_path: Path) -> None:
    assert refusal(tmp_path, data_dir="") == (
        'The value "" of the option --data-dir is not the path of a directory.'
    )


@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_binding_what_others_can_reach_must_be_said_twice(tmp_path: Path, bind: str) -> None:
    assert "--allow-open-bind" in refusal(tmp_path, bind=bind)
    settings = load(tmp_path, bind=bind, allow_open_bind=True)
    assert settings.open_bind


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_is_closed(tmp_path: Path, bind: str) -> None:
    assert not load(tmp_path, bind=bind).open_bind


@pytest.mark.parametrize("origin", ["localhost", "http://x:*", "http://x/", "http://", "null", ""])
def test_what_could_never_match_is_no_origin(tmp_path: Path, origin: str) -> None:
    assert "is not a list of origins" in refusal(tmp_path, allowed_origins=[origin])


@pytest.mark.parametrize("host", ["", "a b", "http://x", "x:80", ".x", "*"])
def test_what_is_no_host_name_is_refused(tmp_path: Path, host: str) -> None:
    assert "is not a list of host names" in refusal(tmp_path, allowed_hosts=[host])


@pytest.mark.parametrize("user", ["", "a b", "../x", "-1", "1.5", True, "x:y", "12345678901"])
def test_a_user_is_an_account_or_a_uid(tmp_path: Path, user: object) -> None:
    assert "is not the name of an account or a uid" in refusal(tmp_path, user=user)


def test_a_uid_may_be_a_number(tmp_path: Path) -> None:
    assert load(tmp_path, toml="user = 990").user == load(tmp_path, user="990").user == "990"


@pytest.mark.parametrize("origin", ["*", "http://x", "https://[::1]:8080", "app://a.b-c"])
def test_an_origin_in_full_is_one(tmp_path: Path, origin: str) -> None:
    assert load(tmp_path, allowed_origins=[origin]).allowed_origins == (origin,)


names = st.sampled_from([option.variable for option in OPTIONS])


@example({"LAMBENT_DATA_DIR": "~0"})
@given(st.dictionaries(names, st.text(max_size=20)))
def test_any_environment_gives_settings_or_one_clear_sentence(environ: dict[str, str]) -> None:
    try:
        settings = settings_from(flags={}, environ=environ)
    except ConfigError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert any(name in sentence for name in environ) or "--allow-open-bind" in sentence
    else:
        assert 0 <= settings.port <= 65_535
        assert 1 <= settings.idle_seconds <= 86_400

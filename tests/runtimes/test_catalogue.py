"""Finding runtimes: on a made-up host whose Pythons are scripts that answer, and on this one."""

import json
from pathlib import Path
from typing import Any

import pytest

from lambent.runtimes.answers import Answers
from lambent.runtimes.catalogue import PYTHONS, RuntimeCatalogue
from lambent.runtimes.installed import Found, InstalledRuntime, MissingRuntime
from lambent.runtimes.nodes import NodePlaces
from lambent.runtimes.provided import PROVIDED
from lambent.runtimes.pythons import Places
from lambent.runtimes.remedies import Remedies
from tests.runtimes.interpreters import PYENV, interpreter


class Host:
    """A made-up host below one folder."""

    def __init__(self, root: Path) -> None:
        self.home, self.bin, self.usr = root / "home", root / "bin", root / "usr"
        self.opt, self.os_release = root / "opt", root / "os-release"
        self.cache = root / "cache"
        for folder in (self.home, self.bin, self.usr, self.opt):
            folder.mkdir()
        self.catalogue = RuntimeCatalogue(
            places=Places(
                homes=[self.home],
                search_path=[self.bin, self.usr / "bin"],
                opt=self.opt,
                usr=self.usr,
            ),
            remedies=Remedies(
                homes=[self.home], search_path=[self.bin], os_release=self.os_release
            ),
            node_places=NodePlaces(store=root / "store", homes=[self.home], search_path=[self.bin]),
            cache_dir=self.cache,
            sdk_dir=root / "sdk",
            answers=Answers(root / "answers"),
            usr=self.usr,
        )

    def find(self, identifier: str) -> Found:
        return self.catalogue.find(identifier)

    def installed(self, identifier: str) -> InstalledRuntime:
        found = self.find(identifier)
        assert isinstance(found, InstalledRuntime), found
        return found

    def reason(self, identifier: str) -> str:
        found = self.find(identifier)
        assert isinstance(found, MissingRuntime), found
        assert found.identifier == identifier
        return found.reason

    def python(
        self, executable: Path, version: str, *, prefix: Path | None = None, **more: Any
    ) -> Path:
        """Put a Python at `executable` whose library lies below `prefix`, and return the latter."""
        prefix = prefix or executable.parent.parent
        series = version.rpartition(".")[0]
        library = prefix / "lib" / f"python{series}"
        (library / "site-packages").mkdir(parents=True, exist_ok=True)
        (library / "os.py").touch()
        told = {
            "version": [int(n) for n in version.split(".")],
            "implementation": "cpython",
            "prefix": str(prefix),
            "free_threaded": False,
            "packages": [str(library / "site-packages")],
            **more,
        }
        self.script(executable, f"echo '{json.dumps(told)}'")
        own = prefix / "bin" / f"python{series}"
        if own != executable:
            self.script(own, "exit 1")
        return prefix

    def script(self, path: Path, body: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho called >> '{path}.calls'\n{body}\n")
        path.chmod(0o755)

    def pyenv(self, version: str) -> Path:
        series = version.rpartition(".")[0]
        folder = self.home / ".pyenv/versions" / version
        return self.python(folder / f"bin/python{series}", version)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_pyenv_s_newest_python_of_the_series_is_taken(host: Host) -> None:
    host.pyenv("3.12.9")
    prefix = host.pyenv("3.12.11")
    host.pyenv("3.13.1")
    (host.home / ".pyenv/versions/3.12.99-mine").mkdir()
    runtime = host.installed("python3.12")
    assert runtime.version == "3.12.11"
    assert runtime.interpreter_dir == prefix
    assert runtime.links == {}
    assert runtime.hidden == ("/var/lang/lib/python3.12/site-packages",)
    assert runtime.argv == ("/var/lang/bin/python3.12", "/var/runtime/bootstrap.py")
    assert runtime.environ["LD_LIBRARY_PATH"].startswith("/var/lang/lib:")


def test_the_distribution_s_own_comes_first(host: Host) -> None:
    host.pyenv("3.12.11")
    host.python(host.usr / "bin/python3.12", "3.12.3")
    assert host.installed("python3.12").version == "3.12.3"


@pytest.mark.parametrize(
    "place",
    [
        "home/.local/share/uv/python/cpython-3.12.5-linux-x86_64-gnu/bin/python3.12",
        "opt/python3.12/bin/python3.12",
        "opt/python/3.12.5/bin/python3.12",
        "elsewhere/bin/python3.12",
    ],
)
def test_it_is_found_in(host: Host, tmp_path: Path, place: str) -> None:
    executable = tmp_path / place
    prefix = host.python(executable, "3.12.5")
    (host.bin / "python3.12").symlink_to(tmp_path / "elsewhere/bin/python3.12")
    assert host.installed("python3.12").interpreter_dir == prefix


def test_a_virtual_environment_leads_to_its_base(host: Host, tmp_path: Path) -> None:
    base = tmp_path / "base"
    host.python(host.bin / "python3.12", "3.12.5", prefix=base)
    assert host.installed("python3.12").interpreter_dir == base


def test_a_distribution_s_python_is_linked_to_and_its_packages_are_covered(host: Host) -> None:
    for folder in ("lib/python3/dist-packages", "lib/python3.9/site-packages", "share/nodejs"):
        (host.usr / folder).mkdir(parents=True)
    host.python(host.bin / "python3.11", "3.11.2", prefix=host.usr)
    runtime = host.installed("python3.11")
    assert runtime.interpreter_dir is None
    assert runtime.links == {
        "bin/python3.11": "/usr/bin/python3.11",
        "bin/python3": "/usr/bin/python3.11",
        "bin/python": "/usr/bin/python3.11",
    }
    assert set(runtime.hidden) == {
        "/usr/lib/python3/dist-packages",
        "/usr/lib/python3.9/site-packages",
        "/usr/lib/python3.11/site-packages",
        "/usr/share/nodejs",
    }


def test_the_host_s_packages_are_covered_for_a_python_of_one_s_own_too(host: Host) -> None:
    (host.usr / "lib/python3/dist-packages").mkdir(parents=True)
    host.pyenv("3.12.1")
    assert "/usr/lib/python3/dist-packages" in host.installed("python3.12").hidden


def test_a_shared_prefix_shows_nothing_but_its_python(host: Host) -> None:
    local = host.usr / "local"
    host.python(local / "bin/python3.12", "3.12.5")
    (host.bin / "python3.12").symlink_to(local / "bin/python3.12")
    for folder in ("etc", "share", "lib/node_modules", "lib/pkgconfig"):
        (local / folder).mkdir(parents=True)
    (local / "lib/libpython3.12.so.1.0").touch()
    (local / "bin/pip3").touch()
    (local / "bin/python3.12.calls").touch()
    (local / "bin/lambent").write_text(f"#!{local}/bin/python3.12\nimport lambent\n")
    runtime = host.installed("python3.12")
    assert runtime.interpreter_dir == local
    assert set(runtime.hidden) == {
        "/var/lang/lib/python3.12/site-packages",
        "/var/lang/etc",
        "/var/lang/share",
        "/var/lang/lib/node_modules",
        "/var/lang/lib/pkgconfig",
    }


@pytest.mark.parametrize("stranger", ["bin/terraform", "lib/libsecret.so"])
def test_a_shared_prefix_with_strangers_is_refused(host: Host, stranger: str) -> None:
    local = host.usr / "local"
    host.python(local / "bin/python3.12", "3.12.5")
    (host.bin / "python3.12").symlink_to(local / "bin/python3.12")
    (local / stranger).touch()
    reason = host.reason("python3.12")
    assert stranger.rpartition("/")[2] in reason
    assert "which functions may not see" in reason


def test_a_stand_in_that_fails_is_not_believed(host: Host) -> None:
    host.script(
        host.bin / "python3.12", "echo 'pyenv: python3.12: command not found' >&2; exit 127"
    )
    reason = host.reason("python3.12")
    assert reason.startswith("python3.12 needs CPython 3.12, which is not installed on this host. ")
    assert "python3.12 does not work: pyenv: python3.12: command not found." in reason


def test_another_version_is_never_put_in_its_place(host: Host) -> None:
    host.python(host.bin / "python3.12", "3.13.1")
    assert f"{host.bin}/python3.12 is Python 3.13" in host.reason("python3.12")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"implementation": "pypy"}, "is pypy, not CPython"),
        ({"free_threaded": True}, "is a free-threaded build, which AWS does not have"),
        ({"packages": 7}, "does not answer as a Python does"),
    ],
)
def test_an_unfit_python_is_refused(host: Host, more: dict[str, Any], words: str) -> None:
    host.python(host.bin / "python3.12", "3.12.5", **more)
    assert words in host.reason("python3.12")


def test_a_python_without_its_library_is_refused(host: Host, tmp_path: Path) -> None:
    prefix = host.python(host.bin / "python3.12", "3.12.5", prefix=tmp_path / "base")
    (prefix / "lib/python3.12/os.py").unlink()
    assert "has no library of its own" in host.reason("python3.12")


def test_the_next_candidate_is_tried_when_one_fails(host: Host) -> None:
    host.script(host.home / ".pyenv/versions/3.12.9/bin/python3.12", "exit 1")
    prefix = host.pyenv("3.12.1")
    assert host.installed("python3.12").interpreter_dir == prefix


def test_a_file_that_cannot_be_executed_is_refused(host: Host) -> None:
    (host.bin / "python3.12").write_text("")
    assert "does not start: Permission denied" in host.reason("python3.12")


@pytest.mark.parametrize(
    ("release", "files", "words"),
    [
        ('ID=debian\nVERSION_ID="13"\n', [], "Install it with `apt-get install python3.13`."),
        (
            'ID=ubuntu\nVERSION_ID="24.04"\n',
            [],
            "Install uv (https://docs.astral.sh/uv/) and run `uv python install 3.13`.",
        ),
        (
            'ID=debian\nVERSION_ID="13"\n',
            ["home/.pyenv/bin/pyenv", "bin/uv"],
            "Install it with `apt-get install python3.13` or `pyenv install 3.13` or `uv python install 3.13`.",
        ),
        ("", ["home/.local/bin/uv"], "Install it with `uv python install 3.13`."),
        (
            "",
            [
                "home/.pyenv/bin/pyenv",
                "home/.pyenv/plugins/python-build/share/python-build/3.12.9",
                "bin/uv",
            ],
            "Install it with `uv python install 3.13`.",
        ),
    ],
)
def test_the_reason_names_a_command_that_is_right_for_the_host(
    host: Host, tmp_path: Path, release: str, files: list[str], words: str
) -> None:
    host.os_release.write_text(release)
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    lack = "python3.13 needs CPython 3.13, which is not installed on this host. "
    assert host.reason("python3.13") == lack + words


@pytest.mark.parametrize(
    ("identifier", "words"),
    [
        (
            "java21",
            "lambent does not run java21: it runs python3.8 to python3.14, nodejs18.x to nodejs24.x, provided.al2 and provided.al2023.",
        ),
        ("ruby3.4", "lambent does not run ruby3.4:"),
        ("python3.15", "lambent does not run python3.15:"),
        ("java8", "lambent does not run java8:"),
        ("python3.7", "lambent does not run python3.7:"),
        ("cobol", "cobol is no runtime that AWS Lambda knows."),
    ],
)
def test_what_lambent_cannot_run_is_said_plainly(host: Host, identifier: str, words: str) -> None:
    assert host.reason(identifier).startswith(words)


def test_an_interpreter_is_asked_once(host: Host) -> None:
    prefix = host.pyenv("3.12.1")
    first = host.installed("python3.12")
    assert host.installed("python3.12") is first
    asked_and_compiled = (prefix / "bin/python3.12.calls").read_text().splitlines()
    assert len(asked_and_compiled) == 2


def test_an_interpreter_that_goes_is_missed_and_one_that_comes_is_found(host: Host) -> None:
    assert "not installed" in host.reason("python3.12")
    prefix = host.pyenv("3.12.1")
    assert host.installed("python3.12").interpreter_dir == prefix
    (prefix / "bin/python3.12").unlink()
    assert "not installed" in host.reason("python3.12")


def test_available_lists_what_is_there_oldest_first(host: Host) -> None:
    for version in ("3.13.1", "3.9.2"):
        host.pyenv(version)
    assert [r.identifier for r in host.catalogue.available()] == [
        "python3.9",
        "python3.13",
        *PROVIDED,
    ]


def test_the_bootstrap_is_copied_whole_and_readable_for_all(host: Host) -> None:
    host.pyenv("3.12.1")
    folder = host.installed("python3.12").bootstrap_dir
    assert folder.parent == host.cache
    assert folder.name.startswith("python3.12.1-")
    assert (folder / "bootstrap.py").is_file()
    assert (folder / "lambent_python" / "channel.py").is_file()
    assert {oct(p.stat().st_mode & 0o777) for p in folder.rglob("*.py")} == {"0o644"}
    assert folder.stat().st_mode & 0o777 == 0o755
    assert [p.name for p in host.cache.iterdir()] == [folder.name]


def test_a_bootstrap_that_cannot_be_compiled_leaves_nothing_behind(host: Host) -> None:
    prefix = host.pyenv("3.12.1")
    executable = prefix / "bin/python3.12"
    answer = executable.read_text()
    host.script(executable, f'case "$*" in *compileall*) exit 1;; esac\n{answer}')
    assert "cannot compile the bootstrap" in host.reason("python3.12")
    assert list(host.cache.iterdir()) == []


def test_the_pythons_of_this_host_are_found_and_compile_the_bootstrap(tmp_path: Path) -> None:
    series = interpreter("3.12").name
    catalogue = RuntimeCatalogue(
        node_places=NodePlaces(store=tmp_path / "store", homes=[], search_path=[]),
        sdk_dir=tmp_path / "sdk",
        places=Places(homes=[PYENV.parent.parent], search_path=[]),
        remedies=Remedies(homes=[], search_path=[]),
        cache_dir=tmp_path,
        answers=Answers(tmp_path / "answers"),
    )
    runtime = catalogue.find(series)
    assert isinstance(runtime, InstalledRuntime)
    assert runtime.interpreter_dir is not None
    assert runtime.interpreter_dir.parent == PYENV
    compiled = runtime.bootstrap_dir / "lambent_python/__pycache__/channel.cpython-312.pyc"
    assert compiled.is_file()
    assert {*PYTHONS, *PROVIDED} >= {r.identifier for r in catalogue.available()}


def test_lambent_s_own_command_says_where_the_daemon_s_data_are() -> None:
    remedies = Remedies(homes=[], search_path=[], data_dir=Path("/srv/our data"))
    assert "`lambent runtimes install nodejs22.x --data-dir '/srv/our data'`" in remedies.for_node(
        "nodejs22.x"
    )

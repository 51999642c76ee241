"""`./lambent`, run in a copy of the checkout whose virtual environment is a stand-in that tells how it was called."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.daemon.stage import ROOT

STAND_IN = """#!/bin/sh
# Answers what the launcher asks of a Python, and otherwise tells how it was called.
case "$*" in
*ensurepip*|*version_info*) exit 0 ;;
"-m pip --version") exit 0 ;;
"-m pip install"*) echo "$*" >> "$JOURNAL"; exit "${PIP_STATUS:-0}" ;;
"-m venv "*) echo "$*" >> "$JOURNAL"; mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; exit 0 ;;
esac
printf '%s\\n' "cwd=$(pwd)" "path=$PYTHONPATH" "launcher=$LAMBENT_LAUNCHER" "$@"
"""


class Checkout:
    """A copy of what the launcher needs, in a folder with a space in its name."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a b/lambent"
        (self.root / "requirements").mkdir(parents=True)
        for lock in ("run", "development"):
            (self.root / f"requirements/{lock}.lock").write_text(f"{lock}\n")
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.usr_python = self.programs / "usr-python3"
        self.launcher = self.root / "lambent"
        text = (ROOT / "lambent").read_text()
        assert text.count("/usr/bin/python3") == 1
        self.launcher.write_text(text.replace("/usr/bin/python3", f"{self.usr_python}"))
        self.launcher.chmod(0o755)
        self.program("python3.11", STAND_IN)
        for name in ("python3.13", "python3.12"):  # as a pyenv shim does
            self.program(name, "#!/bin/sh\nexit 127\n")
        self.program("dpkg-query", "#!/bin/sh\nprintf 'install ok installed'\n")
        self.program("apt-get", '#!/bin/sh\necho "apt-get $*" >> "$JOURNAL"\n')
        self.journal = folder / "journal"

    def program(self, name: str, text: str) -> None:
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def run(
        self, *arguments: str, launcher: Path | None = None, cwd: Path | None = None, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(launcher or self.launcher), *arguments],
            cwd=cwd or self.root,
            env={
                "PATH": f"{self.programs}:/usr/bin:/bin",
                "HOME": str(self.root),
                "JOURNAL": str(self.journal),
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def installed(self) -> list[str]:
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return [line.rpartition("/")[2] for line in lines if "pip install" in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.mark.parametrize("shell", ["dash", "bash"])
@pytest.mark.parametrize("script", ["lambent", ".ci/run"])
def test_the_scripts_are_sound_shell(shell: str, script: str) -> None:
    if script == ".ci/run" and shell == "dash":
        assert (ROOT / script).read_text().startswith("#!/usr/bin/env bash")
        return
    checked = subprocess.run([shell, "-n", str(ROOT / script)], capture_output=True, check=False)
    assert checked.stderr == b""
    assert os.access(ROOT / script, os.X_OK)


def test_the_first_start_installs_the_lock_and_the_second_does_not(checkout: Checkout) -> None:
    first = checkout.run("functions", "list")
    assert "installing the packages of requirements/run.lock" in first.stderr
    assert checkout.installed() == ["run.lock"]
    assert "--require-hashes" in checkout.journal.read_text()
    second = checkout.run("functions", "list")
    assert second.stderr == ""
    assert second.stdout.splitlines()[3:] == ["-P", "-m", "lambent", "functions", "list"]
    assert checkout.installed() == ["run.lock"]


def test_a_python_that_is_built_well_comes_before_one_that_is_not(checkout: Checkout) -> None:
    """On a host with pyenv the distribution's Python is the faster one."""
    slow = STAND_IN.replace(
        "*ensurepip*|*version_info*)", "*sysconfig*) exit 1 ;;\n*version_info*)"
    )
    checkout.program("python3.11", slow)
    checkout.program("python3", slow)
    checkout.program(checkout.usr_python.name, STAND_IN.replace("printf", "echo usr; printf"))
    assert checkout.run("doctor").stdout.startswith("usr\n")
    checkout.usr_python.unlink()
    shutil.rmtree(checkout.root / ".venv")
    assert checkout.run("doctor").stdout.startswith("cwd=")


def test_the_python_that_was_named_is_taken(checkout: Checkout) -> None:
    checkout.program("mine", STAND_IN.replace("printf", "echo mine; printf"))
    assert checkout.run("doctor", LAMBENT_PYTHON="mine").stdout.startswith("mine\n")


def test_a_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.run()
    (checkout.root / "requirements/run.lock").write_text("changed\n")
    checkout.run()
    assert checkout.installed() == ["run.lock", "run.lock"]


@pytest.mark.parametrize("command", ["test", "bench"])
def test_test_and_bench_install_the_development_lock_too(checkout: Checkout, command: str) -> None:
    result = checkout.run(command, "-k", "some thing")
    assert checkout.installed() == ["run.lock", "development.lock"]
    assert result.stdout.splitlines()[0] == f"cwd={checkout.root}"
    assert result.stdout.splitlines()[-2:] == ["-k", "some thing"]
    checkout.run(command)
    assert checkout.installed() == ["run.lock", "development.lock"]


def test_it_works_through_a_link_from_another_folder_and_leaves_the_folder_alone(
    checkout: Checkout, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(checkout.launcher)
    lines = checkout.run("doctor", launcher=link, cwd=tmp_path).stdout.splitlines()
    assert lines[:3] == [f"cwd={tmp_path}", f"path={checkout.root}/src", f"launcher={link}"]


def test_a_failing_installation_is_a_sentence_and_is_tried_again(checkout: Checkout) -> None:
    failed = checkout.run("doctor", PIP_STATUS="1")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1].startswith("lambent: pip could not install")
    assert checkout.run("doctor").returncode == 0


def test_no_network_is_a_sentence(checkout: Checkout) -> None:
    words = "ERROR: Temporary failure in name resolution"
    checkout.program(
        "python3.11",
        STAND_IN.replace('exit "${PIP_STATUS:-0}"', f'echo "{words}" >&2; exit 1'),
    )
    failed = checkout.run("doctor")
    assert failed.returncode == 1
    assert "the packages could not be fetched: is there a network?" in failed.stderr


@pytest.mark.root
def test_no_python_is_a_sentence(checkout: Checkout) -> None:
    for name in ("python3.11", "python3", "python3.14"):
        checkout.program(name, "#!/bin/sh\nexit 127\n")
    failed = checkout.run("doctor", LAMBENT_NO_APT="1")
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == (
        "lambent: Python 3.11 or newer is needed and was not found."
    )


MISSING = "#!/bin/sh\ncase \"$*\" in *nftables) exit 1 ;; esac\nprintf 'install ok installed'\n"


@pytest.mark.root
def test_root_on_an_apt_system_installs_what_is_missing_and_says_so(checkout: Checkout) -> None:
    checkout.program("dpkg-query", MISSING)
    result = checkout.run("doctor")
    assert "lambent: installing nftables with apt-get (LAMBENT_NO_APT=1 forbids it)" in (
        result.stderr.splitlines()
    )
    assert "apt-get install -y --no-install-recommends nftables" in checkout.journal.read_text()


@pytest.mark.root
def test_forbidden_apt_is_not_called_and_the_packages_are_named(checkout: Checkout) -> None:
    checkout.program("dpkg-query", MISSING)
    result = checkout.run("doctor", LAMBENT_NO_APT="1")
    assert "missing on this system: nftables; install with: apt-get install nftables" in (
        result.stderr
    )
    assert "apt-get" not in checkout.journal.read_text()
    assert result.returncode == 0


@pytest.mark.root
def test_under_sudo_the_environment_belongs_to_the_caller(checkout: Checkout) -> None:
    checkout.run("doctor", SUDO_UID="1234", SUDO_GID="1235")
    owners = {(p.stat().st_uid, p.stat().st_gid) for p in (checkout.root / ".venv").rglob("*")}
    assert owners == {(1234, 1235)}


def test_an_environment_that_is_a_link_is_used_and_never_installed_into(
    checkout: Checkout, tmp_path: Path
) -> None:
    (tmp_path / "shared/bin").mkdir(parents=True)
    shutil.copy(checkout.programs / "python3.11", tmp_path / "shared/bin/python")
    (checkout.root / ".venv").symlink_to(tmp_path / "shared")
    assert checkout.run("doctor").returncode == 0
    assert checkout.installed() == []
    assert [p.name for p in (tmp_path / "shared").iterdir()] == ["bin"]


@pytest.mark.root
def test_an_ordinary_user_without_bubblewrap_is_told_what_can_be_done() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # pytest's own folders are closed to others
        launcher = Checkout(Path(folder)).launcher
        tools = Path(folder, "tools")  # whether or not this host has bwrap, there is none in it
        tools.mkdir()
        for name in ("dirname", "env", "id", "readlink"):
            (tools / name).symlink_to(shutil.which(name) or name)
        refused = subprocess.run(
            [str(launcher), "up"],
            user=65534,
            env={"PATH": str(tools), "HOME": "/"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert refused.returncode == 1
    assert refused.stderr == (
        f"lambent: isolating functions needs root or bubblewrap: run sudo {launcher} up, "
        "or sudo apt-get install bubblewrap first\n"
    )

"""Fetching with npm: a stand-in for it that gives what it is told to."""

import json
import tarfile
from pathlib import Path

import pytest

from lambent.runtimes.fetching import FetchFailure, carry_out
from lambent.runtimes.installed import InstalledRuntime
from lambent.runtimes.sdks import SdkStore, sdk_folder
from lambent.runtimes.store import NodeStore


def npm(folder: Path, body: str) -> Path:
    """Put an npm into `folder`, and return that."""
    folder.mkdir(exist_ok=True)
    (folder / "npm").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "npm").chmod(0o755)
    return folder


def package(at: Path) -> Path:
    """A package of npm's as it comes, with more than a Node needs."""
    for name in ("bin/node", "LICENSE", "include/node.h"):
        (at / "package" / name).parent.mkdir(parents=True, exist_ok=True)
        (at / "package" / name).write_text(name)
    with tarfile.open(at / "packed.tgz", "w:gz") as archive:
        archive.add(at / "package", "package")
    return at / "packed.tgz"


def runtime(identifier: str) -> InstalledRuntime:
    return InstalledRuntime(
        identifier=identifier,
        version="22.1.0",
        executable=Path("/n"),
        interpreter_dir=None,
        argv=(),
        environ={},
        bootstrap_dir=Path("/b"),
    )


async def test_a_node_is_unpacked_into_a_folder_of_its_version(tmp_path: Path) -> None:
    told = json.dumps([{"version": "22.1.0", "filename": "packed.tgz"}])
    search = npm(tmp_path / "bin", f"cp {package(tmp_path)} . && echo '{told}'")
    store = NodeStore(folder=tmp_path / "store", search_path=[search])
    folder = await store.install("nodejs22.x")
    assert folder == tmp_path / "store/22.1.0"
    assert sorted(path.name for path in folder.iterdir()) == ["LICENSE", "bin"]
    assert (folder / "bin/node").stat().st_mode & 0o777 == 0o755
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["22.1.0"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("echo 'npm error network is down' >&2; exit 1", "npm failed: npm error network is down"),
        ("echo '{}'", "npm did not say what it fetched"),
    ],
)
async def test_a_node_that_cannot_be_fetched_leaves_nothing_behind(
    tmp_path: Path, body: str, words: str
) -> None:
    store = NodeStore(folder=tmp_path / "store", search_path=[npm(tmp_path / "bin", body)])
    with pytest.raises(FetchFailure, match=words):
        await store.install("nodejs22.x")
    assert list((tmp_path / "store").iterdir()) == []


async def test_without_npm_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    store = NodeStore(folder=tmp_path / "store", search_path=[tmp_path])
    with pytest.raises(FetchFailure, match="apt-get install npm"):
        await store.install("nodejs22.x")


async def test_the_javascript_sdk_is_there_without_what_no_function_reads(tmp_path: Path) -> None:
    body = "grep -q client-s3 package-lock.json && mkdir -p node_modules/a && touch node_modules/a/index.js node_modules/a/index.d.ts"
    store = SdkStore(sdk_dir=tmp_path / "sdk", search_path=[npm(tmp_path / "bin", body)])
    assert not store.has("nodejs22.x")
    await store.fetch(runtime("nodejs22.x"))
    assert store.has("nodejs22.x")
    assert store.has("nodejs20.x")
    assert not store.has("nodejs18.x")
    modules = sdk_folder(tmp_path / "sdk", "nodejs22.x") / "node_modules"
    assert [path.name for path in (modules / "a").iterdir()] == ["index.js"]
    assert [path.name for path in (tmp_path / "sdk").iterdir()] == ["nodejs"]


async def test_an_sdk_that_cannot_be_fetched_is_said_with_what_to_do(tmp_path: Path) -> None:
    search = npm(tmp_path / "bin", "echo 'npm error no network' >&2; exit 1")
    store = SdkStore(sdk_dir=tmp_path / "sdk", search_path=[search])
    with pytest.raises(FetchFailure, match=r"no network.*`lambent runtimes install nodejs22.x`"):
        await store.fetch(runtime("nodejs22.x"))
    assert not store.has("nodejs22.x")


def test_custom_runtimes_need_no_sdk(tmp_path: Path) -> None:
    assert SdkStore(sdk_dir=tmp_path, search_path=[]).has("provided.al2023")


async def test_what_does_not_start_is_a_failure_too(tmp_path: Path) -> None:
    with pytest.raises(FetchFailure, match="does not start: No such file or directory"):
        await carry_out(str(tmp_path / "nothing"), at=tmp_path)


async def test_with_an_environment_of_its_own_nothing_is_kept_but_in_the_folder(
    tmp_path: Path,
) -> None:
    search = npm(tmp_path / "bin", 'echo "$HOME $npm_config_cache $PIP_NO_CACHE_DIR $SECRET"')
    told = await carry_out(
        str(search / "npm"), at=tmp_path, environ={"HOME": "/h", "PATH": "/usr/bin:/bin"}
    )
    assert told == f"/h {tmp_path}/.npm 1 \n"

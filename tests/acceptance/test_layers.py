"""Layers as boto3 publishes them and as functions find them."""

import base64
import hashlib
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.custom_runtimes import RUNTIME as PROVIDED
from tests.acceptance.custom_runtimes import probe
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import ROLE, call, create, zipped
from tests.acceptance.waiting import eventually

REGIONS = [("us-east-1", "aws"), ("cn-north-1", "aws-cn")]
ACCOUNT = "000000000000"


def publish(client: Any, name: str, files: dict[str, str | bytes], **more: Any) -> str:
    """Publish a version of a layer; its ARN."""
    content = {"ZipFile": zipped(files, mode=0o755)}
    answer = client.publish_layer_version(LayerName=name, Content=content, **more)
    arn: str = answer["LayerVersionArn"]
    return arn


def library() -> bytes:
    """A shared library whose `answer` is 42; skips where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this host")
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder, "a.c"), Path(folder, "liba.so")
        source.write_text("int answer(void) { return 42; }\n")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", made, source], check=True)
        return made.read_bytes()


PYTHON = """
import both, first, deep
import ctypes, os, subprocess

def handler(event, context):
    try:
        open(os.path.join(os.path.dirname(first.__file__), "new"), "w")
        wrote = "wrote"
    except OSError:
        wrote = "read-only"
    return {
        "both": both.FROM, "first": first.FROM, "deep": deep.FROM, "opt": wrote,
        "tool": subprocess.run(["layer-tool"], capture_output=True, text=True).stdout,
        "library": ctypes.CDLL("liba.so").answer(),
    }
"""


@pytest.mark.parametrize(("region", "partition"), REGIONS)
def test_a_python_function_finds_two_layers_the_later_over_the_earlier(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    lam = daemon.client("lambda", region=region)
    site = "python/lib/python3.11/site-packages"
    first = publish(
        lam,
        "python-first",
        {
            "python/both.py": "FROM = 1",
            "python/first.py": "FROM = 1",
            f"{site}/deep.py": "FROM = 'site'",
            "python/deep.py": "FROM = 'python'",
            "bin/layer-tool": "#!/bin/sh\necho first\n",
            "lib/liba.so": library(),
        },
    )
    second = publish(
        lam,
        "python-second",
        {"python/both.py": "FROM = 2", "bin/layer-tool": "#!/bin/sh\necho second\n"},
    )
    assert first == f"arn:{partition}:lambda:{region}:{ACCOUNT}:layer:python-first:1"
    made = create(lam, "layers-python", PYTHON, Layers=[first, second])
    assert [layer["Arn"] for layer in made["Layers"]] == [first, second]
    assert call(lam, "layers-python") == (
        {
            "both": 2,
            "first": 1,
            "deep": "site",
            "opt": "read-only",
            "tool": "second\n",
            "library": 42,
        },
        "",
    )
    lam.update_function_configuration(FunctionName="layers-python", Layers=[second, first])
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="layers-python", WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )
    result, _ = call(lam, "layers-python")
    assert (result["both"], result["tool"]) == (1, "first\n")


@pytest.mark.parametrize("kind", ["js", "mjs"])
def test_a_node_function_finds_two_layers_the_later_over_the_earlier(lam: Any, kind: str) -> None:
    names = ("both", "first", "every", "own")
    folder = "nodejs/node_modules"
    files: dict[str, str | bytes] = {f"{folder}/{n}/index.js": "module.exports = 1" for n in names}
    files["nodejs/node20/node_modules/own/index.js"] = "module.exports = 20"
    first = publish(lam, f"node-first-{kind}", files)
    second = publish(lam, f"node-second-{kind}", {f"{folder}/both/index.js": "module.exports = 2"})
    code = {
        "js": f"exports.handler = async () => {list(names)}.map((name) => require(name));",
        "mjs": "\n".join(f"import {name} from '{name}';" for name in names)
        + f"\nexport const handler = async () => [{', '.join(names)}];",
    }[kind]
    create(
        lam,
        f"layers-node-{kind}",
        "",
        Runtime="nodejs20.x",
        Handler="index.handler",
        Code={"ZipFile": zipped({f"index.{kind}": code})},
        Layers=[first, second],
    )
    assert call(lam, f"layers-node-{kind}") == ([2, 1, 1, 20], "")


def test_a_bootstrap_may_come_from_a_layer(lam: Any) -> None:
    layer = publish(lam, "bootstrap", {"bootstrap": probe()})
    create(
        lam,
        "layers-bootstrap",
        "",
        Runtime=PROVIDED,
        Handler="echo",
        Code={"ZipFile": zipped({"config.txt": "no bootstrap"})},
        Layers=[layer],
    )
    result, error = call(lam, "layers-bootstrap", {"op": "echo"})
    assert (bool(result), error) == (True, "")


@pytest.mark.parametrize(("region", "partition"), REGIONS)
def test_what_was_published_is_listed_shown_fetched_shared_and_deleted(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    lam = daemon.client("lambda", region=region)
    content = zipped({"python/x.py": "x = 1"})
    for _ in range(3):
        lam.publish_layer_version(
            LayerName="shown",
            Content={"ZipFile": content},
            CompatibleRuntimes=["python3.11"],
            Description="what it is",
        )
    arn = f"arn:{partition}:lambda:{region}:{ACCOUNT}:layer:shown"
    shown = lam.get_layer_version_by_arn(Arn=f"{arn}:3")
    assert shown["LayerArn"] == arn
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert shown["Content"]["CodeSha256"] == digest
    with urllib.request.urlopen(shown["Content"]["Location"], timeout=10) as fetched:
        assert fetched.read() == content

    pages = lam.get_paginator("list_layer_versions").paginate(
        LayerName=arn, PaginationConfig={"PageSize": 1}
    )
    assert [v["Version"] for page in pages for v in page["LayerVersions"]] == [3, 2, 1]
    listed = lam.list_layers(CompatibleRuntime="python3.11")["Layers"]
    (mine,) = [layer for layer in listed if layer["LayerName"] == "shown"]
    assert mine["LatestMatchingVersion"]["Version"] == 3

    stranger = daemon.client("lambda", region=region, key="999999999999")
    with pytest.raises(stranger.exceptions.ClientError, match="AccessDeniedException"):
        stranger.get_layer_version(LayerName=arn, VersionNumber=3)
    lam.add_layer_version_permission(
        LayerName="shown",
        VersionNumber=3,
        StatementId="other",
        Action="lambda:GetLayerVersion",
        Principal="999999999999",
    )
    assert (
        f"arn:{partition}:iam::999999999999:root"
        in (lam.get_layer_version_policy(LayerName="shown", VersionNumber=3)["Policy"])
    )
    assert stranger.get_layer_version(LayerName=arn, VersionNumber=3)["Version"] == 3
    lam.remove_layer_version_permission(LayerName="shown", VersionNumber=3, StatementId="other")

    for number in (1, 2, 3):
        lam.delete_layer_version(LayerName="shown", VersionNumber=number)
    assert lam.list_layer_versions(LayerName="shown")["LayerVersions"] == []
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.get_layer_version(LayerName="shown", VersionNumber=3)


def test_a_layer_with_an_extension_is_refused_by_name(lam: Any) -> None:
    layer = publish(lam, "extension", {"extensions/agent": "#!/bin/sh\n"})
    lam.create_function(
        FunctionName="layers-extension",
        Runtime="python3.11",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped({"app.py": ""})},
        Layers=[layer],
    )

    def settled() -> dict[str, Any] | None:
        shown: dict[str, Any] = lam.get_function_configuration(FunctionName="layers-extension")
        return shown if shown["State"] != "Pending" else None

    shown = eventually(settled)
    assert (shown["State"], shown["StateReasonCode"]) == ("Failed", "InvalidConfiguration")
    assert f"The layer {layer} holds the extension /opt/extensions/agent" in shown["StateReason"]


def test_a_deleted_layer_version_serves_its_functions_after_a_restart(
    own_daemon: DaemonProcess,
) -> None:
    lam = own_daemon.client("lambda")
    layer = publish(lam, "gone", {"python/gone.py": "FROM = 'a layer that is no more'"})
    code = "import gone\ndef handler(event, context): return gone.FROM"
    create(lam, "survivor", code, Layers=[layer])
    create(lam, "later", code.replace("def", "# another\ndef"), Layers=[layer])
    lam.delete_layer_version(LayerName="gone", VersionNumber=1)
    expected = ("a layer that is no more", "")
    assert call(lam, "survivor") == expected
    own_daemon.stop()
    own_daemon.start()
    lam = own_daemon.client("lambda")
    for name in ("survivor", "later"):
        assert call(lam, name) == expected
    assert (
        lam.publish_layer_version(LayerName="gone", Content={"ZipFile": zipped({"a": ""})})[
            "Version"
        ]
        == 2
    )

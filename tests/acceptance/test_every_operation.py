"""Clients call every operation that their model of Lambda has: what is built succeeds, the rest is refused as declared."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lambent.daemon.operations import EFFECTS
from tests.acceptance.aws_clients import PARTITIONS, Cli, cli_1, cli_2
from tests.acceptance.cli_client import CliClient, offered
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.every_operation import Walk
from tests.acceptance.javascript_client import JavaScriptClient
from tests.acceptance.test_clients_javascript import started_script
from tests.fuzz.recipes import REFUSED
from tests.wire.botocore_side import operation_names


@pytest.mark.parametrize("region", PARTITIONS)
def test_every_operation_is_green_or_refused_as_declared(
    daemon: DaemonProcess, region: str
) -> None:
    lam = daemon.client("lambda", region=region)
    walk = Walk(lam, partition=PARTITIONS[region], name="every-operation")
    walk.walk()
    built = set(EFFECTS["lambda"])
    assert walk.called == built - set(REFUSED)
    assert walk.called | walk.refused == set(operation_names("lambda"))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("program", "region"), [(cli_1, "cn-north-1"), (cli_2, "us-east-1")])
def test_the_aws_cli_finds_every_operation_green_or_refused_as_declared(
    daemon: DaemonProcess, tmp_path: Path, program: Callable[[], Path], region: str
) -> None:
    cli = Cli(program(), home=tmp_path, endpoint=daemon.endpoint, region=region)
    methods = daemon.client("lambda").meta.method_to_api_mapping
    client = CliClient(cli, methods=methods, offers=offered(program()))
    walk = Walk(client, partition=PARTITIONS[region], name="every-command", offered=client.offers)
    walk.walk()
    assert walk.called == set(EFFECTS["lambda"]) & client.offers - set(REFUSED)
    assert walk.called | walk.refused == client.offers


@pytest.mark.parametrize("region", PARTITIONS)
def test_the_sdk_for_javascript_finds_every_operation_green_or_refused_as_declared(
    daemon: DaemonProcess, tmp_path: Path, region: str
) -> None:
    methods = daemon.client("lambda").meta.method_to_api_mapping
    with started_script(
        "client.mjs", endpoint=daemon.endpoint, region=region, home=tmp_path
    ) as node:
        client = JavaScriptClient(node, region=region, methods=methods)
        offers = client.offers & set(operation_names("lambda"))
        walk = Walk(client, partition=PARTITIONS[region], name="every-script", offered=offers)
        walk.walk()
        assert walk.called == set(EFFECTS["lambda"]) & offers - set(REFUSED)
        assert walk.called | walk.refused == offers
        assert len(offers) > 80

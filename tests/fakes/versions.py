"""Function versions for tests: a whole one, of which a test names what matters to it."""

from typing import Any

from lambent.model.function import FunctionKey, FunctionVersion
from lambent.model.layer import LayerKey, LayerName, LayerVersion

ACCOUNT = "123456789012"


def key(name: str = "fn", *, account_id: str = ACCOUNT, region: str = "us-east-1") -> FunctionKey:
    """A key of the $LATEST of a function."""
    return FunctionKey(account_id=account_id, region=region, name=name)


def version(name: str = "fn", **fields: Any) -> FunctionVersion:
    """A version with `fields`, else ordinary."""
    ordinary: dict[str, Any] = {
        "key": key(name),
        "revision_id": "r1",
        "runtime": "python3.13",
        "handler": "app.handler",
        "role": f"arn:aws:iam::{ACCOUNT}:role/r",
        "architecture": "x86_64",
        "package_sha256": "ab" * 32,
        "code_size": 123,
        "last_modified_ms": 1_714_566_896_789,
        "log_group": f"/aws/lambda/{name}",
    }
    return FunctionVersion(**(ordinary | fields))


def layer_key(
    name: str = "tools",
    number: int = 1,
    *,
    account_id: str = ACCOUNT,
    region: str = "us-east-1",
) -> LayerKey:
    """A key of a version of a layer."""
    return LayerKey(LayerName(account_id, region, name), number)


def layer_version(name: str = "tools", number: int = 1, **fields: Any) -> LayerVersion:
    """A layer version with `fields`, else ordinary."""
    ordinary: dict[str, Any] = {
        "key": layer_key(name, number),
        "revision_id": "r1",
        "package_sha256": "cd" * 32,
        "code_size": 12,
        "unzipped_bytes": 34,
        "created_ms": 1_714_566_896_789,
    }
    return LayerVersion(**(ordinary | fields))

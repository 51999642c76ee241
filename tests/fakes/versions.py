"""Function versions for tests: a whole one, of which a test names what matters to it."""

from typing import Any

from lambent.model.function import FunctionKey, FunctionVersion

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

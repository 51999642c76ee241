"""Which packages wait for the SDK of their runtime."""

from pathlib import Path

import pytest

from lambent.runtimes.sdk_use import relies_on_sdk


def package(tree: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tree


@pytest.mark.parametrize(
    ("files", "relies"),
    [
        ({"app.py": "def handler(e, c): return 1"}, False),
        ({"app.py": "import boto3"}, True),
        ({"deep/er/app.py": "from botocore.exceptions import ClientError"}, True),
        ({"index.mjs": "import { S3Client } from '@aws-sdk/client-s3'"}, True),
        ({"README.md": "uses boto3", "app.py": "x = 1"}, False),
        ({"app.py": "import boto3", "boto3/__init__.py": ""}, False),
        ({"i.js": "require('@aws-sdk/x')", "node_modules/@aws-sdk/x/i.js": ""}, False),
        ({}, False),
    ],
)
def test_a_package_relies_on_it_when_a_source_names_it(
    tmp_path: Path, files: dict[str, str], relies: bool
) -> None:
    assert relies_on_sdk([package(tmp_path, files)]) is relies


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    outside = package(tmp_path / "outside", {"a.py": "import boto3"})
    tree = package(tmp_path / "tree", {"b.py": ""})
    (tree / "a.py").symlink_to(outside / "a.py")
    assert not relies_on_sdk([tree])


def test_layers_count_as_the_package_does(tmp_path: Path) -> None:
    code = package(tmp_path / "code", {"app.py": "x = 1"})
    names = package(tmp_path / "names", {"python/m.py": "import boto3"})
    brings = package(tmp_path / "brings", {"python/boto3/__init__.py": ""})
    assert relies_on_sdk([code, names])
    assert not relies_on_sdk([code, names, brings])

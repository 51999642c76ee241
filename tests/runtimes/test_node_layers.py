"""What functions for Node find in layers, in the order in which AWS's NODE_PATH has it (reference 03 §5, §7)."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from lambent.runtime_api.frames import Kind
from tests.runtimes.bootstrap_process import NODE_BOOTSTRAP
from tests.runtimes.nodes import Function, node


def version() -> tuple[int, int]:
    said = subprocess.run([node(), "--version"], capture_output=True, check=True).stdout.decode()
    major, minor = said.lstrip("v").split(".")[:2]
    return int(major), int(minor)


def package(name: str, says: str) -> dict[str, str]:
    """A package of one file that says where it is from, as a CommonJS module."""
    return {
        f"{name}/package.json": f'{{"name": "{name}", "main": "main.js"}}',
        f"{name}/main.js": f"module.exports = '{says}';",
    }


def written(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder that stands for a root with layers; the function's own goes to `task` in its `var`."""
    major, _ = version()
    opt = tmp_path / "opt/nodejs"
    for name in ("own", "everywhere", "shared"):
        written(opt / "node_modules", package(name, "every version"))
    written(opt / "node_modules/asks", {"main.js": "module.exports = [require('just'), 1];"})
    written(opt / "node_modules", {"asks/package.json": '{"main": "main.js"}'})
    for name in ("own", "everywhere", "just"):
        written(opt / f"node{major}/node_modules", package(name, "this version"))
    written(tmp_path / "sdk/node_modules", package("sdk", "the runtime"))
    (tmp_path / "var").mkdir()
    (tmp_path / "var/node_modules").symlink_to(opt / "node_modules")
    (tmp_path / "node_modules").symlink_to(tmp_path / "sdk/node_modules")
    return tmp_path


def node_path(root: Path) -> str:
    major, _ = version()
    layers = root / "opt/nodejs"
    return f"{layers}/node{major}/node_modules:{layers}/node_modules:{root}/sdk/node_modules"


EXPECTED = {
    "own": "the package",
    "everywhere": "this version",
    "just": "this version",
    "shared": "every version",
    "sdk": "the runtime",
    "asks": ["this version", 1],
    "path": "function",
}
OWN = {f"node_modules/{name}": text for name, text in package("own", "the package").items()}


def result(root: Path, files: dict[str, str], **variables: str) -> Any:
    with Function(root / "var", {**files, **OWN}) as function:
        said = function.load(NODE_PATH=node_path(root), **variables)
        assert said.kind is Kind.INIT_DONE, said
        return function.result()


def test_what_is_required_is_found_in_the_order_of_aws(root: Path) -> None:
    code = f"""
        const found = {{ path: typeof require('path').join }};
        for (const name of {[n for n in EXPECTED if n != "path"]}) found[name] = require(name);
        exports.handler = async () => found;"""
    assert result(root, {"index.js": code}) == EXPECTED


def test_what_is_imported_is_found_in_the_order_of_aws(root: Path) -> None:
    if version() < (18, 19):
        pytest.skip("this node has no way to be told where imports lead")
    names = [name for name in EXPECTED if name != "path"]
    imports = "\n".join(f"import {name} from '{name}';" for name in names)
    code = f"""
        {imports}
        import path from 'path';
        import {{ readFileSync }} from 'node:fs';
        import {{ here }} from './beside.mjs';
        const late = await import('just');
        if (late.default !== just || !here || !readFileSync) throw new Error('not the same');
        export const handler = async () => ({{ {", ".join(names)}, path: typeof path.join }});"""
    assert result(root, {"index.mjs": code, "beside.mjs": "export const here = 1;"}) == EXPECTED


def test_what_is_nowhere_is_told_as_without_layers(root: Path) -> None:
    for file, code, words in (
        ("index.js", "require('nowhere')", "Cannot find module 'nowhere'"),
        ("index.mjs", "import 'nowhere'", "Cannot find package 'nowhere' imported from "),
    ):
        with Function(root / "var", {file: code}) as function:
            said = function.load(NODE_PATH=node_path(root))
            assert said.kind is Kind.INIT_ERROR
            assert words in said.json["errorMessage"]
        for path in (root / "var/task").iterdir():
            path.unlink()
        (root / "var/task").rmdir()


def test_a_functions_own_module_path_counts_instead(root: Path) -> None:
    code = "exports.handler = async () => require('everywhere')"
    with Function(root / "var", code) as function:
        function.load(NODE_PATH="/somewhere")
        assert function.result() == "every version"


ASKED = """
    const how = require(process.argv[1]);
    const where = { task: 'file:///var/task/', layers: 'file:///opt/', parent: 'file:///opt/nodejs/node22/index.mjs' };
    const usual = {
      own: 'file:///var/task/node_modules/own/i.js', shared: 'file:///opt/nodejs/node_modules/shared/i.js',
      both: 'file:///opt/nodejs/node_modules/both/i.js', fs: 'node:fs', './x.mjs': 'file:///opt/x.mjs',
    };
    const ours = { both: 'file:///opt/nodejs/node22/node_modules/both/i.js', just: 'file:///opt/nodejs/node22/node_modules/just/i.js' };
    function next(specifier, context) {
      const url = context.parentURL === where.parent ? ours[specifier] ?? usual[specifier] : usual[specifier];
      if (!url) throw new Error(`nowhere for ${context.parentURL}`);
      return { url };
    }
    const cases = [
      ['own', 'file:///var/task/index.mjs'], ['shared', 'file:///var/task/index.mjs'], ['both', 'file:///var/task/index.mjs'],
      ['both', 'file:///opt/nodejs/node_modules/a/i.js'], ['just', 'file:///opt/nodejs/node_modules/a/i.js'],
      ['fs', 'file:///var/task/index.mjs'], ['./x.mjs', 'file:///var/task/index.mjs'], ['nowhere', 'file:///var/task/index.mjs'],
      ['both', undefined], ['#inside', 'file:///var/task/index.mjs'], ['node:nothing', 'file:///var/task/index.mjs'],
    ];
    async function said(act) {
      try { return (await act()).url; } catch (error) { return error.message; }
    }
    (async () => {
      how.initialize(where);
      const told = [];
      for (const [specifier, parentURL] of cases) {
        const context = { parentURL, conditions: ['import'] };
        told.push([
          await said(() => how.resolveAtOnce(where, specifier, context, next)),
          await said(() => how.resolve(specifier, context, async (...asked) => next(...asked))),
        ]);
      }
      console.log(JSON.stringify(told));
    })();
"""


def test_imports_lead_to_the_same_place_however_node_asks() -> None:
    module = NODE_BOOTSTRAP.parent / "lib/layer_resolving.cjs"
    done = subprocess.run([node(), "-e", ASKED, str(module)], capture_output=True, check=True)
    expected = [
        "file:///var/task/node_modules/own/i.js",
        "file:///opt/nodejs/node_modules/shared/i.js",
        "file:///opt/nodejs/node22/node_modules/both/i.js",
        "file:///opt/nodejs/node_modules/both/i.js",
        "file:///opt/nodejs/node22/node_modules/just/i.js",
        "node:fs",
        "file:///opt/x.mjs",
        "nowhere for file:///var/task/index.mjs",
        "file:///opt/nodejs/node22/node_modules/both/i.js",
        "nowhere for file:///var/task/index.mjs",
        "nowhere for file:///var/task/index.mjs",
    ]
    assert json.loads(done.stdout) == [[one, one] for one in expected]

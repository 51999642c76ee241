"""Orders are understood or refused with a reason; nothing an asker sends raises anything else."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.sandbox.spawner.orders import (
    Bind,
    Freeze,
    Hello,
    Kill,
    Limit,
    Make,
    Malformed,
    Root,
    Store,
    Thaw,
    parse,
    parse_id,
)

NAME = "one.3.0123abcd"
MAKE: dict[str, Any] = {
    "order": "make",
    "root": {"interpreter_dir": None, "runtime_dir": "/r", "links": {"bin/p": "/usr/bin/p"}, "hidden": ["/usr/x"],
             "libraries": {"/var/runtime/sdk": "/s"}},
    "argv": ["/var/lang/bin/p", "-I"],
    "environ": {"A": "b=c"},
    "memory_mb": 128,
    "ephemeral_storage_mb": 512,
}  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


def order(value: object) -> bytes:
    return json.dumps(value).encode()


def test_a_make_is_understood() -> None:
    assert parse(order(MAKE)) == Make(
        root=Root(
            interpreter_dir=None,
            runtime_dir=Path("/r"),
            links=(("bin/p", "/usr/bin/p"),),
            hidden=("/usr/x",),
            libraries=(("/var/runtime/sdk", Path("/s")),),
        ),
        argv=("/var/lang/bin/p", "-I"),
        late=(),
        environ={"A": "b=c"},
        memory_mb=128,
        ephemeral_storage_mb=512,
    )


@pytest.mark.parametrize(
    ("fields", "understood"),
    [
        ({"order": "hello", "held": [NAME]}, Hello(held=frozenset({NAME}))),
        (
            {"order": "bind", "name": NAME, "code_tree": "/c"},
            Bind(name=NAME, code_tree="/c", memory_mb=None),
        ),
        (
            {"order": "bind", "name": NAME, "code_tree": "/c", "memory_mb": 9},
            Bind(name=NAME, code_tree="/c", memory_mb=9),
        ),
        (
            {"order": "bind", "name": NAME, "code_tree": "/c", "opt_tree": "/o"},
            Bind(name=NAME, code_tree="/c", opt_tree="/o", memory_mb=None),
        ),
        ({"order": "freeze", "names": [NAME]}, Freeze(names=(NAME,))),
        ({"order": "thaw", "name": NAME}, Thaw(name=NAME)),
        (
            {"order": "limit", "name": NAME, "memory_mb": 256, "cores": None},
            Limit(name=NAME, memory_mb=256, cores=None),
        ),
        (
            {"order": "limit", "name": NAME, "memory_mb": 256, "cores": 1},
            Limit(name=NAME, memory_mb=256, cores=1.0),
        ),
        (
            {"order": "store", "name": NAME, "ephemeral_storage_mb": 10240},
            Store(name=NAME, ephemeral_storage_mb=10240),
        ),
        ({"order": "kill", "name": NAME}, Kill(name=NAME)),
    ],
)
def test_the_other_orders_are_understood(fields: object, understood: object) -> None:
    assert parse(order(fields)) == understood


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order": "format"}, "there is no order 'format'"),
        ({"order": None}, "order is not text"),
        ({"argv": []}, "neither argv nor late, or both"),
        ({"late": ["/var/task/p"]}, "neither argv nor late, or both"),
        ({"argv": ["sh"]}, "argv does not begin with an absolute path"),
        ({"argv": [], "late": ["/p", "sh"]}, "argv does not begin with an absolute path, or late"),
        ({"late": "/p"}, "late is not a list"),
        ({"argv": ["/a\0b"]}, "argv is not text"),
        ({"argv": ["/\ud800"]}, "argv holds half a surrogate pair"),
        ({"environ": {"A=B": "c"}}, "environ holds a name that none can have"),
        ({"environ": []}, "environ is not an object"),
        ({"memory_mb": 0}, "memory_mb is not a whole number from 1 to 1048576"),
        ({"memory_mb": True}, "memory_mb is not a whole number from 1 to 1048576"),
        ({"ephemeral_storage_mb": 511}, "ephemeral_storage_mb is not a whole number from 512"),
        ({"ephemeral_storage_mb": 10241}, "ephemeral_storage_mb is not a whole number from 512"),
        ({"root": None}, "an object is missing"),
    ],
)
def test_a_wrong_make_is_refused_with_the_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        parse(order({**MAKE, **changes}))


@pytest.mark.parametrize(
    "changes",
    [
        {"runtime_dir": "relative"},
        {"links": {"../../etc/passwd": "/x"}},
        {"links": {"/etc/passwd": "/x"}},
        {"links": {"a//b": "/x"}},
        {"links": {"a": "/etc", "a/cron.d": "/x"}},
        {"hidden": ["/usr/../../etc"]},
        {"hidden": [""]},
        {"links": {"/usr/x": "/y"}},
        {"libraries": {"/usr/../../etc": "/s"}},
        {"libraries": {"/usr": "relative"}},
        {"interpreter_dir": "/usr/lib/python"},
    ],
)
def test_a_root_that_reaches_out_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        parse(order({**MAKE, "root": {**MAKE["root"], **changes}}))


@pytest.mark.parametrize(
    "name", ["", "..", "a/b.1.00000000", "one.3.0123abcd/..", "one.3.0123abcd\n", "one.3.0123ABCD"]
)
def test_only_a_sandbox_s_name_is_a_name(name: str) -> None:
    with pytest.raises(Malformed):
        parse(order({"order": "kill", "name": name}))


@given(st.binary())
def test_any_bytes_are_understood_or_malformed(data: bytes) -> None:
    parse_id(data)
    with pytest.raises(Malformed):
        parse(data)


@given(
    st.sampled_from(["hello", "make", "bind", "store", "limit", "freeze", "thaw", "kill"]),
    json_values,
    st.data(),
)
def test_any_json_is_understood_or_malformed(verb: str, value: object, data: st.DataObject) -> None:
    fields = {**MAKE, "name": NAME, "code_tree": "/c", "cores": 1, "held": []}
    spoilt = data.draw(st.sampled_from(sorted(fields)))
    with suppress(Malformed):
        parse(order({**fields, spoilt: value, "order": verb}))


@pytest.mark.parametrize(
    ("data", "order_id"),
    [
        (b'{"id": 7}', 7),
        (b'{"id": "7"}', None),
        (b'{"id": true}', None),
        (b"[", None),
        (b"7", None),
    ],
)
def test_an_id_is_found_where_there_is_one(data: bytes, order_id: int | None) -> None:
    assert parse_id(data) == order_id

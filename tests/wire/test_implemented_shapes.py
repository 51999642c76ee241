"""A bump of botocore is looked at: what moved of the operations that are built shows as a difference."""

from tests.wire.implemented_shapes import SHAPES_FILE, implemented_shapes


def test_the_model_of_what_is_built_is_the_one_that_was_looked_at() -> None:
    stored = SHAPES_FILE.read_text(encoding="utf-8").splitlines()
    now = implemented_shapes().splitlines()
    gone = [f"- {line}" for line in stored if line not in now]
    new = [f"+ {line}" for line in now if line not in stored]
    assert stored == now, (
        "AWS's model of operations that are built has changed, or others are built. Look at what moved, build or refuse it, "
        "then `./lambent renew`:\n" + "\n".join(gone + new)
    )

"""The largest functions that there can be fit into one message."""

from lambent.catalog.feed_messages import LARGEST_BYTES, LOAD_PIECE, Load, framed
from lambent.model.settings import FileSystem, VpcSettings
from tests.fakes.versions import version

WIDE = "🎈"
"""Four bytes; the model counts characters."""


def test_a_piece_of_the_largest_functions_fits() -> None:
    arn = "arn:a:" + WIDE * 9_994
    largest = version(
        role="arn:aws:iam::123456789012:role/" + "r" * 9_969,
        handler=WIDE * 128,
        description=WIDE * 256,
        environment={"KEY": "v" * 4_096},
        log_group="g" * 512,
        tags={WIDE * 125 + str(n): WIDE * 256 for n in range(100, 150)},
        vpc=VpcSettings(subnet_ids=("s" * 1_024,) * 16, security_group_ids=("s" * 1_024,) * 5),
        dead_letter_arn=arn,
        kms_key_arn=arn,
        source_kms_key_arn=arn,
        file_systems=(FileSystem(arn="a" * 256, mount_path="m" * 160),),
    )
    piece = Load(sequence=1, versions=[largest] * LOAD_PIECE, traffic=[], last=True)
    assert len(framed(piece)) < LARGEST_BYTES

"""Our table of partitions against botocore's."""

from typing import Any, Final

import pytest
from botocore.loaders import Loader

from lambent.model.partitions import PARTITIONS, partition_of

ENTRIES: Final[list[dict[str, Any]]] = Loader().load_data("partitions")["partitions"]


def test_the_partitions_are_botocores() -> None:
    ours = {p.name: (p.dns_suffix, p.site_suffix, p.regions.pattern) for p in PARTITIONS}
    theirs = {
        e["id"]: (
            e["outputs"]["dnsSuffix"],
            e["outputs"]["dualStackDnsSuffix"].replace("api.", "on.", 1),
            e["regionRegex"],
        )
        for e in ENTRIES
    }
    assert ours == theirs


@pytest.mark.parametrize(
    ("partition", "region"),
    [(e["id"], region) for e in ENTRIES for region in e["regions"] if "global" not in region],
)
def test_every_region_lies_in_its_partition(partition: str, region: str) -> None:
    assert partition_of(region).name == partition


@pytest.mark.parametrize("region", ["", "local", "moon-base-1"])
def test_an_unknown_region_counts_as_aws(region: str) -> None:
    assert partition_of(region).name == "aws"

"""Which partition a region lies in, and the DNS suffix of its host names.

A table of botocore's `partitions.json` (a test holds it against the newest one), written down so that the edge
need not load botocore.
"""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """One of AWS's partitions."""

    name: str
    dns_suffix: str
    regions: re.Pattern[str]


def _partition(name: str, dns_suffix: str, regions: str) -> Partition:
    return Partition(name=name, dns_suffix=dns_suffix, regions=re.compile(regions))


PARTITIONS: Final = (
    _partition("aws", "amazonaws.com", r"^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$"),
    _partition("aws-cn", "amazonaws.com.cn", r"^cn\-\w+\-\d+$"),
    _partition("aws-us-gov", "amazonaws.com", r"^us\-gov\-\w+\-\d+$"),
    _partition("aws-iso", "c2s.ic.gov", r"^us\-iso\-\w+\-\d+$"),
    _partition("aws-iso-b", "sc2s.sgov.gov", r"^us\-isob\-\w+\-\d+$"),
    _partition("aws-iso-e", "cloud.adc-e.uk", r"^eu\-isoe\-\w+\-\d+$"),
    _partition("aws-iso-f", "csp.hci.ic.gov", r"^us\-isof\-\w+\-\d+$"),
    _partition("aws-eusc", "amazonaws.eu", r"^eusc\-(de)\-\w+\-\d+$"),
)


def partition_of(region: str) -> Partition:
    """The partition of `region`; an unknown region counts as `aws`, as botocore has it."""
    return next((p for p in PARTITIONS if p.regions.match(region)), PARTITIONS[0])

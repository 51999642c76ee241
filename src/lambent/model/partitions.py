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
    site_suffix: str
    """What the host names of customers' own sites end in, such as those of function URLs."""
    regions: re.Pattern[str]


def _partition(name: str, dns_suffix: str, dual_stack_suffix: str, regions: str) -> Partition:
    return Partition(
        name=name,
        dns_suffix=dns_suffix,
        # In `aws`, `aws-cn` and `aws-eusc` sites differ by just this label (seen in names of ECR, MQ and Lambda there).
        site_suffix=f"on.{dual_stack_suffix.removeprefix('api.')}",
        regions=re.compile(regions),
    )


PARTITIONS: Final = (
    _partition("aws", "amazonaws.com", "api.aws", r"^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$"),
    _partition("aws-cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", r"^cn\-\w+\-\d+$"),
    _partition("aws-us-gov", "amazonaws.com", "api.aws", r"^us\-gov\-\w+\-\d+$"),
    _partition("aws-iso", "c2s.ic.gov", "api.aws.ic.gov", r"^us\-iso\-\w+\-\d+$"),
    _partition("aws-iso-b", "sc2s.sgov.gov", "api.aws.scloud", r"^us\-isob\-\w+\-\d+$"),
    _partition("aws-iso-e", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", r"^eu\-isoe\-\w+\-\d+$"),
    _partition("aws-iso-f", "csp.hci.ic.gov", "api.aws.hci.ic.gov", r"^us\-isof\-\w+\-\d+$"),
    _partition("aws-eusc", "amazonaws.eu", "api.amazonwebservices.eu", r"^eusc\-(de)\-\w+\-\d+$"),
)


def partition_of(region: str) -> Partition:
    """The partition of `region`; an unknown region counts as `aws`, as botocore has it."""
    return next((p for p in PARTITIONS if p.regions.match(region)), PARTITIONS[0])

"""A version of a layer, and the policy that says which accounts may use it."""

from dataclasses import dataclass
from typing import NamedTuple

from lambent.model.arn import layer_arn, layer_version_arn


class LayerName(NamedTuple):
    """What names a layer."""

    account_id: str
    region: str
    name: str

    @property
    def arn(self) -> str:
        """The layer's ARN, without a version."""
        return layer_arn(region=self.region, account_id=self.account_id, name=self.name)


class LayerKey(NamedTuple):
    """What names one version of a layer."""

    layer: LayerName
    version: int

    @property
    def arn(self) -> str:
        """The version's ARN."""
        return layer_version_arn(
            region=self.layer.region,
            account_id=self.layer.account_id,
            name=self.layer.name,
            version=self.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerStatement:
    """A statement of a layer version's policy: it allows the use of the version."""

    statement_id: str
    principal: str
    """`*`, or the ARN of an account's root."""
    organization_id: str = ""
    """Whose accounts alone are meant; empty for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerVersion:
    """A published version: nothing of it changes but its policy, and `revision_id` with that."""

    key: LayerKey
    package_sha256: str
    """Of the zip as uploaded, 64 lower-case hexadecimal digits; names the blob."""
    code_size: int
    """Of the zip, in bytes."""
    unzipped_bytes: int
    created_ms: int
    description: str = ""
    runtimes: tuple[str, ...] | None = None
    """None: never given, so that none are answered."""
    architectures: tuple[str, ...] | None = None
    """None: never given, so that none are answered."""
    license_info: str | None = None
    policy: tuple[LayerStatement, ...] = ()
    revision_id: str = ""
    """Of the policy."""

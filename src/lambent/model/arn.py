"""The one place that puts ARNs together."""

from lambent.model.partitions import partition_of


def function_arn(*, region: str, account_id: str, name: str, qualifier: str = "") -> str:
    """The ARN of a function, of one of its versions or of an alias (`qualifier`)."""
    arn = f"arn:{partition_of(region).name}:lambda:{region}:{account_id}:function:{name}"
    return f"{arn}:{qualifier}" if qualifier else arn


def log_group_arn(*, region: str, account_id: str, group: str) -> str:
    """The ARN of a log group, without the trailing `:*` that DescribeLogGroups adds in `arn`."""
    return f"arn:{partition_of(region).name}:logs:{region}:{account_id}:log-group:{group}"


def log_stream_arn(*, region: str, account_id: str, group: str, stream: str) -> str:
    """The ARN of a log stream."""
    group_arn = log_group_arn(region=region, account_id=account_id, group=group)
    return f"{group_arn}:log-stream:{stream}"


def root_arn(*, region: str, account_id: str) -> str:
    """The ARN of an account's root user, in the partition of `region`."""
    return f"arn:{partition_of(region).name}:iam::{account_id}:root"


def assumed_role_arn(*, region: str, account_id: str, role: str, session: str) -> str:
    """The ARN of a session of a role."""
    return f"arn:{partition_of(region).name}:sts::{account_id}:assumed-role/{role}/{session}"


def runtime_version_arn(*, region: str, digest: str) -> str:
    """The ARN of a runtime version: it has no account."""
    return f"arn:{partition_of(region).name}:lambda:{region}::runtime:{digest}"


def layer_arn(*, region: str, account_id: str, name: str) -> str:
    """The ARN of a layer, without a version."""
    return f"arn:{partition_of(region).name}:lambda:{region}:{account_id}:layer:{name}"


def layer_version_arn(*, region: str, account_id: str, name: str, version: int) -> str:
    """The ARN of a version of a layer."""
    return f"{layer_arn(region=region, account_id=account_id, name=name)}:{version}"


def code_signing_config_arn(*, region: str, account_id: str, config_id: str) -> str:
    """The ARN of a code signing configuration."""
    return (
        f"arn:{partition_of(region).name}:lambda:{region}:{account_id}"
        f":code-signing-config:{config_id}"
    )


def capacity_provider_arn(*, region: str, account_id: str, name: str) -> str:
    """The ARN of a capacity provider."""
    return f"arn:{partition_of(region).name}:lambda:{region}:{account_id}:capacity-provider:{name}"


def event_source_mapping_arn(*, region: str, account_id: str, uuid: str) -> str:
    """The ARN of an event source mapping."""
    return (
        f"arn:{partition_of(region).name}:lambda:{region}:{account_id}:event-source-mapping:{uuid}"
    )

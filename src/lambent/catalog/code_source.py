"""The port of packages that lie elsewhere: fetched when they are deployed, never again after that."""

from typing import IO, NoReturn, Protocol

from lambent.model.errors import InvalidParameterValue
from lambent.model.packages import S3Object


class CodeSource(Protocol):
    """Fetches packages; `aws_client.s3.S3Packages` is one."""

    async def fetch(self, package: S3Object) -> IO[bytes]:
        """The package in a file at its start, which the caller closes.

        Raises AccessDenied, InvalidParameterValue with AWS's words for what is not there or cannot be had, OSError when there is
        no room for it. Cancelling leaves nothing behind.
        """
        ...


class NoCodeSource:
    """There is nowhere to fetch from."""

    async def fetch(self, package: S3Object) -> NoReturn:
        """Refuse."""
        raise InvalidParameterValue(
            f"lambent cannot fetch s3://{package.bucket}/{package.key}: no S3 endpoint is set. "
            "Set s3_endpoint in [code] of its configuration, or give the package as ZipFile."
        )

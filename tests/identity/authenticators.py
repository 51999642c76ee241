"""An authenticator, keys that it knows and a stranger's."""

import pytest

from lambent.identity.authenticator import Authenticator
from lambent.identity.keyring import Keyring
from lambent.identity.keys import AccessKey, MasterKey
from lambent.model.errors import (
    ServiceError,
)
from tests.fakes.clock import ManualClock
from tests.identity.signing import Sent, authenticate

MASTER = MasterKey(secret=bytes(range(32)))
KEYRING = Keyring(master=MASTER)
ROOT = MASTER.root_access_key
NOW_MS = ManualClock().epoch_ms()
ROLE_ARN = "arn:aws:iam::123456789012:role/images/thumbnails"
ROLE = KEYRING.role_credentials(
    role_arn=ROLE_ARN,
    session_name="hello",
    account_id="123456789012",
    region="us-east-1",
    expires_at_ms=NOW_MS + 600_000,
)


def built(clock: ManualClock | None = None, *, remembered: int = 16) -> Authenticator:
    return Authenticator(
        keyring=KEYRING,
        default_region="eu-central-1",
        clock=clock or ManualClock(),
        remembered=remembered,
    )


def refusal(authenticator: Authenticator, sent: Sent) -> ServiceError:
    with pytest.raises(ServiceError) as refused:
        authenticate(authenticator, sent)
    return refused.value


def stranger(access_key_id: str) -> AccessKey:
    return AccessKey(access_key_id=access_key_id, secret_access_key="anything")

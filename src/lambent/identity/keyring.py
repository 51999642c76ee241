"""The keys that we issue: made, and recognised again.

Nothing is stored. A session token carries what it stands for, and a seal under the master key; access key id and secret follow
from the token's content. Half of a role's access key id is a check, so a key of ours with another's token is told apart
from a key that was never ours.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Final

from lambent.identity.keys import AccessKey, MasterKey
from lambent.model.arn import assumed_role_arn, root_arn
from lambent.model.errors import UnrecognizedClient

ROOT_ACCOUNT: Final = "000000000000"
"""The account that callers without another belong to."""
INVALID_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105  AWS's sentence
_SEAL_BYTES: Final = 32
_LONGEST_TOKEN: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """An access key of ours and whom it stands for."""

    access_key: AccessKey
    account_id: str
    user_id: str
    """The account for its root user, `AROA…:SESSION` for a role's session."""
    session_arn: str = ""
    """Of a role's session; empty for a root user, whose ARN lies in the partition that is addressed."""
    expires_at_ms: int | None = None
    """None for never."""

    def arn(self, region: str) -> str:
        """The caller's ARN in a request to `region`."""
        return self.session_arn or root_arn(region=region, account_id=self.account_id)


class Keyring:
    """Issues credentials of roles and recognises every key of ours."""

    def __init__(self, *, master: MasterKey) -> None:
        self._master = master
        root = master.root_access_key
        self._root = IssuedKey(access_key=root, account_id=ROOT_ACCOUNT, user_id=ROOT_ACCOUNT)

    def role_credentials(
        self, *, role_arn: str, session_name: str, account_id: str, region: str, expires_at_ms: int
    ) -> AccessKey:
        """Credentials for a session of a role until `expires_at_ms`; the same for the same arguments."""
        content = json.dumps([role_arn, session_name, account_id, region, expires_at_ms]).encode()
        return self._access_key(content)

    def find(self, access_key_id: str, session_token: str) -> IssuedKey | None:
        """The key of ours by this id, None when it isn't ours. Whether it has expired is for the caller to see.

        Raises UnrecognizedClient when it is ours and the token is not the one that it was issued with.
        """
        if access_key_id == self._root.access_key.access_key_id:
            if session_token:
                raise UnrecognizedClient(INVALID_TOKEN)
            return self._root
        if not self._is_role_key(access_key_id):
            return None
        content = self._opened(session_token)
        access_key = self._access_key(content)
        if (access_key.access_key_id, access_key.session_token) != (access_key_id, session_token):
            raise UnrecognizedClient(INVALID_TOKEN)
        return _issued(access_key, content)

    def _access_key(self, content: bytes) -> AccessKey:
        body = self._master.derive(b"role access key id", content)[:5]
        secret = self._master.derive(b"role secret", content)[:30]
        sealed = content + self._master.derive(b"session token", content)
        return AccessKey(
            access_key_id="ASIA" + base64.b32encode(body + self._check(body)).decode(),
            secret_access_key=base64.b64encode(secret).decode(),
            session_token=base64.b64encode(sealed).decode(),
        )

    def _check(self, body: bytes) -> bytes:
        return self._master.derive(b"role access key check", body)[:5]

    def _is_role_key(self, access_key_id: str) -> bool:
        if len(access_key_id) != 20 or not access_key_id.startswith("ASIA"):
            return False
        try:
            raw = base64.b32decode(access_key_id[4:])
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(raw[5:], self._check(raw[:5]))

    def _opened(self, session_token: str) -> bytes:
        """The token's content, if its seal is ours. Raises UnrecognizedClient."""
        try:
            sealed = base64.b64decode(session_token[:_LONGEST_TOKEN], validate=True)
        except (binascii.Error, ValueError):
            raise UnrecognizedClient(INVALID_TOKEN) from None
        content, seal = sealed[:-_SEAL_BYTES], sealed[-_SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._master.derive(b"session token", content)):
            raise UnrecognizedClient(INVALID_TOKEN)
        return content


def role_id(role_arn: str) -> str:
    """The unique id (`AROA…`, 21 characters) of a role: the same wherever the role is spoken of."""
    digest = hashlib.sha256(role_arn.encode()).digest()
    return "AROA" + base64.b32encode(digest).decode()[:17]


def _issued(access_key: AccessKey, content: bytes) -> IssuedKey:
    """What a content that carried our seal stands for."""
    role_arn, session_name, account_id, region, expires_at_ms = json.loads(content)
    return IssuedKey(
        access_key=access_key,
        account_id=account_id,
        user_id=f"{role_id(role_arn)}:{session_name}",
        session_arn=assumed_role_arn(
            region=region,
            account_id=account_id,
            role=role_arn.rpartition("/")[2],
            session=session_name,
        ),
        expires_at_ms=expires_at_ms,
    )

"""Access keys that we issue. None is stored: each follows from one master key.

A key of a role session is recognised by its id (the last six characters vouch for the ten before), its session token carries
whom it stands for under a MAC, and its secret follows from its id. So edge and control agree on keys without a database.
"""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from lambent.model.errors import UnrecognizedClient

DEFAULT_ACCOUNT: Final = "000000000000"
_MASTER_BYTES: Final = 32
_ROOT_PREFIX: Final = "LKIA"
_SESSION_PREFIX: Final = "ASIA"
_ROLE_PREFIX: Final = "AROA"
_TOKEN_VERSION: Final = b"\x01"
_MAC_BYTES: Final = 32
_INVALID_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105 - AWS's sentence


class MasterKeyUnusable(Exception):
    """The file is not a master key; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What a client signs with."""

    access_key_id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCredentials:
    """An access key of a role's session."""

    access_key_id: str
    secret: str
    session_token: str
    expires_at_epoch_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedKey:
    """Whom a key of ours stands for; with a role it is a session of it, without one the account's root."""

    secret: str
    account_id: str
    role_arn: str = ""
    session_name: str = ""
    region: str = ""
    """Of a session: its partition is that of its ARN."""
    expires_at_epoch_ms: int | None = None

    @property
    def role_name(self) -> str:
        """The role's name, without its path."""
        return self.role_arn.rpartition("/")[2]

    @property
    def role_id(self) -> str:
        """The role's unique id; the same ARN always has the same."""
        digest = hashlib.sha256(self.role_arn.encode()).digest()
        return _ROLE_PREFIX + base64.b32encode(digest)[:17].decode()


class MasterKey:
    """The secret behind all others."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load_or_create(cls, path: Path, *, randomness: Callable[[int], bytes] = os.urandom) -> Self:
        """The key in `path`, made there first if there is none, durably and readable by its owner alone.

        Two processes that make it at once end up with the same. Raises MasterKeyUnusable, OSError.
        """
        try:
            return cls._read(path)
        except FileNotFoundError:
            _write_once(path, randomness(_MASTER_BYTES))
        return cls._read(path)

    def root_access_key(self, account_id: str = DEFAULT_ACCOUNT) -> AccessKey:
        """The root access key of an account: the same as long as the master key is."""
        access_key_id = _ROOT_PREFIX + self._letters("root", account_id, count=16)
        return AccessKey(access_key_id=access_key_id, secret=self.secret_of(access_key_id))

    def role_credentials(
        self,
        *,
        role_arn: str,
        session_name: str,
        account_id: str,
        region: str,
        expires_at_epoch_ms: int,
    ) -> RoleCredentials:
        """Credentials of a session of a role; the same arguments give the same ones."""
        claims = [role_arn, session_name, account_id, region, expires_at_epoch_ms]
        body = self._letters("session", json.dumps(claims), count=10)
        access_key_id = _SESSION_PREFIX + body + self._letters("check", body, count=6)
        payload = json.dumps([access_key_id, *claims], separators=(",", ":")).encode()
        token = _TOKEN_VERSION + self._mac("token", payload) + payload
        return RoleCredentials(
            access_key_id=access_key_id,
            secret=self.secret_of(access_key_id),
            session_token=base64.b64encode(token).decode(),
            expires_at_epoch_ms=expires_at_epoch_ms,
        )

    def secret_of(self, access_key_id: str) -> str:
        """The secret that belongs to an id."""
        return base64.b64encode(self._mac("secret", access_key_id.encode()))[:40].decode()

    def made_session(self, access_key_id: str) -> bool:
        """Whether `access_key_id` is of a session's key from here; a stranger's passes once in 2**30."""
        body, check = access_key_id[4:14], access_key_id[14:]
        return access_key_id.startswith(_SESSION_PREFIX) and hmac.compare_digest(
            self._letters("check", body, count=6).encode(), check.encode()
        )

    def open_token(self, access_key_id: str, session_token: str) -> IssuedKey | None:
        """Whom the token stands for; None when it is not ours or not that of `access_key_id`."""
        try:
            token = base64.b64decode(session_token, validate=True)
        except ValueError:
            return None
        mac, payload = token[1 : 1 + _MAC_BYTES], token[1 + _MAC_BYTES :]
        if token[:1] != _TOKEN_VERSION or not hmac.compare_digest(mac, self._mac("token", payload)):
            return None
        holder, role_arn, session_name, account_id, region, expires = json.loads(payload)
        if holder != access_key_id:
            return None
        return IssuedKey(
            secret=self.secret_of(access_key_id),
            account_id=account_id,
            role_arn=role_arn,
            session_name=session_name,
            region=region,
            expires_at_epoch_ms=expires,
        )

    def _mac(self, purpose: str, data: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + data, "sha256")

    def _letters(self, purpose: str, data: str, *, count: int) -> str:
        return base64.b32encode(self._mac(purpose, data.encode()))[:count].decode()

    @classmethod
    def _read(cls, path: Path) -> Self:
        secret = path.read_bytes()
        if len(secret) != _MASTER_BYTES:
            raise MasterKeyUnusable(
                f"{path} is not a master key: it has {len(secret)} bytes instead of {_MASTER_BYTES}."
                " Restore it, or remove it to have all access keys issued anew."
            )
        return cls(secret)


class Keyring:
    """Finds the keys that we issued."""

    def __init__(self, *, master: MasterKey, account_id: str = DEFAULT_ACCOUNT) -> None:
        self._master, self._account_id = master, account_id
        self._root = master.root_access_key(account_id)

    def find(self, access_key_id: str, session_token: str) -> IssuedKey | None:
        """The key of that id, or None if it is not one of ours.

        Raises UnrecognizedClient when the id is ours and the token does not belong to it. Expiry is for the caller to judge.
        """
        if access_key_id == self._root.access_key_id:
            if session_token:
                raise UnrecognizedClient(_INVALID_TOKEN)
            return IssuedKey(secret=self._root.secret, account_id=self._account_id)
        if not access_key_id.isascii() or not self._master.made_session(access_key_id):
            return None
        issued = self._master.open_token(access_key_id, session_token)
        if issued is None:
            raise UnrecognizedClient(_INVALID_TOKEN)
        return issued


def _write_once(path: Path, content: bytes) -> None:
    """Put `content` at `path` durably unless something is there."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # O_EXCL: a leftover of the same process id must not be written through.
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        try:
            # A link, not a rename: it never replaces a key that another process made meanwhile.
            os.link(draft, path)
        except FileExistsError:
            return
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Who sends a request. Begin at `Authenticator.authenticate`."""

import hashlib
import hmac
import re
from calendar import timegm
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple, Protocol, TypeVar

from lambent.identity import sigv4
from lambent.identity.keys import DEFAULT_ACCOUNT, IssuedKey
from lambent.identity.presigned import Presigned, read_presigned
from lambent.identity.sigv4 import Claim
from lambent.kit.clock import Clock
from lambent.model.arn import assumed_role_arn, root_arn
from lambent.model.errors import ExpiredToken, IncompleteSignature, InvalidSignature
from lambent.model.request import Caller

_REMEMBERED: Final = 1_024
_WINDOW_SECONDS: Final = 900
"""How far a signature's time may be from ours: AWS allows 5 to 15 minutes, depending on the service."""
_ACCOUNT: Final = re.compile(r"\d{12}")
_SHA256: Final = re.compile(rb"[0-9a-f]{64}")
_TIMESTAMP: Final = re.compile(rb"\d{8}T\d{6}Z")
_MISMATCH: Final = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and"
    " signing method. Consult the service documentation for details."
)
_HOST_NOT_SIGNED: Final = (
    "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
)
_EXPIRED: Final = "The security token included in the request is expired"


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Keyring(Protocol):
    """Knows the keys that we issued."""

    def find(self, access_key_id: str, session_token: str) -> IssuedKey | None:
        """The key of that id, None for a stranger's. Raises UnrecognizedClient for a token that does not belong to it."""
        ...


class _Signer(NamedTuple):
    """A key of ours that has signed correctly, ready to verify the next signature."""

    key: bytes
    scope: bytes
    caller: Caller
    expires_at_epoch_ms: int | None


class Authenticator:
    """Names the caller of a request; open mode: a key that is not ours is believed, one of ours must have signed correctly.

    What is remembered is bounded, and a signing key is only remembered once it has verified something: what identifies it is
    text that clients choose.
    """

    def __init__(
        self,
        *,
        keyring: Keyring,
        default_region: str,
        clock: Clock,
        default_account: str = DEFAULT_ACCOUNT,
    ) -> None:
        self._keyring, self._clock = keyring, clock
        self._default_account = default_account
        self._anonymous = _root(account_id=default_account, region=default_region)
        self._signers: dict[tuple[bytes, bytes], _Signer] = {}
        self._strangers: dict[tuple[bytes, bytes], Caller] = {}
        self._claims: dict[bytes, Claim] = {}
        self._last_timestamp, self._last_seconds = b"", 0

    def authenticate(
        self,
        *,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        body_sha256: str = "",
    ) -> Caller:
        """The caller; a request without a signature is the default account's.

        `headers` by lower-case name. `body_sha256`, in hexadecimal, spares hashing a large body here. Raises
        IncompleteSignature, InvalidSignature, UnrecognizedClient, ExpiredToken.
        """
        authorization = headers.get(b"authorization")
        presigned: Presigned | None = None
        if authorization is not None:
            claim, signature = self._read_authorization(authorization)
            token = headers.get(b"x-amz-security-token", b"")
        elif b"X-Amz-Signature=" in target:
            presigned = read_presigned(target)
            claim, signature, token = presigned.claim, presigned.signature, presigned.token
        else:
            return self._anonymous
        identity = (claim.credential, token)
        stranger = self._strangers.get(identity)
        if stranger is not None:
            return stranger
        known = self._signers.get(identity)
        signer = known or self._look_up(claim, token)
        if signer is None:
            return self._remember_stranger(identity, claim)
        if signer.expires_at_epoch_ms is not None:
            self._check_expiry(signer.expires_at_epoch_ms)
        digest = body_sha256.encode() or hashlib.sha256(body).hexdigest().encode()
        if presigned is None:
            timestamp = headers.get(b"x-amz-date") or _from_date_header(headers)
            self._check_window(timestamp, claim)
        else:
            timestamp, target = presigned.timestamp, presigned.unsigned_target
            self._check_presigned_window(presigned)
        _check_signature(
            signer,
            claim,
            signature,
            method=method,
            target=target,
            headers=headers,
            timestamp=timestamp,
            payload_hashes=_payload_hashes(headers, digest, claim, is_url=presigned is not None),
        )
        if known is None:
            _remember(self._signers, identity, signer)
        return signer.caller

    def _read_authorization(self, value: bytes) -> tuple[Claim, bytes]:
        """Claim and signature; what stands before the signature is the same all day, and read once."""
        before, _, signature = value.rpartition(b"Signature=")
        claim = self._claims.get(before)
        if claim is not None:
            return claim, signature
        claim, true_signature = sigv4.parse_authorization(value)
        if signature == true_signature:
            _remember(self._claims, before, claim)
        return claim, true_signature

    def _look_up(self, claim: Claim, token: bytes) -> _Signer | None:
        access_key_id = claim.access_key_id.decode("latin-1")
        issued = self._keyring.find(access_key_id, token.decode("latin-1"))
        if issued is None:
            return None
        return _Signer(
            sigv4.signing_key(
                secret=issued.secret,
                date=claim.date,
                region=claim.region,
                service=claim.service,
            ),
            claim.scope,
            _caller_of(issued, claim),
            issued.expires_at_epoch_ms,
        )

    def _remember_stranger(self, identity: tuple[bytes, bytes], claim: Claim) -> Caller:
        access_key_id = claim.access_key_id.decode("latin-1")
        is_account = _ACCOUNT.fullmatch(access_key_id) is not None and access_key_id.isascii()
        caller = _root(
            account_id=access_key_id if is_account else self._default_account,
            region=claim.region.decode("latin-1"),
            access_key_id=access_key_id,
            service=claim.service.decode("latin-1"),
        )
        _remember(self._strangers, identity, caller)
        return caller

    def _check_expiry(self, expires_at_epoch_ms: int) -> None:
        if self._clock.epoch_ms() >= expires_at_epoch_ms:
            raise ExpiredToken(_EXPIRED)

    def _check_window(self, timestamp: bytes, claim: Claim) -> None:
        if timestamp != self._last_timestamp:
            self._last_seconds, self._last_timestamp = _seconds(timestamp), timestamp
        at = self._last_seconds
        if not timestamp.startswith(claim.date):
            raise InvalidSignature(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
                f" '{claim.date.decode('latin-1')}' != '{timestamp[:8].decode()}', from '{timestamp.decode()}'."
            )
        now = self._clock.epoch_ms() // 1000
        if at < now - _WINDOW_SECONDS:
            raise InvalidSignature(
                f"Signature expired: {timestamp.decode()} is now earlier than"
                f" {_iso(now - _WINDOW_SECONDS)} ({_iso(now)} - 15 min.)"
            )
        if at > now + _WINDOW_SECONDS:
            raise InvalidSignature(
                f"Signature not yet current: {timestamp.decode()} is still later than"
                f" {_iso(now + _WINDOW_SECONDS)} ({_iso(now)} + 15 min.)"
            )

    def _check_presigned_window(self, presigned: Presigned) -> None:
        at = _seconds(presigned.timestamp)
        now = self._clock.epoch_ms() // 1000
        if at + presigned.lifetime_seconds < now:
            raise InvalidSignature(
                f"Signature expired: {presigned.timestamp.decode()} is now earlier than"
                f" {_iso(now - presigned.lifetime_seconds)} ({_iso(now)} -"
                f" {presigned.lifetime_seconds // 60} min.)"
            )
        if at > now + _WINDOW_SECONDS or not presigned.timestamp.startswith(presigned.claim.date):
            raise InvalidSignature(_MISMATCH)


def _remember(memory: dict[_Key, _Value], identity: _Key, value: _Value) -> None:
    """Keep `value`; the oldest gives way."""
    if len(memory) >= _REMEMBERED:
        del memory[next(iter(memory))]
    memory[identity] = value


def _payload_hashes(
    headers: Mapping[bytes, bytes], digest: bytes, claim: Claim, *, is_url: bool
) -> tuple[bytes, ...]:
    """What the signature may cover of the body: its true hash; S3 alone may leave the body out."""
    declared = headers.get(b"x-amz-content-sha256")
    if claim.service == b"s3":
        if declared is not None and _SHA256.fullmatch(declared) is None:
            return (declared,)
        if is_url and declared is None:
            return (sigv4.UNSIGNED_PAYLOAD, digest)
    if declared is None or declared == digest:
        return (digest,)
    raise InvalidSignature(_MISMATCH)


def _check_signature(
    signer: _Signer,
    claim: Claim,
    signature: bytes,
    *,
    method: bytes,
    target: bytes,
    headers: Mapping[bytes, bytes],
    timestamp: bytes,
    payload_hashes: tuple[bytes, ...],
) -> None:
    """Raise InvalidSignature unless the signature is that of this request."""
    if b"host" not in claim.names:
        raise InvalidSignature(_HOST_NOT_SIGNED)
    canonical_headers = sigv4.canonical_headers(claim.names, headers)
    variants: Iterable[tuple[bytes, bytes]] = ((target, b""),)
    if not sigv4.is_plain(target):
        variants = sigv4.canonical_targets(target, single_encoding=claim.service == b"s3")
    for path, query in variants:
        for payload_hash in payload_hashes:
            expected = sigv4.signature(
                key=signer.key,
                scope=signer.scope,
                timestamp=timestamp,
                method=method,
                path=path,
                query=query,
                headers=canonical_headers,
                signed_headers=claim.signed_headers,
                payload_hash=payload_hash,
            )
            if hmac.compare_digest(expected, signature):
                return
    raise InvalidSignature(_MISMATCH)


def _from_date_header(headers: Mapping[bytes, bytes]) -> bytes:
    """The `Date` header as a timestamp. Raises IncompleteSignature when there is none that can be read."""
    try:
        at = parsedate_to_datetime(headers.get(b"date", b"").decode("latin-1"))
    except (TypeError, ValueError):
        raise IncompleteSignature(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            f" Authorization={headers.get(b'authorization', b'').decode('latin-1')}"
        ) from None
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ").encode()


def _seconds(timestamp: bytes) -> int:
    """Seconds since 1970. Raises IncompleteSignature for what is no timestamp."""
    if _TIMESTAMP.fullmatch(timestamp) is not None:
        t = timestamp
        fields = (t[:4], t[4:6], t[6:8], t[9:11], t[11:13], t[13:15])
        return timegm(tuple(map(int, fields)))
    raise IncompleteSignature(
        "Date must be in ISO-8601 'basic format'. Got "
        f"'{timestamp.decode('latin-1')}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y%m%dT%H%M%SZ")


def _caller_of(issued: IssuedKey, claim: Claim) -> Caller:
    region = claim.region.decode("latin-1")
    access_key_id = claim.access_key_id.decode("latin-1")
    service = claim.service.decode("latin-1")
    if not issued.role_arn:
        return _root(
            account_id=issued.account_id,
            region=region,
            access_key_id=access_key_id,
            service=service,
            verified=True,
        )
    return Caller(
        account_id=issued.account_id,
        region=region,
        arn=assumed_role_arn(
            region=issued.region,
            account_id=issued.account_id,
            role=issued.role_name,
            session=issued.session_name,
        ),
        user_id=f"{issued.role_id}:{issued.session_name}",
        access_key_id=access_key_id,
        service=service,
        verified=True,
    )


def _root(
    *,
    account_id: str,
    region: str,
    access_key_id: str = "",
    service: str = "",
    verified: bool = False,
) -> Caller:
    return Caller(
        account_id=account_id,
        region=region,
        arn=root_arn(region=region, account_id=account_id),
        user_id=account_id,
        access_key_id=access_key_id,
        service=service,
        verified=verified,
    )

"""Who sends a request, in open mode: a key of ours proves itself, any other is taken at its word."""

import hmac
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from lambent.identity.claims import (
    Claim,
    Credential,
    Presigned,
    read_authorization,
    read_credential,
    read_presigned,
)
from lambent.identity.dates import SKEW_MS, Dates, Signed, refuse_untimely
from lambent.identity.keyring import ROOT_ACCOUNT, Keyring
from lambent.identity.remembered import Remembered
from lambent.identity.sigv4 import (
    MISMATCH,
    UNSIGNED_PAYLOAD,
    canonical_request,
    payload_hash,
    plain_canonical_request,
    signature,
    signing_key,
)
from lambent.kit.clock import Clock
from lambent.model.arn import root_arn
from lambent.model.errors import (
    ExpiredToken,
    IncompleteSignature,
    InvalidSignature,
    UnrecognizedClient,
)
from lambent.model.request import Caller

_ACCOUNT: Final = re.compile(r"[0-9]{12}").fullmatch
_INVALID_TOKEN: Final = "The security token included in the request is invalid."  # noqa: S105  AWS's sentence
_EXPIRED_TOKEN: Final = "The security token included in the request is expired"  # noqa: S105  AWS's sentence
_REMEMBERED: Final = 4_096


class _Signer(NamedTuple):
    """A credential of ours that has proved itself."""

    caller: Caller
    key: bytes
    scope: bytes
    date: bytes
    session_token: bytes
    expires_at_ms: int | None


class _Sent(NamedTuple):
    """A request as it came, and what it says of its signature, wherever it says it."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    claim: Claim
    date: bytes
    valid_ms: int
    session_token: bytes
    declared_hash: bytes


class Authenticator:
    """Decides who sends a request.

    Memory: at most `remembered` signing keys, each put there by a signature that was right, and as many callers.
    """

    def __init__(
        self,
        *,
        keyring: Keyring,
        default_region: str,
        clock: Clock,
        remembered: int = _REMEMBERED,
    ) -> None:
        self._keyring, self._default_region, self._clock = keyring, default_region, clock
        self._dates = Dates()
        self._signers: Remembered[bytes, _Signer] = Remembered(limit=remembered)
        self._strangers: Remembered[bytes, Caller] = Remembered(limit=remembered)
        self._anonymous = _root(ROOT_ACCOUNT, default_region)

    def authenticate(
        self, *, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes
    ) -> Caller:
        """The caller behind a request as it came: `target` percent-encoded, header names in lower case.

        Raises IncompleteSignature, InvalidSignature, UnrecognizedClient, ExpiredToken when it is refused.
        """
        header = headers.get(b"authorization")
        if header is None:
            presigned = read_presigned(target) if b"X-Amz-" in target else None
            if presigned is None:
                return self._anonymous
            sent = _from_query(presigned, method, target, headers, body)
            return self._caller(sent)
        if b"X-Amz-Algorithm" in target:
            raise InvalidSignature(
                "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
            )
        return self._caller(
            _Sent(
                method,
                target,
                headers,
                body,
                read_authorization(header),
                headers.get(b"x-amz-date") or headers.get(b"date", b""),
                SKEW_MS,
                headers.get(b"x-amz-security-token", b""),
                headers.get(b"x-amz-content-sha256", b""),
            )
        )

    def _caller(self, sent: _Sent) -> Caller:
        text = sent.claim.credential
        signer = self._signers.get(text)
        if signer is not None:
            self._verify(sent, signer)
            return signer.caller
        return self._strangers.get(text) or self._newcomer(text, sent)

    def _newcomer(self, text: bytes, sent: _Sent) -> Caller:
        """A credential that was not seen of late."""
        credential = read_credential(text)
        signer = self._signer(credential, sent.session_token)
        if signer is None:
            caller = self._stranger(credential)
            self._strangers.put(text, caller)
            return caller
        self._verify(sent, signer)
        self._signers.put(text, signer)
        return signer.caller

    def _signer(self, credential: Credential, session_token: bytes) -> _Signer | None:
        """What a key of ours signs with; None when it isn't ours. Raises UnrecognizedClient."""
        issued = self._keyring.find(credential.access_key_id, session_token.decode("latin-1"))
        if issued is None:
            return None
        region = credential.region or self._default_region
        return _Signer(
            caller=Caller(
                account_id=issued.account_id,
                region=region,
                arn=issued.arn(region),
                user_id=issued.user_id,
                access_key_id=credential.access_key_id,
                service=credential.service,
                verified=True,
            ),
            key=signing_key(issued.access_key.secret_access_key, credential.scope),
            scope=credential.scope,
            date=credential.date.encode("latin-1"),
            session_token=session_token,
            expires_at_ms=issued.expires_at_ms,
        )

    def _stranger(self, credential: Credential) -> Caller:
        key = credential.access_key_id
        return _root(
            key if _ACCOUNT(key) else ROOT_ACCOUNT,
            credential.region or self._default_region,
            access_key_id=key,
            service=credential.service,
        )

    def _verify(self, sent: _Sent, signer: _Signer) -> None:
        """Raise unless the request was signed with the signer's secret, of late, and is what was signed."""
        now_ms = self._clock.epoch_ms()
        signed = self._signed_at(sent)
        refuse_untimely(signed, now_ms=now_ms, valid_ms=sent.valid_ms)
        names = sent.claim.signed_headers
        if b"host" not in names.split(b";"):
            raise InvalidSignature(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
            )
        if not signed.iso.startswith(signer.date) or len(signer.date) != 8:
            raise _other_day(signer, signed)
        if not hmac.compare_digest(sent.session_token, signer.session_token):
            raise UnrecognizedClient(_INVALID_TOKEN)
        if signer.expires_at_ms is not None and signer.expires_at_ms <= now_ms:
            raise ExpiredToken(_EXPIRED_TOKEN)
        computed = signature(
            signer.key,
            date=signed.iso,
            scope=signer.scope,
            canonical=_canonical(sent, signer.caller.service),
        )
        if not hmac.compare_digest(computed, sent.claim.signature):
            raise InvalidSignature(MISMATCH)

    def _signed_at(self, sent: _Sent) -> Signed:
        if not sent.date:
            raise IncompleteSignature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            )
        return self._dates.read(sent.date)


def _canonical(sent: _Sent, service: str) -> bytes:
    hashed = payload_hash(sent.declared_hash, sent.body, service=service)
    plain = plain_canonical_request(
        method=sent.method,
        target=sent.target,
        headers=sent.headers,
        signed_headers=sent.claim.signed_headers,
        hashed=hashed,
    )
    return plain or canonical_request(
        method=sent.method,
        target=sent.target,
        headers=sent.headers,
        signed_headers=sent.claim.signed_headers,
        hashed=hashed,
        service=service,
    )


def _from_query(
    presigned: Presigned,
    method: bytes,
    target: bytes,
    headers: Mapping[bytes, bytes],
    body: bytes,
) -> _Sent:
    declared = headers.get(b"x-amz-content-sha256") or presigned.declared_hash
    if not declared and presigned.claim.credential.split(b"/")[3:4] == [b"s3"]:
        declared = UNSIGNED_PAYLOAD  # a link to an object is made before its body is known
    return _Sent(
        method,
        target,
        headers,
        body,
        presigned.claim,
        presigned.date,
        presigned.valid_seconds * 1000,
        presigned.session_token or headers.get(b"x-amz-security-token", b""),
        declared,
    )


def _root(account_id: str, region: str, *, access_key_id: str = "", service: str = "") -> Caller:
    return Caller(
        account_id=account_id,
        region=region,
        arn=root_arn(region=region, account_id=account_id),
        user_id=account_id,
        access_key_id=access_key_id,
        service=service,
    )


def _other_day(signer: _Signer, signed: Signed) -> InvalidSignature:
    iso = signed.iso.decode()
    return InvalidSignature(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{signer.date.decode('latin-1')}' != '{iso[:8]}', from '{iso}'."
    )

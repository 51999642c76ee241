"""Who sends a request, in open mode: a key of ours proves itself, any other is taken at its word."""

import hmac
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from lambent.identity.claims import (
    Claim,
    Credential,
    read_authorization,
    read_credential,
    read_presigned,
)
from lambent.identity.dates import SKEW_MS, Signed, read_date, untimely
from lambent.identity.keyring import INVALID_TOKEN, ROOT_ACCOUNT, Keyring
from lambent.identity.remembered import Remembered
from lambent.identity.sigv4 import (
    MISMATCH,
    Form,
    SigningKey,
    canonical_target,
    payload_hash,
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
_EXPIRED_TOKEN: Final = "The security token included in the request is expired"  # noqa: S105  AWS's sentence
_BOTH: Final = (
    "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
)
_REMEMBERED: Final = 4_096
_REMEMBERED_FORMS: Final = 256
_REMEMBERED_DATES: Final = 64
_NEVER_MS: Final = 2**63


class _Signer(NamedTuple):
    """A credential of ours that has proved itself."""

    caller: Caller
    key: SigningKey
    date: bytes
    session_token: bytes
    expires_at_ms: int


class _Sent(NamedTuple):
    """A request as it came."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes
    body_sha256: str


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
        self._signers: Remembered[_Signer] = Remembered(limit=remembered)
        self._strangers: Remembered[Caller] = Remembered(limit=remembered)
        self._forms: Remembered[Form] = Remembered(limit=_REMEMBERED_FORMS)
        self._targets: Remembered[bytes] = Remembered(limit=remembered)
        self._dates: Remembered[Signed] = Remembered(limit=_REMEMBERED_DATES)
        self._anonymous = _root(ROOT_ACCOUNT, default_region)

    def authenticate(
        self,
        *,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        body_sha256: str = "",
    ) -> Caller:
        """The caller behind a request as it came: `target` percent-encoded, header names in lower case.

        `body_sha256` is the body's hash in hexadecimal digits, where it is known already.

        Raises IncompleteSignature, InvalidSignature, UnrecognizedClient, ExpiredToken when it is refused.
        """
        header = headers.get(b"authorization")
        claim: Claim | None
        if header is not None:
            if b"X-Amz-Algorithm" in target:
                raise InvalidSignature(_BOTH)
            claim = read_authorization(header, headers)
        else:
            claim = read_presigned(target, headers) if b"X-Amz-" in target else None
        if claim is None:
            return self._anonymous
        request = _Sent(method, target, headers, body, body_sha256)
        signer = self._signers.get(claim.credential)
        if signer is None:
            return self._strangers.get(claim.credential) or self._newcomer(claim, request)
        self._verify(signer, claim, request)
        return signer.caller

    def _newcomer(self, claim: Claim, request: _Sent) -> Caller:
        """A credential that was not seen of late."""
        credential = read_credential(claim.credential)
        signer = self._signer(credential, claim.session_token)
        if signer is None:
            caller = self._stranger(credential)
            self._strangers.put(claim.credential, caller)
            return caller
        self._verify(signer, claim, request)
        self._signers.put(claim.credential, signer)
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
            key=SigningKey(
                secret_access_key=issued.access_key.secret_access_key, scope=credential.scope
            ),
            date=credential.date.encode("latin-1"),
            session_token=session_token,
            expires_at_ms=_NEVER_MS if issued.expires_at_ms is None else issued.expires_at_ms,
        )

    def _stranger(self, credential: Credential) -> Caller:
        key = credential.access_key_id
        return _root(
            key if _ACCOUNT(key) else ROOT_ACCOUNT,
            credential.region or self._default_region,
            access_key_id=key,
            service=credential.service,
        )

    def _verify(self, signer: _Signer, claim: Claim, request: _Sent) -> None:
        """Raise unless the request was signed with the signer's secret, of late, and is what was signed."""
        now_ms = self._clock.epoch_ms()
        signed = self._dates.get(claim.date) or self._read_date(claim.date)
        if not -SKEW_MS <= now_ms - signed.epoch_ms <= claim.valid_ms:
            raise untimely(signed, now_ms=now_ms, valid_ms=claim.valid_ms)
        known = self._forms.get(claim.signed_headers)
        form = known or Form(claim.signed_headers)
        if signed.iso[:8] != signer.date:
            raise _other_day(signer, signed)
        if not hmac.compare_digest(claim.session_token, signer.session_token):
            raise UnrecognizedClient(INVALID_TOKEN)
        if signer.expires_at_ms <= now_ms:
            raise ExpiredToken(_EXPIRED_TOKEN)
        service = signer.caller.service
        method, target, headers, body, body_sha256 = request
        lines = None if service == "s3" else self._targets.get(target)
        hashed = payload_hash(claim.declared_hash, body, service, body_sha256)
        canonical = form.canonical(
            method, lines or canonical_target(target, service), headers, hashed
        )
        computed = signer.key.signature(signed.iso, canonical)
        if not hmac.compare_digest(computed, claim.signature):
            raise InvalidSignature(MISMATCH)
        if lines is None or known is None:
            self._learn(claim.signed_headers, form, target, service)

    def _learn(self, signed_headers: bytes, form: Form, target: bytes, service: str) -> None:
        """Remember how to read such requests, now that one was genuine."""
        self._forms.put(signed_headers, form)
        if service != "s3" and b"X-Amz-Signature" not in target:  # no presigned URL is like another
            self._targets.put(target, canonical_target(target, service))

    def _read_date(self, text: bytes) -> Signed:
        if not text:
            raise IncompleteSignature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
            )
        signed = read_date(text)
        self._dates.put(text, signed)
        return signed


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

"""The command line's signature, against botocore's."""

import datetime as dt

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from lambent.cli.signing import Keys, Unsigned, signed_headers

segment = st.text(alphabet="abcXYZ019-_.~%:$", min_size=1, max_size=12).map(
    lambda text: text.replace("%", "%3A").replace(":", "%3A").replace("$", "%24")
)
value = st.text(alphabet="abc 019-_./;=", max_size=20).map(str.strip)


@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    segments=st.lists(segment.filter(lambda s: s not in (".", "..")), max_size=4),
    query=st.dictionaries(segment, segment, max_size=3),
    headers=st.dictionaries(st.sampled_from(["X-Amz-Log-Type", "X-Amz-Target"]), value),
    body=st.binary(max_size=50),
    token=st.sampled_from([None, "session-token"]),
    seconds=st.integers(0, 4_000_000_000),
)
def test_it_is_the_one_that_botocore_makes(
    *,
    method: str,
    segments: list[str],
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
    token: str | None,
    seconds: int,
) -> None:
    path = "/" + "/".join(segments)
    text = "&".join(f"{name}={content}" for name, content in query.items())
    ours = signed_headers(
        Unsigned(
            method=method,
            host="127.0.0.1:4566",
            path=path,
            query=text,
            headers=headers,
            body=body,
        ),
        keys=Keys(access_key_id="AKIA", secret_access_key="secret", session_token=token),
        region="eu-central-1",
        service="lambda",
        epoch_ms=seconds * 1000,
    )
    request = AWSRequest(
        method=method,
        url=f"http://127.0.0.1:4566{path}" + (f"?{text}" if text else ""),
        headers=headers,
        data=body,
    )
    at = dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    request.context["timestamp"] = at
    theirs = SigV4Auth(Credentials("AKIA", "secret", token), "lambda", "eu-central-1")
    request.headers["X-Amz-Date"] = at
    if token:
        request.headers["X-Amz-Security-Token"] = token
    canonical = theirs.canonical_request(request)
    signature = theirs.signature(theirs.string_to_sign(request, canonical), request)
    assert ours["Authorization"].rpartition("=")[2] == signature
    assert ours["X-Amz-Date"] == at

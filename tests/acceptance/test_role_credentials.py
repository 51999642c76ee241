"""The credentials that a function is given: its role's, good on our endpoint alone, and verified."""

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create

ASKS_WHO_IT_IS = '''
import datetime, hashlib, hmac, os, re, urllib.error, urllib.parse, urllib.request

def digest(key, text): return hmac.new(key, text.encode(), 'sha256').digest()

def ask(region, secret):
    """GetCallerIdentity, signed by hand: AWS's signature, version 4."""
    url = os.environ['AWS_ENDPOINT_URL'] + '/'
    host = urllib.parse.urlsplit(url).netloc
    body = 'Action=GetCallerIdentity&Version=2011-06-15'
    now = datetime.datetime.now(datetime.timezone.utc).strftime('%Y%m%dT%H%M%SZ')
    signed = {'content-type': 'application/x-www-form-urlencoded', 'host': host, 'x-amz-date': now,
              'x-amz-security-token': os.environ['AWS_SESSION_TOKEN']}
    names = ';'.join(signed)
    canonical = '\\n'.join(['POST', '/', '', *(f'{n}:{v}' for n, v in signed.items()), '', names,
                           hashlib.sha256(body.encode()).hexdigest()])
    scope = f'{now[:8]}/{region}/sts/aws4_request'
    text = '\\n'.join(['AWS4-HMAC-SHA256', now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = ('AWS4' + secret).encode()
    for part in scope.split('/'): key = digest(key, part)
    signature = digest(key, text).hex()
    authorization = (f"AWS4-HMAC-SHA256 Credential={os.environ['AWS_ACCESS_KEY_ID']}/{scope}, "
                     f"SignedHeaders={names}, Signature={signature}")
    request = urllib.request.Request(url, body.encode(), {**signed, 'authorization': authorization})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer: text = answer.read().decode()
    except urllib.error.HTTPError as error: text = error.read().decode()
    return re.findall('<(Arn|Account|UserId|Code)>(.*?)<', text)

def handler(event, context):
    secret = os.environ['AWS_SECRET_ACCESS_KEY']
    return {'right': dict(ask(event['region'], secret)), 'wrong': dict(ask(event['region'], 'x' + secret)),
            'elsewhere': dict(ask('eu-west-1', secret))}
'''


@pytest.mark.parametrize(("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn")])
def test_inside_the_caller_is_the_role_and_the_function(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    account = "123456789012"
    lam = daemon.client("lambda", region=region, key=account)
    role = f"arn:{partition}:iam::{account}:role/service/thumbnails"
    create(lam, "who", ASKS_WHO_IT_IS, Role=role, Timeout=20)
    result, error = call(lam, "who", {"region": region})
    assert not error, result
    arn = f"arn:{partition}:sts::{account}:assumed-role/thumbnails/who"
    assert result["right"]["Arn"] == arn
    assert result["right"]["Account"] == account
    assert result["right"]["UserId"].startswith("AROA")
    assert result["right"]["UserId"].endswith(":who")
    assert result["wrong"] == {"Code": "SignatureDoesNotMatch"}
    assert result["elsewhere"]["Arn"] == arn, "a role is the same wherever it asks"

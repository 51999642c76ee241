import pytest

from lambent.gateway.origins import OriginPolicy


@pytest.mark.parametrize(
    "origin",
    [
        b"http://localhost",
        b"https://localhost:3000",
        b"http://LOCALHOST:80",
        b"http://127.0.0.1:8080",
        b"http://[::1]:5173",
        b"http://app.localhost:3000",
    ],
)
def test_pages_of_this_machine_are_allowed(origin: bytes) -> None:
    assert OriginPolicy().allows_origin(origin)


@pytest.mark.parametrize(
    "origin",
    [
        b"null",
        b"",
        b"http://evil.example",
        b"http://localhost.evil.com",
        b"http://evillocalhost",
        b"http://127.0.0.1.evil.com",
        b"http://127.0.0.1@evil.com",
        b"http://localhost:3000/path",
        b"http://localhost:3000\nx",
        b"http://localhost,http://localhost",
        b"file://localhost",
        b"http://127.0.0.2",
        b"\xff",
    ],
)
def test_other_pages_are_not(origin: bytes) -> None:
    assert not OriginPolicy().allows_origin(origin)


def test_a_configured_list_takes_the_place_of_the_default() -> None:
    policy = OriginPolicy(allowed_origins=["https://app.example.com"])
    assert policy.allows_origin(b"https://app.example.com")
    assert not policy.allows_origin(b"http://localhost")
    assert OriginPolicy(allowed_origins=["*"]).allows_origin(b"http://anything")


@pytest.mark.parametrize(
    "host",
    [
        b"127.0.0.1:4566",
        b"10.0.0.7",
        b"[::1]:4566",
        b"[::ffff:127.0.0.1]",
        b"localhost:4566",
        b"localhost.",
        b"abc.lambda-url.us-east-1.localhost:4566",
        b"lambent",
        b"host.docker.internal:4566",
        b"lambda.us-east-1.amazonaws.com",
        b"lambda.cn-north-1.amazonaws.com.cn:4566",
        b"LAMBDA.US-EAST-1.AMAZONAWS.COM",
        b"x.lambda-url.us-east-1.on.aws",
    ],
)
def test_hosts_that_nobody_can_point_here_are_allowed(host: bytes) -> None:
    policy = OriginPolicy()
    assert policy.allows_host(host)
    assert policy.allows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        b"evil.com:4566",
        b"127.0.0.1.evil.com",
        b"localhost.evil.com",
        b"evilamazonaws.com",
        b"1.2.3.4.5",
        b"user@127.0.0.1",
        b"127.0.0.1:4566:1",
        b"",
        b"a b",
        b"evil.com\n",
        b"\xff",
    ],
)
def test_hosts_that_a_rebound_name_could_be_are_not(host: bytes) -> None:
    assert not OriginPolicy().allows_host(host)


def test_more_hosts_may_be_named() -> None:
    policy = OriginPolicy(allowed_hosts=["lambda.corp.example.org"])
    assert policy.allows_host(b"lambda.corp.example.org:4566")
    assert policy.allows_host(b"a.lambda.corp.example.org")
    assert not policy.allows_host(b"corp.example.org")


def test_what_clients_make_it_remember_is_bounded() -> None:
    policy = OriginPolicy()
    for n in range(1000):
        assert policy.allows_host(b"h%d.localhost" % n)
    assert len(policy._known_hosts) <= 256

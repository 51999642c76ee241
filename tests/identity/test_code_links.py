"""Links to packages: good for ten minutes, for one package, as they were made."""

import re

import pytest

from lambent.identity.code_links import CODE_PREFIX, CodeLinks
from lambent.identity.keys import MasterKey
from lambent.model.errors import AccessDenied, InvalidSignature
from tests.fakes.clock import ManualClock

SHA256 = "ab" * 32
MASTER = MasterKey(secret=bytes(range(32)))


def link(clock: ManualClock, *, master: MasterKey = MASTER) -> str:
    """The path and query of a new link."""
    url = CodeLinks(master=master, clock=clock).url(host="lambent.test:4566", sha256=SHA256)
    assert url.startswith(f"http://lambent.test:4566{CODE_PREFIX}{SHA256}?")
    return url.removeprefix("http://lambent.test:4566")


def test_a_link_is_good_for_ten_minutes() -> None:
    clock = ManualClock(epoch_ms=1_714_566_896_000)
    links, target = CodeLinks(master=MASTER, clock=clock), link(clock)
    clock.advance(599.9)
    assert links.package(target) == SHA256
    clock.advance(0.1)
    with pytest.raises(AccessDenied, match=r"^Request has expired$"):
        links.package(target)


@pytest.mark.parametrize(
    ("pattern", "instead"),
    [
        (SHA256, "cd" * 32),
        (SHA256, SHA256.upper()),
        (SHA256, "../" + SHA256),
        (SHA256, ""),
        (r"Expires=\d+", "Expires=9999999999"),
        (r"Expires=", "Expires=0"),
        (r"Expires=\d+", "Expires=never"),
        (r"Expires=\d+", "Expires=١٢"),
        (r"Signature=.*", "Signature=" + "0" * 64),
        (r"Signature=.*", "Signature=é"),
    ],
)
def test_a_link_that_was_changed_is_refused(pattern: str, instead: str) -> None:
    clock = ManualClock()
    target = re.sub(pattern, instead, link(clock), count=1)
    with pytest.raises(InvalidSignature, match="does not match the signature you provided"):
        CodeLinks(master=MASTER, clock=clock).package(target)


def test_a_link_of_another_data_directory_is_refused() -> None:
    clock = ManualClock()
    target = link(clock, master=MasterKey(secret=b"x" * 32))
    with pytest.raises(InvalidSignature):
        CodeLinks(master=MASTER, clock=clock).package(target)


@pytest.mark.parametrize("query", ["", "?", "?Expires=9999999999", "?Signature=00"])
def test_without_a_signature_there_is_no_access(query: str) -> None:
    with pytest.raises(AccessDenied, match="requires the Signature and Expires parameters"):
        CodeLinks(master=MASTER, clock=ManualClock()).package(f"{CODE_PREFIX}{SHA256}{query}")

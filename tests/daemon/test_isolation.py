"""The driver that a daemon starts with: never less than was asked for."""

import pytest

from lambent.daemon.failure import StartFailure
from lambent.daemon.isolation import choose
from tests.daemon.test_doctor import MadeUp

ROOT, USER = MadeUp(), MadeUp(user=1000, programs=("bwrap",))


@pytest.mark.parametrize(
    ("wanted", "host", "chosen"),
    [
        ("auto", ROOT, "direct"),
        ("direct", ROOT, "direct"),
        ("auto", USER, "bubblewrap"),
        ("bubblewrap", USER, "bubblewrap"),
        ("process", ROOT, "process"),
        ("process", USER, "process"),
    ],
)
def test_each_user_gets_the_best_there_is(wanted: str, host: MadeUp, chosen: str) -> None:
    assert choose(wanted, host, launcher="./lambent").name == chosen


@pytest.mark.parametrize(
    ("wanted", "host", "words"),
    [
        (
            "auto",
            MadeUp(libraries=()),
            "libseccomp: not found (remedy: apt-get install libseccomp2)",
        ),
        (
            "auto",
            MadeUp(user=1000),
            "sudo apt-get install bubblewrap). Or as root: sudo ./lambent up.",
        ),
        ("auto", MadeUp(user=1000), "./lambent up --isolation process"),
        ("direct", USER, "Only root can make sandboxes directly"),
        ("bubblewrap", ROOT, "bubblewrap is for ordinary users"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_can_be_done(
    wanted: str, host: MadeUp, words: str
) -> None:
    with pytest.raises(StartFailure) as refusal:
        choose(wanted, host, launcher="./lambent")
    assert words in str(refusal.value)


def test_nothing_falls_back_to_no_isolation() -> None:
    for host in (MadeUp(libraries=()), MadeUp(user=1000), MadeUp(user=1000, libraries=())):
        with pytest.raises(StartFailure):
            choose("auto", host, launcher="./lambent")

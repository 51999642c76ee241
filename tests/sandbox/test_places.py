"""What stands for a sandbox's places, in the variables that a function is given."""

import pytest

from lambent.sandbox.places import mover

MOVE = mover(
    {
        "/var/task": "/d/task",
        "/opt": "/d/opt",
        "/tmp": "/d/tmp",
        "127.0.0.1:9001": "127.0.0.1:1",
        "http://127.0.0.1:4566": "http://127.0.0.1:2",
    }
)


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("/var/task", "/d/task"),
        ("/usr/lib:/var/task/lib:/opt/lib", "/usr/lib:/d/task/lib:/d/opt/lib"),
        ("-Dx=/opt/x", "-Dx=/d/opt/x"),
        ("127.0.0.1:9001", "127.0.0.1:1"),
        ("http://127.0.0.1:4566/path", "http://127.0.0.1:2/path"),
        ("/optional", "/optional"),
        ("/home/opt", "/home/opt"),
        ("https://example.org/tmp", "https://example.org/tmp"),
        ("127.0.0.1:90011", "127.0.0.1:90011"),
        ("", ""),
    ],
)
def test_only_what_begins_with_a_place_is_moved(value: str, moved: str) -> None:
    assert MOVE(value) == moved

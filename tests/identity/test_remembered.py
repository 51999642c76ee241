"""Memory that clients can't fill."""

from lambent.identity.remembered import Remembered


def test_the_oldest_makes_room() -> None:
    remembered: Remembered[int] = Remembered(limit=2)
    for number in range(3):
        remembered.put(b"%d" % number, number)
    assert len(remembered) == 2
    assert [remembered.get(b"%d" % number) for number in range(3)] == [None, 1, 2]


def test_putting_again_replaces_and_drops_nothing() -> None:
    remembered: Remembered[int] = Remembered(limit=2)
    remembered.put(b"a", 1)
    remembered.put(b"b", 2)
    remembered.put(b"a", 3)
    assert (remembered.get(b"a"), remembered.get(b"b")) == (3, 2)


def test_long_texts_are_not_kept() -> None:
    remembered: Remembered[int] = Remembered(limit=2)
    remembered.put(b"x" * 513, 1)
    remembered.put(b"x" * 512, 2)
    assert len(remembered) == 1

"""The filter's arithmetic; what it refuses is tested from inside, in tests/sandbox/test_wall.py."""

from hypothesis import example, given
from hypothesis import strategies as st

from lambent.sandbox.spawner.seccomp import unequal_to_both

words = st.integers(min_value=0, max_value=2**32 - 1)


@given(words, words, words)
@example(0x5412, 0x541C, 0x5412)
@example(0x5412, 0x541C, 0x541C)
@example(0x5412, 0x541C, 0x541E)
@example(5, 5, 5)
def test_a_number_fits_a_pair_just_when_it_is_neither_of_the_two(a: int, b: int, n: int) -> None:
    a, b = (
        a & 0xFFFF_FFFF,
        (a & ~0xFF) | (b & 0xFF),
    )  # few differing bits: pairs grow by two to their number
    fits = any(n & mask == value for mask, value in unequal_to_both(a, b))
    assert fits == (n not in (a, b))

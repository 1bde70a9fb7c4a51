"""Two that hold the same have the same digest, and two that do not have different ones."""

import hashlib
import random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from sync.digest import digest

holdings = st.dictionaries(st.uuids(), st.integers(1, 2**63 - 1), max_size=12)


@given(holdings, st.integers(0, 2**32))
def test_the_order_in_which_records_are_listed_does_not_matter(held: dict[UUID, int], seed: int) -> None:
    listed = list(held.items())
    random.Random(seed).shuffle(listed)
    assert digest(listed) == digest(held.items())


@given(holdings, holdings)
def test_who_holds_something_else_has_another_digest(one: dict[UUID, int], other: dict[UUID, int]) -> None:
    assert (digest(one.items()) == digest(other.items())) == (one == other)


def test_it_is_the_count_and_a_hash_over_lines_in_the_order_of_ids() -> None:
    first, second = UUID(int=0x0A << 120), UUID(int=0xB0 << 120)
    lines = f"{first} 7\n{second} 12\n".encode()
    assert digest([(second, 12), (first, 7)]) == "2:" + hashlib.sha256(lines).hexdigest()[:16]


def test_an_area_in_which_nothing_is_held_has_a_digest_too() -> None:
    assert digest([]) == "0:e3b0c44298fc1c14"

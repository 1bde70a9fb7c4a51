"""What is sealed opens with its key, in its place and whole, and in no other way."""

import uuid
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.privacy import CLASSES, Privacy
from sync.sealing import (
    OVERHEAD,
    SealBroken,
    SealingKey,
    kept_as,
    key_id,
    nonces,
    part_of,
    sent_digest,
    sent_in,
    stamps_of,
)

plains = st.binary(max_size=200)
ids = st.uuids()
classes = st.sampled_from(CLASSES)
keys = st.builds(SealingKey, st.integers(0, 2**32 - 1), st.binary(min_size=32, max_size=32))
revs = st.integers(0, 2**63 - 1)
bounds = st.one_of(
    st.builds(part_of, ids, ids, classes),
    st.builds(stamps_of, ids, ids),
    st.builds(sent_in, ids, ids, classes, ids, revs),
    st.builds(
        kept_as,
        st.sampled_from(["payload", "repaired", "problem"]),
        ids,
        ids,
        st.binary(min_size=32, max_size=32),
    ),
)


@given(keys, plains, bounds)
def test_what_was_sealed_opens(key: SealingKey, plain: bytes, bound: bytes) -> None:
    sealed = key.seal(plain, bound, next(nonces(1)))
    assert key.unseal(sealed, bound) == plain
    assert key_id(sealed) == key.id
    assert len(sealed) == len(plain) + OVERHEAD


@given(keys, plains, bounds, st.data())
def test_a_bit_that_was_turned_is_found(
    key: SealingKey, plain: bytes, bound: bytes, data: st.DataObject
) -> None:
    sealed = bytearray(key.seal(plain, bound, next(nonces(1))))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken):
        key.unseal(bytes(sealed), bound)


@given(keys, plains, bounds, st.data())
def test_what_was_cut_short_is_found(
    key: SealingKey, plain: bytes, bound: bytes, data: st.DataObject
) -> None:
    sealed = key.seal(plain, bound, next(nonces(1)))
    with pytest.raises(SealBroken):
        key.unseal(sealed[: data.draw(st.integers(0, len(sealed) - 1))], bound)


@given(keys, plains, bounds, bounds)
def test_it_opens_in_no_other_place(key: SealingKey, plain: bytes, bound: bytes, other: bytes) -> None:
    assume(bound != other)
    with pytest.raises(SealBroken):
        key.unseal(key.seal(plain, bound, next(nonces(1))), other)


@given(st.integers(0, 2**32 - 1), st.binary(min_size=32, max_size=32), plains, bounds)
def test_another_key_of_the_same_id_does_not_open_it(id: int, key: bytes, plain: bytes, bound: bytes) -> None:
    other = bytes(byte ^ 1 for byte in key)
    sealed = SealingKey(id, key).seal(plain, bound, next(nonces(1)))
    with pytest.raises(SealBroken):
        SealingKey(id, other).unseal(sealed, bound)


@given(st.tuples(ids, ids, classes), st.tuples(ids, ids, classes))
def test_two_places_are_bound_alike_only_if_they_are_one(
    one: tuple[UUID, UUID, Privacy], other: tuple[UUID, UUID, Privacy]
) -> None:
    assert (part_of(*one) == part_of(*other)) == (one == other)
    assert part_of(*one) != stamps_of(*one[:2])


def test_the_same_thing_sealed_twice_looks_different() -> None:
    key, bound = SealingKey(1, bytes(32)), stamps_of(uuid.uuid4(), uuid.uuid4())
    drawn = nonces(1_000)
    assert len({key.seal(b"{}", bound, nonce) for nonce in drawn}) == 1_000


@given(st.lists(st.one_of(st.none(), plains), min_size=len(CLASSES), max_size=len(CLASSES)), st.data())
def test_a_digest_tells_apart_what_sealed_parts_say(sent: list[bytes | None], data: st.DataObject) -> None:
    area, change = uuid.uuid4(), uuid.uuid4()
    place = data.draw(st.sampled_from([CLASSES.index(Privacy.IDENTITY), CLASSES.index(Privacy.CONFIDENTIAL)]))
    other = list(sent)
    other[place] = data.draw(st.one_of(st.none(), plains))
    assume(other != sent)
    key = bytes(32)
    assert sent_digest(key, area, 7, change, sent) != sent_digest(key, area, 7, change, other)


def test_a_digest_is_of_sealed_parts_alone() -> None:
    key, area, change = bytes(32), uuid.uuid4(), uuid.uuid4()
    plain: list[bytes | None] = [b"{}" if privacy is Privacy.OPEN else None for privacy in CLASSES]
    assert sent_digest(key, area, 7, change, plain) is None

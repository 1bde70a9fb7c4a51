"""A cursor comes back as it was given, and anything else is recognised for what it is."""

import base64
import uuid
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.cursor import Cursor, CursorError, Track, epoch_name, opened, sealed

KEY = bytes(range(32))
EPOCH, ACCOUNT = UUID(int=1 << 100 | 7), UUID(int=1 << 90 | 9)
numbers = st.integers(min_value=0, max_value=2**63 - 1)
cursors = st.builds(
    Cursor,
    st.just(epoch_name(EPOCH)),
    st.integers(0, 1000),
    numbers,
    numbers,
    st.lists(
        st.builds(Track, st.integers(0, 2**31), st.integers(0, 2**18 - 1), numbers, numbers, numbers),
        max_size=8,
    ).map(tuple),
    st.integers(0, 2**22),
)


@given(cursors)
def test_a_cursor_is_read_back_as_it_was_made(cursor: Cursor) -> None:
    assert opened(sealed(cursor, account=ACCOUNT, key=KEY), account=ACCOUNT, key=KEY) == cursor


@given(cursors, st.data())
def test_a_cursor_with_a_bit_changed_is_malformed(cursor: Cursor, data: st.DataObject) -> None:
    text = sealed(cursor, account=ACCOUNT, key=KEY)
    raw = bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CursorError) as raised:
        opened(base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("="), account=ACCOUNT, key=KEY)
    assert raised.value.reason == "malformed"


@given(cursors, st.data())
def test_a_cursor_cut_short_is_malformed(cursor: Cursor, data: st.DataObject) -> None:
    text = sealed(cursor, account=ACCOUNT, key=KEY)
    with pytest.raises(CursorError) as raised:
        opened(text[: data.draw(st.integers(0, len(text) - 1))], account=ACCOUNT, key=KEY)
    assert raised.value.reason == "malformed"


@given(st.text())
def test_any_text_is_refused_and_never_trips_the_reader(text: str) -> None:
    with pytest.raises(CursorError):
        opened(text, account=ACCOUNT, key=KEY)


@given(cursors)
def test_somebody_elses_cursor_is_known_as_such(cursor: Cursor) -> None:
    text = sealed(cursor, account=uuid.uuid4(), key=KEY)
    with pytest.raises(CursorError) as raised:
        opened(text, account=ACCOUNT, key=KEY)
    assert raised.value.reason == "other-account"


@given(cursors)
def test_a_cursor_of_another_installation_is_malformed(cursor: Cursor) -> None:
    with pytest.raises(CursorError) as raised:
        opened(sealed(cursor, account=ACCOUNT, key=bytes(32)), account=ACCOUNT, key=KEY)
    assert raised.value.reason == "malformed"


def test_a_cursor_over_one_area_is_short() -> None:
    now = 1_795_000_000_000_000
    cursor = Cursor(epoch_name(EPOCH), 0, 2**62, now, (Track(11, 2**18 - 1, now, 0, now),))
    assert len(sealed(cursor, account=ACCOUNT, key=KEY)) < 115

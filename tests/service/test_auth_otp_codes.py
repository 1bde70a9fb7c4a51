"""One-time codes by RFC 6238, recovery codes, and the seal on what makes them."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.auth.factor_key import BYTES, FILE, FactorKey, NotOurSeal, load_factor_key
from service.auth.recovery_codes import new_codes, typed_recovery_code
from service.auth.totp import code_at, new_secret, otpauth_uri, step_at, step_of, typed_code, written_out
from service.keys import BrokenKeys

# RFC 6238, appendix B: the key of its SHA-1 rows, moments, and codes of eight digits.
RFC_SECRET = b"12345678901234567890"
RFC_ROWS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]

moments = st.datetimes(datetime(2026, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
secrets = st.binary(min_size=20, max_size=20)


@pytest.mark.parametrize(("seconds", "eight_digits"), RFC_ROWS)
def test_codes_are_those_of_the_rfc(seconds: int, eight_digits: str) -> None:
    assert code_at(RFC_SECRET, step_at(datetime.fromtimestamp(seconds, UTC))) == eight_digits[-6:]


@given(secrets, moments, st.integers(-60, 60))
def test_a_code_counts_one_step_early_or_late_and_no_more(secret: bytes, now: datetime, off: int) -> None:
    step = step_at(now) + off
    found = step_of(secret, code_at(secret, step), now)
    if abs(off) <= 1:
        assert found is not None and code_at(secret, found) == code_at(secret, step)
    else:
        near = {code_at(secret, step_at(now) + each) for each in (-1, 0, 1)}
        assert (found is not None) == (code_at(secret, step) in near)


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "１２３４５６", "123-456"])
def test_a_code_may_be_typed_as_the_app_shows_it(typed: str) -> None:
    assert typed_code(typed) == "123456"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12345a", "一二三四五六", "١٢٣٤٥٦"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert typed_code(typed) is None


def test_the_app_is_told_all_that_it_needs() -> None:
    secret = new_secret()
    uri = urlsplit(otpauth_uri(secret, "王芳 a&b?c=d"))
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", "/Liandong:王芳 a&b?c=d")
    assert parse_qs(uri.query) == {
        "secret": [written_out(secret)],
        "issuer": ["Liandong"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
    assert base64.b32decode(written_out(secret)) == secret


def test_secrets_and_recovery_codes_are_never_the_same() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    codes = [code for _ in range(20) for code in new_codes()]
    assert len(codes) == len(set(codes)) == 200


def test_a_recovery_code_may_be_typed_as_it_was_read() -> None:
    for code in new_codes():
        misread = code.replace("0", "O").replace("1", "l").replace("-", " ").upper().replace("L", "l")
        assert typed_recovery_code(misread) == typed_recovery_code(code.replace("-", "")) == code


@given(st.text(max_size=40))
def test_whatever_is_typed_is_one_kind_of_code_at_most(text: str) -> None:
    assert typed_code(text) is None or typed_recovery_code(text) is None


@given(st.binary(max_size=64), st.uuids(), st.uuids())
def test_what_is_sealed_opens_for_its_account_alone(secret: bytes, account: UUID, other: UUID) -> None:
    key = FactorKey(bytes(BYTES))
    sealed = key.sealed(secret, account)
    assert key.opened(sealed, account) == secret
    assert len(secret) < 4 or secret not in sealed
    if other != account:
        with pytest.raises(NotOurSeal):
            key.opened(sealed, other)


@given(st.data())
def test_a_seal_that_was_changed_or_cut_does_not_open(data: st.DataObject) -> None:
    key, account = FactorKey(bytes(BYTES)), uuid4()
    sealed = key.sealed(new_secret(), account)
    at = data.draw(st.integers(0, len(sealed) - 1))
    changed = sealed[:at] + bytes([sealed[at] ^ data.draw(st.integers(1, 255))]) + sealed[at + 1 :]
    for wrong in (changed, sealed[:at]):
        with pytest.raises(NotOurSeal):
            key.opened(wrong, account)


def test_another_key_opens_nothing_and_hashes_differently() -> None:
    one, other, account = FactorKey(bytes(BYTES)), FactorKey(bytes([1]) * BYTES), uuid4()
    with pytest.raises(NotOurSeal):
        other.opened(one.sealed(new_secret(), account), account)
    assert one.hash_of("a", account) != other.hash_of("a", account)
    assert one.hash_of("a", account) != one.hash_of("a", uuid4())


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    account = uuid4()
    sealed = load_factor_key(tmp_path).sealed(b"secret", account)
    assert load_factor_key(tmp_path).opened(sealed, account) == b"secret"
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_a_key_that_is_cut_short_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(BrokenKeys, match=FILE):
        load_factor_key(tmp_path)


def test_steps_are_thirty_seconds_long() -> None:
    noon = datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert step_at(noon + timedelta(seconds=29)) == step_at(noon)
    assert step_at(noon + timedelta(seconds=30)) == step_at(noon) + 1

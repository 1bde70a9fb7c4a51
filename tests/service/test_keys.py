"""Keys are made once, seen by every process, and forgotten when nothing needs them."""

import multiprocessing
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import service.keys
from service.keys import BrokenKeys, load_keys, rotate
from service.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


@pytest.fixture
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service.keys, "LOOK_AGAIN_SECONDS", -1.0)


def age(folder: Path, by: timedelta) -> None:
    """Rename the keys in `folder` as if made earlier."""
    for path in folder.glob("token-*.pem"):
        _, made, kid = path.stem.split("-")
        earlier = datetime.strptime(made, service.keys.TIME_FORMAT) - by
        path.rename(folder / f"token-{earlier.strftime(service.keys.TIME_FORMAT)}-{kid}.pem")


def test_keys_are_the_same_after_a_restart(settings: Settings) -> None:
    first, second = load_keys(settings), load_keys(settings)
    assert first.signing.kid == second.signing.kid
    assert first.cursor == second.cursor
    assert first.jwks() == second.jwks()


def test_only_the_owner_may_read_them(settings: Settings) -> None:
    load_keys(settings)
    folder = settings.keys_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def _kid_and_cursor(settings: Settings) -> tuple[str, bytes]:
    keys = load_keys(settings)
    return keys.signing.kid, keys.cursor


def test_processes_that_start_at_once_agree(settings: Settings) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as processes:
        seen = set(processes.map(_kid_and_cursor, [settings] * 8, chunksize=1))
    assert len(seen) == 1


@pytest.mark.usefixtures("looks_each_time")
def test_a_running_process_takes_up_a_new_key_and_still_verifies_with_the_old(settings: Settings) -> None:
    keys = load_keys(settings)
    old = keys.signing.kid
    new = rotate(settings)
    assert set(keys.verifying) == {old, new}
    assert keys.signing.kid == old, "other processes may not have seen the new key yet"
    age(settings.keys_folder, service.keys.SEEN_BY_ALL)
    assert keys.signing.kid == new


@pytest.mark.usefixtures("looks_each_time")
def test_a_replaced_key_is_forgotten_when_its_tokens_have_ended(settings: Settings) -> None:
    keys = load_keys(settings)
    old = keys.signing.kid
    rotate(settings)
    age(settings.keys_folder, timedelta(minutes=settings.access_minutes + 61))
    assert old not in keys.verifying
    rotate(settings)
    assert not list(settings.keys_folder.glob(f"*{old}*"))


def test_keys_verify_what_they_sign(settings: Settings) -> None:
    keys = load_keys(settings)
    signature = keys.signing.private.sign(b"token")
    keys.verifying[keys.signing.kid].verify(signature, b"token")


def test_a_broken_file_is_named(settings: Settings) -> None:
    load_keys(settings)
    broken = next(settings.keys_folder.glob("token-*.pem"))
    broken.write_text("-----BEGIN")
    with pytest.raises(BrokenKeys, match=broken.name):
        load_keys(settings)


def test_times_in_names_are_in_utc(settings: Settings) -> None:
    load_keys(settings)
    made = next(settings.keys_folder.glob("token-*.pem")).stem.split("-")[1]
    passed = datetime.now(UTC) - datetime.strptime(made, service.keys.TIME_FORMAT).replace(tzinfo=UTC)
    assert timedelta(0) <= passed < timedelta(minutes=1)

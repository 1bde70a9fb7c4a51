"""Master keys: made once, read by their owner alone, and said plainly where they are missing."""

import asyncio
import base64
import multiprocessing
import stat
from pathlib import Path

import asyncpg
import msgspec
import pytest

from service.database import open_pool
from service.keys import BrokenKeys
from service.master_key import load_keyring, load_master_keys, new_master_key
from service.plainly import said_plainly
from service.rewrapping import rewrap
from service.settings import Settings
from sync.keyring import Keyring, NoKeys, keyring_of

ONE, OTHER = (base64.b64encode(bytes([byte]) * 32).decode() for byte in (1, 2))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def in_the_environment(settings: Settings, text: str) -> Settings:
    return msgspec.structs.replace(settings, master_key=text)


def _ids(settings: Settings) -> tuple[str, ...]:
    return tuple(load_master_keys(settings).ids)


def test_processes_that_start_at_once_agree(settings: Settings) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as processes:
        assert len(set(processes.map(_ids, [settings] * 8, chunksize=1))) == 1


def test_only_the_owner_may_read_it(settings: Settings) -> None:
    load_master_keys(settings)
    assert {stat.S_IMODE(path.stat().st_mode) for path in settings.keys_folder.iterdir()} == {0o600}


async def test_what_one_wrapped_it_unwraps_for_the_same_use_alone(settings: Settings) -> None:
    masters = load_master_keys(settings)
    wrapped = await masters.wrap(b"k" * 32, b"for this")
    assert await load_master_keys(settings).unwrap(wrapped, b"for this") == b"k" * 32
    for altered in (wrapped._replace(key=wrapped.key[:-1]), wrapped._replace(key=b""), wrapped):
        with pytest.raises(BrokenKeys, match=masters.ids[0]):
            await masters.unwrap(altered, b"for that")


async def test_from_the_environment_it_never_touches_the_disk(settings: Settings) -> None:
    masters = load_master_keys(in_the_environment(settings, ONE))
    wrapped = await masters.wrap(b"k" * 32, b"")
    assert not list(settings.data.rglob("*"))
    both = load_master_keys(in_the_environment(settings, f"{OTHER}, {ONE}"))
    assert await both.unwrap(wrapped, b"") == b"k" * 32
    assert (await both.wrap(b"k" * 32, b"")).master != wrapped.master
    with pytest.raises(BrokenKeys, match="LIANDONG_MASTER_KEY"):
        await load_master_keys(in_the_environment(settings, OTHER)).unwrap(wrapped, b"")
    with pytest.raises(BrokenKeys, match="LIANDONG_MASTER_KEY"):
        new_master_key(in_the_environment(settings, ONE))


@pytest.mark.parametrize(
    "text", ["not base64!", base64.b64encode(bytes(31)).decode(), f"{ONE},", f"{ONE}{ONE}"]
)
def test_a_wrong_one_is_said_without_showing_it(settings: Settings, text: str) -> None:
    with pytest.raises(BrokenKeys, match="LIANDONG_MASTER_KEY") as error:
        load_master_keys(in_the_environment(settings, text))
    assert ONE not in str(error.value)
    assert said_plainly(error.value) == str(error.value)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(32)])
def test_a_file_that_was_altered_is_named(settings: Settings, content: bytes) -> None:
    load_master_keys(settings)
    (path,) = settings.keys_folder.glob("master-*.key")
    path.write_bytes(content)
    with pytest.raises(BrokenKeys, match=path.name):
        load_master_keys(settings)


async def test_a_running_process_wraps_with_a_new_one_at_once(settings: Settings) -> None:
    running = load_master_keys(settings)
    before = await running.wrap(b"k" * 32, b"")
    id = new_master_key(settings)
    wrapped = await running.wrap(b"k" * 32, b"")
    assert wrapped.master == id
    assert await running.unwrap(before, b"") == b"k" * 32


async def test_a_server_without_the_master_key_of_its_database_does_not_start(
    database_url: str, pool: asyncpg.Pool, tmp_path: Path
) -> None:
    elsewhere = Settings(data=tmp_path / "elsewhere", database_url=database_url)
    with pytest.raises(BrokenKeys, match=r"缺少主密钥"):
        await open_pool(database_url, 1, load_keyring(elsewhere))


async def test_it_starts_again_once_it_moved_from_the_folder_to_the_environment(
    database_url: str, pool: asyncpg.Pool, settings: Settings, keyring: Keyring
) -> None:
    (path,) = settings.keys_folder.glob("master-*.key")
    old = base64.b64encode(path.read_bytes()).decode()
    path.unlink()
    moved = in_the_environment(settings, f"{ONE},{old}")
    again = load_keyring(moved)
    await (await open_pool(database_url, 1, again)).close()
    assert (again.hashing, again.indexing) == (keyring.hashing, keyring.indexing)
    async with pool.acquire() as connection:
        assert await rewrap(connection, load_master_keys(moved)) == 2
    last = load_keyring(in_the_environment(settings, ONE))
    await (await open_pool(database_url, 1, last)).close()
    assert last.hashing == keyring.hashing


async def test_processes_that_open_a_new_database_at_once_have_the_same_keys(
    database_url: str, settings: Settings
) -> None:
    keyrings = [load_keyring(settings) for _ in range(6)]
    pools = await asyncio.gather(*(open_pool(database_url, 1, keyring) for keyring in keyrings))
    for pool in pools:
        await pool.close()
    assert len({(keyring.hashing, keyring.indexing) for keyring in keyrings}) == 1


async def test_a_connection_without_keys_says_so(database_url: str) -> None:
    pool = await open_pool(database_url, 1)
    async with pool.acquire() as connection:
        with pytest.raises(NoKeys, match="keys"):
            keyring_of(connection)
    await pool.close()

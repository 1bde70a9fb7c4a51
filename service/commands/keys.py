"""`liandong keys`."""

import asyncio
from collections.abc import Callable

import asyncpg
import click

from service.commands.database import database
from service.database import connect
from service.keys import load_keys, rotate
from service.master_key import load_keyring, load_master_keys, new_master_key
from service.progress import CONSOLE, progress
from service.resealing import AlreadyAtIt, Resealed, reseal
from service.rewrapping import left_behind, rewrap
from service.role import standing
from service.settings import Settings, read_settings
from sync.attempts import PassingTrouble

MOST_SHOWN = 50


@click.group()
def command() -> None:
    """The keys that sign access tokens, and those that what is most personal is sealed with."""


@command.command("list")
def list_keys() -> None:
    """The keys in use; the first column says what signs and what seals now."""
    settings = read_settings()
    keys = load_keys(settings)
    for kid in keys.verifying:
        CONSOLE.print("签发 signs   " if kid == keys.signing.kid else "仅验证 verifies", kid)
    masters = load_master_keys(settings).ids
    for id in reversed(masters):
        CONSOLE.print("主密钥 master" if id == masters[-1] else "旧主密钥 older master", id)


@command.command("rotate")
@click.option("--areas", is_flag=True, help="every area's key, and seal everything anew")
@click.option("--master", is_flag=True, help="the master key, which wraps the keys of the areas")
def rotate_keys(areas: bool, master: bool) -> None:
    """Make a new signing key; or with a flag, replace a key that what is most personal is sealed with.

    Running servers take all of it up by themselves, nobody is signed out, and phones are sent nothing anew.
    Broken off, the flags go on where they stopped when they are given again.
    """
    settings = read_settings()
    if areas and master:
        raise click.UsageError("请分别执行 --areas 与 --master (one at a time)")
    if areas:
        _reseal(settings)
    elif master:
        _rewrap(settings)
    else:
        kid = rotate(settings)
        CONSOLE.print(f"新密钥 {kid} 将在数秒内启用，旧密钥在其令牌到期后失效")
        CONSOLE.print(
            f"(new key {kid} signs within seconds; the old one verifies until its tokens have ended)"
        )


def _reseal(settings: Settings) -> None:
    with database(settings) as url, progress("重新加密 sealing anew") as done:
        try:
            came_to = asyncio.run(_resealed(settings, url, done))
        except AlreadyAtIt:
            raise click.ClickException("已有一次更换正在进行 (keys are being replaced already)") from None
        except PassingTrouble:
            raise click.ClickException(
                "数据库暂时不可用，请再次运行，将从中断处继续 (the database is away: run it again to go on)"
            ) from None
    for table, place in came_to.broken[:MOST_SHOWN]:
        CONSOLE.print(f"{table} {place}: 打不开 (does not open)", style="red", markup=False, soft_wrap=True)
    counts = f"{came_to.areas} 密钥 keys, {came_to.rows} 行 rows"
    if came_to.broken:
        raise click.ClickException(
            f"有 {len(came_to.broken)} 行已损坏或被改动，保持原样；请从备份恢复后再次运行 (so many rows "
            f"were damaged or altered and are left as they are: restore them, and run it again): {counts}"
        )
    CONSOLE.print(f"已全部重新加密 everything is sealed anew: {counts}", soft_wrap=True)


async def _resealed(settings: Settings, url: str, done: Callable[[int], None]) -> Resealed:
    connection = await connect(url)
    try:
        await _check_owner(connection)
    finally:
        await connection.close()
    return await reseal(url, load_keyring(settings), done)


def _rewrap(settings: Settings) -> None:
    with database(settings) as url:
        id, count = asyncio.run(_rewrapped(settings, url))
    CONSOLE.print(f"{count} 个密钥已改由主密钥 {id} 保护；更换前的备份仍需旧主密钥，请另行保存")
    CONSOLE.print(
        f"(so many keys are wrapped by master key {id} now; backups from before need the older one: keep it)"
    )


async def _rewrapped(settings: Settings, url: str) -> tuple[str, int]:
    connection = await connect(url)
    try:
        await _check_owner(connection)
        masters = load_master_keys(settings)
        if not await left_behind(connection, masters):  # else a run before was broken off
            new_master_key(settings)
            masters = load_master_keys(settings)
        count = await rewrap(connection, masters)
        return masters.ids[-1], count
    finally:
        await connection.close()


async def _check_owner(connection: asyncpg.Connection) -> None:
    if not (await standing(connection)).is_owner:
        raise click.ClickException(
            "DATABASE_URL 的登录角色不能更换密钥，请以表的所有者运行 "
            "(this login may not replace keys: run it as the tables' owner)"
        )

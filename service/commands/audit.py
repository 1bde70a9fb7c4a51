"""`liandong audit`."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import click

from service.audit import checkpoint
from service.audit.verify import Checked, verify
from service.commands.database import database
from service.database import connect
from service.keys import write_whole
from service.master_key import load_keyring
from service.progress import CONSOLE, progress
from service.settings import Settings, read_settings

MOST_SHOWN = 50


@click.group()
def command() -> None:
    """Who did and read what: check it, and sign where it stands."""


@command.command("verify")
@click.option(
    "--checkpoint",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="也与此检查点核对，可重复 (compare with this one too; several may be given)",
)
def verify_audit(files: tuple[Path, ...]) -> None:
    """Find any entry that was altered, removed, inserted or moved, any altered history, and broken seals.

    The daily checkpoints that are still on this machine are compared with too. Exits with 1 if anything is
    wrong.
    """
    settings = read_settings()
    statements = [_statement(settings, path) for path in dict.fromkeys([*checkpoint.kept(settings), *files])]
    with database(settings) as url, progress("核对审计 checking the audit") as done:
        checked = asyncio.run(_verified(settings, url, statements, done))
    for finding in checked.findings[:MOST_SHOWN]:
        CONSOLE.print(str(finding), style="red", markup=False, soft_wrap=True)
    counts = f"{checked.chains} 链 chains, {checked.entries} 条 entries, {checked.changes} 改动 changes"
    compared = f"{len(statements)} 检查点 checkpoints"
    if checked.findings:
        raise click.ClickException(
            f"审计有 {len(checked.findings)} 处不符 (so many things are wrong): {counts}; {compared}"
        )
    CONSOLE.print(f"审计完好 the audit is whole: {counts}; {compared}", soft_wrap=True)


@command.command("checkpoint")
@click.option(
    "--to",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="写入此文件，默认打印 (write it to this file instead of printing it)",
)
def make_checkpoint(to: Path | None) -> None:
    """Sign where every chain stands now. Keep it where the owner of the database cannot reach it."""
    settings = read_settings()
    with database(settings) as url:
        made = asyncio.run(_made(settings, url))
    if to is None:
        sys.stdout.buffer.write(made)
    else:
        write_whole(to, made)
        CONSOLE.print(f"检查点已写入 written to {to}", soft_wrap=True)


def _statement(settings: Settings, path: Path) -> checkpoint.Statement:
    key = checkpoint.load_key(settings).public_key()
    try:
        found = checkpoint.statement_of(checkpoint.read(path), key)
    except checkpoint.NoCheckpoint as error:
        raise click.ClickException(str(error)) from None
    if found is None:
        raise click.ClickException(
            f"{path} 不是由本系统的审计密钥签署，或签署后被改动 "
            f"(was not signed by the audit key of this installation, or was changed since)"
        )
    return found


async def _verified(
    settings: Settings, url: str, statements: list[checkpoint.Statement], done: Callable[[int], None]
) -> Checked:
    keyring = load_keyring(settings)
    connection = await connect(url, keyring, statement_timeout="0", idle_in_transaction_session_timeout="0")
    try:
        if await connection.fetchval("SELECT row_security_active('audit')"):
            raise click.ClickException(
                "DATABASE_URL 的登录角色看不到全部审计，请以表的所有者运行 "
                "(this login is not shown all of the audit: run it as the tables' owner)"
            )
        return await verify(connection, statements, done)
    finally:
        await connection.close()


async def _made(settings: Settings, url: str) -> bytes:
    connection = await connect(url)
    try:
        return await checkpoint.make(connection, checkpoint.load_key(settings))
    finally:
        await connection.close()

"""`liandong retention`."""

import asyncio
from datetime import UTC, datetime

import asyncpg
import click

from schemas.civil import civil_date
from schemas.collections import COLLECTIONS
from schemas.figures import Standing
from schemas.problems import Problem
from schemas.retention import RETENTION
from service import poke
from service.attachments.depot import depot_for
from service.attachments.sweeping import remove_leaving
from service.commands.database import database
from service.database import connect
from service.figures import take_up_figures
from service.master_key import load_keyring
from service.persons.retention import Done, Due, carry_out, due
from service.progress import CONSOLE, progress
from service.settings import Settings, read_settings


@click.command()
@click.option(
    "--do/--dry-run",
    "is_meant",
    default=False,
    help="执行删除；默认只列出 (erase; by default it is only told what would be)",
)
def command(is_meant: bool) -> None:
    """Erase what was decided on, and what has come to the end of its term. It cannot be taken back.

    Run it daily, as the tables' owner. What is under a legal hold is left.
    """
    settings = read_settings()
    take_up_figures(settings)
    with database(settings) as url:
        asyncio.run(_run(url, settings, is_meant))


async def _run(url: str, settings: Settings, is_meant: bool) -> None:
    unhurried = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
    connection = await connect(url, load_keyring(settings), **unhurried)
    try:
        if not await connection.fetchval("SELECT has_table_privilege('history', 'UPDATE')"):
            raise click.ClickException(
                "DATABASE_URL 的登录角色不能删除内容，请以表的所有者运行 "
                "(this login may not erase anything: run it as the tables' owner)"
            )
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            plan = await due(connection, datetime.now(UTC))
        _tell(plan)
        if is_meant:
            await _do(connection, settings, plan)
        else:
            CONSOLE.print("以上未执行，加 --do 执行 (nothing was erased: add --do)")
    finally:
        await connection.close()


async def _do(connection: asyncpg.Connection, settings: Settings, plan: Due) -> None:
    with progress("删除 erasing", len(plan.erasures) + sum(plan.counts.values())) as done:
        result: Done = await carry_out(connection, plan, done)
    await _remove_contents(connection, settings)
    if result.touched:
        await poke.send(connection, result.touched)
    CONSOLE.print(
        f"已删除 erased: {result.records} 记录 records, {result.changes} 修改 changes, "
        f"{result.waiting} 待处理 waiting",
        soft_wrap=True,
    )


async def _remove_contents(connection: asyncpg.Connection, settings: Settings) -> None:
    """Nobody can open them any more; where the storage is away, the server removes them later."""
    try:
        await remove_leaving(connection, depot_for(settings))
    except Problem as problem:
        CONSOLE.print(f"附件内容稍后清除：{problem.detail_zh} (their contents are removed later: {problem})")


def _tell(plan: Due) -> None:
    CONSOLE.print(f"已决定的删除 erasures decided on: {len(plan.erasures)}")
    for held in plan.held:
        why = (
            f"强制报告 {held.report} 未办结 (erasure {held.erasure.id} waits for this report to be closed)"
            if held.hold is None
            else f"被保全 {held.hold.id} 阻止 (erasure {held.erasure.id} waits for this hold)"
        )
        CONSOLE.print(f"  {why}", markup=False, soft_wrap=True)
    counts = plan.counts
    for figure in RETENTION.in_force(civil_date(plan.now)).values():
        label = COLLECTIONS[figure.key].zh
        if figure.value is None:
            CONSOLE.print(f"  {label} {figure.key}: 期限待主管部门确定，不删除 (the office has set no term)")
        else:
            mark = "，产品默认 default" if figure.standing is Standing.DEFAULT else ""
            CONSOLE.print(
                f"  {label} {figure.key}: {counts.get(figure.key, 0)}（{figure.value} 个月 months{mark}）",
                markup=False,
            )

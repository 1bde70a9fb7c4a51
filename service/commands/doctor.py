"""`liandong doctor`: what an installation needs, checked one by one, with what to do about each."""

import asyncio
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

import click
import httpx
from rich.console import Console
from rich.markup import escape

from schemas.civil import civil_date
from schemas.figure_tables import TABLES
from schemas.figures import Figure, FigureTable, WrongFigures, calendar
from schemas.figures.office import OfficeFigures, installed
from service.auth.factor_key import load_factor_key
from service.commands.database import database, embedded
from service.commands.figures import label_of, value_of
from service.commands.serve import CannotListen, listen
from service.database import check_version, connect
from service.figures import not_read, read_figures
from service.keys import BrokenKeys, Keys, load_keys
from service.master_key import load_master_keys
from service.plainly import said_plainly
from service.resealing import unfinished
from service.rewrapping import left_behind, open_all
from service.rights import ROLE
from service.role import NotConfined, Standing, standing, taken_on
from service.schema import current_revision, newest_revision
from service.settings import Settings, read_settings

MIB = 1 << 20
_AHEAD = 90  # days: longer than any time limit in working days


class Finding(NamedTuple):
    """One line of the answer. `todo` says what to do when the verdict is not ok; a note is only told."""

    verdict: Literal["ok", "note", "warn", "fail"]
    what: str
    todo: str = ""


Check = Callable[[Settings], Iterator[Finding]]


@click.command()
def command() -> None:
    """Check what Liandong needs to run. Exit code 1 if something fails."""
    settings = read_settings()
    console = Console(highlight=False)
    marks = {
        "ok": "[green]✓ ok  [/]",
        "note": "· note",
        "warn": "[yellow]! warn[/]",
        "fail": "[red]✗ fail[/]",
    }
    failed = False
    for finding in examine(settings):
        failed |= finding.verdict == "fail"
        console.print(marks[finding.verdict], escape(finding.what), soft_wrap=True)
        if finding.todo:
            console.print("        →", escape(finding.todo), soft_wrap=True)
    sys.exit(1 if failed else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check in the order in which a fault in one explains those after it."""
    checks: tuple[Check, ...] = (python, data_folder, disk, keys, figures, the_database, port)
    for check in checks:
        yield from check(settings)


def python(settings: Settings) -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    yield Finding("ok" if sys.version_info >= (3, 11) else "fail", f"Python {found}")


def data_folder(settings: Settings) -> Iterator[Finding]:
    probe = settings.data / ".writable"
    try:
        settings.data.mkdir(mode=0o711, parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        yield Finding("ok", f"数据目录可写 data folder is writable: {settings.data}")
    except OSError as error:
        yield Finding(
            "fail",
            f"数据目录不可写 data folder is not writable: {settings.data} ({error.strerror})",
            "修改权限，或设置 LIANDONG_DATA (change its owner, or set LIANDONG_DATA)",
        )


def disk(settings: Settings) -> Iterator[Finding]:
    if not settings.data.exists():
        return
    free = shutil.disk_usage(settings.data).free // MIB
    what = f"磁盘剩余空间 free disk space: {free:,} MiB"
    todo = "清理磁盘，或把 LIANDONG_DATA 移到更大的磁盘 (free some, or move LIANDONG_DATA to a larger disk)"
    yield Finding("ok", what) if free > 2048 else Finding("warn" if free > 256 else "fail", what, todo)


def keys(settings: Settings) -> Iterator[Finding]:
    folder = settings.keys_folder
    try:
        if not folder.exists():
            yield Finding("ok", f"密钥将在首次启动时生成 keys are made at the first start: {folder}")
            return
        found: Keys = load_keys(settings)
        load_factor_key(settings.keys_folder)
        load_master_keys(settings)
        yield Finding("ok", f"密钥可读 keys are readable: {folder} ({len(found.verifying)})")
    except (BrokenKeys, OSError) as error:
        yield Finding(
            "fail",
            f"密钥不可用 keys: {said_plainly(error) or error}",
            "从备份恢复，或以正确的用户运行 (restore them, or run as the right user)",
        )
        return
    open_to_others = [
        path for path in (folder, *folder.iterdir()) if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    if open_to_others:
        names = " ".join(str(path) for path in open_to_others)
        yield Finding("warn", f"其他用户可读取密钥 others may read: {names}", f"chmod -R go-rwx {folder}")


def figures(settings: Settings, today: date | None = None) -> Iterator[Finding]:
    """What the office has set, what it has still to decide, and up to when working days are known."""
    today = today or civil_date(datetime.now(UTC))
    try:
        office, ignored = read_figures(settings), not_read(settings)
    except WrongFigures as error:
        yield Finding("fail", str(error), "改正后重新启动 (put it right and start again)")
        return
    yield Finding("ok", f"数据表可用 tables of figures can be read: {len(TABLES)}")
    if ignored:
        names = " ".join(path.name for path in ignored)
        todo = "数据表的文件名应为 表名.toml (a table's file is called after it; see liandong figures)"
        yield Finding("note", f"未读取 not read: {names}", todo)
    with installed(office):
        for name, rows in office.figures.items():
            changes = "；".join(_changed(TABLES[name], row) for row in rows)
            yield Finding("note", f"主管部门已定 set by the office: {TABLES[name].zh}（{name}）：{changes}")
        for table in TABLES.values():
            if waiting := "、".join(label_of(table, key) for key in table.missing(today)):
                yield Finding(
                    "note",
                    f"待主管部门确定 the office has to decide: {table.zh}（{table.name}）：{waiting}",
                    f"写入 LIANDONG_FIGURES 中的 {table.name}.toml (write it there; see liandong figures)",
                )
        yield _working_days(today)


def _changed(table: FigureTable, row: Figure) -> str:
    """What the office says, and what would count without it."""
    with installed(OfficeFigures()):
        ours = table.figure_of(row.key, row.begins)
    since = f"，自 {row.since}" if row.since else ""
    instead = f"，代替 instead of {value_of(table, ours)}" if ours else ""
    return f"{label_of(table, row.key)} {value_of(table, row)}{since}{instead}"


def _working_days(today: date) -> Finding:
    known = calendar()
    last = max(known.years)
    what = f"节假日安排已录入至 holidays are known up to: {last}"
    if known.missing(today) is None and known.missing(today + timedelta(days=_AHEAD)) is None:
        return Finding("ok", what)
    todo = (
        f"国务院公布 {last + 1} 年安排后写入 LIANDONG_FIGURES 中的 holidays.toml，此前跨年的期限无法推算 "
        f"(write those of {last + 1} there once they are published: limits that reach into it are not known)"
    )
    return Finding("note" if known.missing(today) is None else "warn", what, todo)


def the_database(settings: Settings) -> Iterator[Finding]:
    try:
        if settings.is_embedded and embedded(settings).is_new:
            yield Finding(
                "ok", "内置数据库将在首次启动时新建 the embedded database is made at the first start"
            )
            return
        with database(settings) as url:
            yield from asyncio.run(_examine_database(settings, url))
    except Exception as error:
        line = said_plainly(error)
        if line is None:
            raise
        yield Finding("fail", f"数据库不可用 database: {line}")


async def _examine_database(settings: Settings, url: str) -> list[Finding]:
    connection = await connect(url)
    try:
        check_version(connection)
        version = connection.get_server_version()
        found = [
            Finding(
                "ok",
                f"数据库可用 database answers: PostgreSQL {version.major}.{version.minor or version.micro}",
            )
        ]
        theirs: datetime = await connection.fetchval("select clock_timestamp()")
        apart = abs((datetime.now(UTC) - theirs).total_seconds())
        who = await standing(connection)
    finally:
        await connection.close()
    what = f"本机与数据库时钟相差 clocks of this machine and the database differ by {apart:.1f} s"
    todo = "两台机器都启用 NTP 校时 (turn on NTP on both machines)"
    found.append(Finding("ok", what) if apart < 2 else Finding("warn" if apart < 60 else "fail", what, todo))
    at, newest = await current_revision(url), newest_revision()
    if at == newest:
        found.append(Finding("ok", f"数据库结构为最新 schema is up to date: {newest}"))
        found.append(await _role(settings, url, who))
        if found[-1].verdict != "fail":
            found += await _sealing(settings, url)
    else:
        found.append(
            Finding(
                "fail", f"数据库结构为 {at}，应为 {newest} (schema is not up to date)", "liandong migrate"
            )
        )
    return found


async def _role(settings: Settings, url: str, who: Standing) -> Finding:
    """What would hold the server's queries, and whether less would do."""
    try:
        takes_on = await taken_on(url)
    except NotConfined as error:
        return Finding("fail", str(error))
    if not takes_on:
        what = f"服务器以表的所有者工作 the server works as the tables' owner: {who.login}"
        return Finding("warn", what, "liandong migrate --print-roles")
    if who.is_superuser and not settings.is_embedded:
        what = f"DATABASE_URL 以超级用户登录 DATABASE_URL logs in as a superuser: {who.login}"
        return Finding("warn", what, f"换用 {ROLE} 的成员 (use a login that is only a member of {ROLE})")
    return Finding("ok", f"服务器以受限角色工作 the server works as a role of few rights: {ROLE}")


async def _sealing(settings: Settings, url: str) -> list[Finding]:
    """Whether the master key opens every key that something is sealed with, and what is left to do."""
    masters = load_master_keys(settings)
    connection = await connect(url)
    try:
        count = await open_all(connection, masters)
        old, begun = await left_behind(connection, masters), await unfinished(connection)
    except BrokenKeys as error:
        todo = "从备份恢复主密钥；没有它，加密保存的内容无法读取 (restore the master key from its backup)"
        return [Finding("fail", str(error), todo)]
    finally:
        await connection.close()
    what = f"主密钥能打开全部 {count} 个密钥 the master key opens all keys: {masters.ids[-1]}"
    found = [Finding("ok", what)]
    if old:
        what = f"{old} 个密钥仍由旧主密钥保护 so many keys are wrapped by an older master key"
        found.append(Finding("warn", what, "liandong keys rotate --master"))
    if begun:
        what = f"{len(begun)} 个区域尚未全部重新加密 so many areas are not wholly sealed anew"
        found.append(Finding("warn", what, "liandong keys rotate --areas"))
    return found


def port(settings: Settings) -> Iterator[Finding]:
    where = f"{settings.host}:{settings.port}"
    try:
        listen(settings).close()
        yield Finding("ok", f"端口可用 address is free: {where}")
    except CannotListen as error:
        if _answers_as_liandong(where):
            yield Finding("ok", f"联动正在运行 Liandong is running: {where}")
        else:
            yield Finding("fail", error.message)


def _answers_as_liandong(where: str) -> bool:
    try:
        server: str = httpx.head(f"http://{where}/", timeout=3).headers.get("server", "")
        return server == "liandong"
    except httpx.HTTPError:
        return False

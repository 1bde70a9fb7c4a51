"""`liandong migrate`."""

import asyncio

import click

from service.commands.database import bring_up_to_date, database
from service.database import connect
from service.progress import CONSOLE, progress
from service.rights import ROLE
from service.role import for_a_superuser, standing
from service.schema import migrate, newest_revision
from service.settings import read_settings

__all__ = ["command", "migrate"]


@click.command()
@click.option("--print-roles", is_flag=True, help="only show what a superuser of PostgreSQL has to run")
def command(print_roles: bool) -> None:
    """Bring the database to the newest schema. Starting the server does the same.

    Run it as the tables' owner. The server works as the role liandong_app, which is made and given its rights
    here; where the owner may not create roles, a superuser runs once what --print-roles shows.
    """
    settings = read_settings()
    if print_roles and settings.is_embedded:
        raise click.UsageError(
            "内置数据库的角色会自动建立 (the embedded database needs nothing of the kind; set DATABASE_URL)"
        )
    with database(settings) as url:
        if print_roles:
            click.echo(asyncio.run(_statements(url)), nl=False)
            return
        with progress("升级数据库结构 migrating"):
            asyncio.run(bring_up_to_date(settings, url))
        CONSOLE.print(f"数据库结构为最新 {newest_revision()} (the schema is up to date)")
        if not settings.is_embedded and not asyncio.run(_has_role(url)):
            CONSOLE.print(
                f"服务器仍以表的所有者工作；请由数据库管理员执行 liandong migrate --print-roles 显示的语句，"
                f"再运行一次 liandong migrate (the server works as the tables' owner, held by row-level "
                f"security; with the role {ROLE} it may do less: have a superuser run what that shows, "
                f"then migrate again)",
                soft_wrap=True,
            )


async def _statements(url: str) -> str:
    connection = await connect(url)
    try:
        return for_a_superuser(await standing(connection))
    finally:
        await connection.close()


async def _has_role(url: str) -> bool:
    connection = await connect(url)
    try:
        return (await standing(connection)).may_take_role
    finally:
        await connection.close()

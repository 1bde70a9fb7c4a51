"""`liandong migrate`."""

import asyncio

import click

from service.commands.database import bring_up_to_date, database
from service.progress import CONSOLE, progress
from service.schema import migrate, newest_revision
from service.settings import read_settings

__all__ = ["command", "migrate"]


@click.command()
def command() -> None:
    """Bring the database to the newest schema. Starting the server does the same."""
    settings = read_settings()
    with database(settings) as url:
        with progress("升级数据库结构 migrating"):
            asyncio.run(bring_up_to_date(settings, url))
        CONSOLE.print(f"数据库结构为最新 {newest_revision()} (the schema is up to date)")

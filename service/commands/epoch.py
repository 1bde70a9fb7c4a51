"""`liandong epoch`."""

import asyncio

import click

from service.commands.database import database
from service.database import connect
from service.progress import CONSOLE
from service.settings import Settings, read_settings
from sync import epoch


@click.group()
def command() -> None:
    """The incarnation of the data set, which phones compare with theirs."""


@command.command("renew")
@click.confirmation_option(
    prompt="所有手机将重新下载资料并补传改动，继续？ (phones fetch all anew and send their journals; go on?)"
)
def renew() -> None:
    """Say that the database was restored to an earlier time, where the data folder was lost as well.

    Otherwise the server notices by itself.
    """
    settings = read_settings()
    with database(settings) as url:
        asyncio.run(_renew(settings, url))


async def _renew(settings: Settings, url: str) -> None:
    settings.data.mkdir(mode=0o711, parents=True, exist_ok=True)
    connection = await connect(url)
    try:
        made = await epoch.renew(connection, settings.data)
    finally:
        await connection.close()
    CONSOLE.print(f"新的数据世代 (new epoch): {made}")

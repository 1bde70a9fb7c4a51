"""`liandong demo`."""

import asyncio

import click

from service.commands.database import bring_up_to_date, database
from service.demo.load import NotOurs, load
from service.figures import take_up_figures
from service.progress import CONSOLE
from service.settings import Settings, read_settings

__all__ = ["command", "load"]


@click.command()
def command() -> None:
    """Load the pilot's demo: Lanzhou with ten communities, 2,000 made-up households and a year of work."""
    settings = read_settings()
    take_up_figures(settings)
    with database(settings) as url:
        try:
            is_new = asyncio.run(_load(settings, url))
        except NotOurs as error:
            raise click.ClickException(str(error)) from error
    if is_new:
        said = "演示数据已载入，账号 worker01…worker30、supervisor01… (loaded)"
    else:
        said = "演示数据已经在数据库中，没有改动 (the demo is already there; nothing was changed)"
    CONSOLE.print(said, soft_wrap=True)


async def _load(settings: Settings, url: str) -> bool:
    await bring_up_to_date(settings, url)
    return await load(settings, url)

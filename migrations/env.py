"""How Alembic reaches the database and the declared tables.

`service.schema` hands over a connection; from a developer's `alembic revision --autogenerate` there
is none, and one is made from the settings.
"""

import asyncio

import sqlalchemy
from alembic import context

import service.audit.tables
import service.auth.tables
import service.numbers.tables
import service.persons.tables
import service.samples.tables  # noqa: F401  these declare their tables on METADATA
from service.schema import engine
from service.settings import read_settings
from sync.tables import METADATA


def run(connection: sqlalchemy.Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    url = read_settings().database_url
    if url is None:
        raise SystemExit("请用 DATABASE_URL 指定一个试验用数据库 (set DATABASE_URL to a scratch database)")
    database = engine(url)
    async with database.begin() as connection:
        await connection.run_sync(run)
    await database.dispose()


given: sqlalchemy.Connection | None = context.config.attributes.get("connection")
if context.is_offline_mode():
    raise SystemExit("离线模式不支持 (offline mode is not supported)")
if given is not None:
    run(given)
else:
    asyncio.run(connect_and_run())

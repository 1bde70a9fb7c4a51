"""A Liandong to measure: an empty PostgreSQL, `liandong serve` on it, areas and signed-in phones.

The database is the embedded one with its ordinary, durable options, in a folder that is removed afterwards.
The floor has a database of its own on the same server.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import httpx
import msgspec

from service.access.areas import NewArea, create_areas
from service.access.roles import Role
from service.auth.passwords import Passwords
from service.database import connect
from service.embedded import EmbeddedPostgres
from service.progress import CONSOLE
from service.schema import migrate
from service.settings import ROOT
from sync.policies import POLICIES
from tests.bench import processes
from tests.bench.driver import Watched

_START_SECONDS: Final = 60
_PASSWORD: Final = "as long as the bench runs"


class Phone(msgspec.Struct, frozen=True):
    """A signed-in device: its account, its access token, and the areas that it holds."""

    account: UUID
    token: str
    areas: list[UUID]


class ServerFailed(Exception):
    """`liandong serve` did not come up; the message is the end of its log."""


class Installation(msgspec.Struct):
    """What runs. `database_url` is ours, `floor_url` the floor's."""

    folder: Path
    database_url: str
    floor_url: str
    postgres: int
    environment: dict[str, str]
    server: subprocess.Popen[bytes] | None = None
    port: int = 0

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.port

    @property
    def servers(self) -> list[int]:
        """The processes that answer."""
        assert self.server is not None
        return processes.servers(self.server.pid)

    @property
    def watched(self) -> Watched:
        return Watched(self.servers, self.postgres)


@contextmanager
def installed(workers: int) -> Iterator[Installation]:
    """PostgreSQL and a server of so many processes, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="liandong-bench-"))
    folder.chmod(0o711)  # as root the database runs as another user, who must pass through
    postgres = EmbeddedPostgres(folder / "postgres")
    try:
        postgres.start()
        pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        environment = {
            **os.environ,
            "LIANDONG_DATA": str(folder / "data"),
            "LIANDONG_WORKERS": str(workers),
            "LIANDONG_ACCESS_MINUTES": "1440",
            "LIANDONG_LOG_LEVEL": "warning",
            "LIANDONG_HOST": "127.0.0.1",
            "LIANDONG_SECOND_FACTOR": "off",
        }
        made = Installation(folder, postgres.url("liandong"), postgres.url("floor"), pid, environment)
        yield made
        stop(made)
    except Exception:
        if (folder / "serve.log").exists():
            CONSOLE.print((folder / "serve.log").read_text(errors="replace")[-3000:], markup=False)
        raise
    finally:
        if made.server is not None:
            made.server.kill()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def make_databases(installation: Installation) -> None:
    """Ours, migrated, and the floor's, empty."""
    server = await connect(installation.database_url.replace("/liandong?", "/postgres?"))
    for name in ("liandong", "floor"):
        await server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    await server.close()
    await migrate(installation.database_url)


def serve(installation: Installation) -> None:
    """Start `liandong serve` and wait until all its processes answer. Raises ServerFailed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        installation.port = free.getsockname()[1]
    environment = {
        **installation.environment,
        "DATABASE_URL": installation.database_url,
        "LIANDONG_PORT": str(installation.port),
    }
    log = installation.folder / "serve.log"
    with log.open("wb") as out:
        installation.server = subprocess.Popen(
            [sys.executable, "-c", "from service.cli import main; main()", "serve"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    workers = int(environment["LIANDONG_WORKERS"])
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and installation.server.poll() is None:
        if _answers(installation.port) and len(installation.servers) == workers:
            time.sleep(1)  # one of them answers; the others are as far within a moment
            return
        time.sleep(0.1)
    raise ServerFailed(log.read_text(errors="replace")[-3000:])


def stop(installation: Installation) -> None:
    """Stop the server as an operator does."""
    if installation.server is not None:
        installation.server.terminate()
        installation.server.wait(20)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/auth/jwks", timeout=5).status_code < 500
    except httpx.HTTPError:
        return False


async def make_areas(url: str, count: int) -> list[UUID]:
    """So many communities."""
    areas = [
        NewArea(uuid.uuid4(), None, "community", f"6201{index:08}", f"社区 {index}") for index in range(count)
    ]
    connection = await connect(url)
    async with connection.transaction():
        await create_areas(connection, areas)
    await connection.close()
    return [area.id for area in areas]


async def guard(url: str, *, on: bool) -> None:
    """Have PostgreSQL hold transactions to the rows that they are about (sync/policies.py), or not."""
    connection = await connect(url)
    for table in POLICIES:
        await connection.execute(f"ALTER TABLE {table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY")
    await connection.close()


async def sign_in(
    installation: Installation, held: list[list[UUID]], role: Role = Role.SUPERVISOR
) -> list[Phone]:
    """Somebody with a phone for each entry of `held`: their areas. Supervisors read and write everything."""
    connection = await connect(installation.database_url)
    kept = Passwords().hash_of(_PASSWORD)
    accounts = [uuid.uuid4() for _ in held]
    for account, areas in zip(accounts, held, strict=True):
        await _make_account(connection, account, kept, areas, role)
    await connection.close()
    url = f"http://127.0.0.1:{installation.port}/api/v1/auth/login"
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=8)) as client:
        tokens = await asyncio.gather(*(_token(client, url, account) for account in accounts))
    return [Phone(*each) for each in zip(accounts, tokens, held, strict=True)]


async def _token(client: httpx.AsyncClient, url: str, account: UUID) -> str:
    answer = await client.post(
        url,
        json={
            "username": account.hex,
            "password": _PASSWORD,
            "device": {"id": str(uuid.uuid4()), "name": "bench", "platform": "android"},
        },
    )
    answer.raise_for_status()
    token: str = answer.json()["access_token"]
    return token


async def _make_account(
    connection: asyncpg.Connection, id: UUID, kept: str, areas: list[UUID], role: Role
) -> None:
    await connection.execute(
        "INSERT INTO account (id, name, display_name, password_hash) VALUES ($1, $2, $3, $4)",
        id,
        id.hex,
        "社工",
        kept,
    )
    await connection.executemany(
        "INSERT INTO area_grant (account, role, area, rev) VALUES ($1, $2, $3, 0)",
        [(id, role.value, area) for area in areas],
    )


async def settle(url: str) -> None:
    """Have the planner know the tables, as it does after a day's work."""
    connection = await connect(url, statement_timeout="0")
    await connection.execute("VACUUM ANALYZE")
    await connection.close()

"""The PostgreSQL that the tests run against: one server a run, one database a test.

The first test that asks starts an embedded server in a folder of the run, shared by all its processes; the
process that began the run stops it. With TEST and DATABASE_URL set that server is used instead. The
migrations run once, into a template; a test's database is a copy of it, which takes some 20 ms.
"""

import fcntl
import os
import re
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from service.embedded import EmbeddedPostgres, InUse
from service.schema import migrate

PREFIX = "liandong-test-"


class TestServer:
    """The server of one test run. Every process of the run makes its own, with the run's `folder`."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._url: str | None = None
        self._embedded = EmbeddedPostgres(folder / "postgres", durable=False)
        self._template = "liandong_test_" + re.sub(r"\W", "_", folder.name.removeprefix(PREFIX))

    @asynccontextmanager
    async def database(self, of: str | None = None) -> AsyncIterator[str]:
        """The address of a new migrated database, dropped after the block.

        A copy of the one at `of`, if that is named; nobody may be connected to it meanwhile.
        """
        await self._prepare()
        name = f"{self._template}_{uuid.uuid4().hex[:12]}"
        template = self._template if of is None else urlsplit(of).path.removeprefix("/")
        await self._run(f'create database "{name}" template "{template}" strategy file_copy')
        try:
            yield self._address(name)
        finally:
            await self._run(f'drop database "{name}" with (force)')

    @asynccontextmanager
    async def empty_database(self) -> AsyncIterator[str]:
        """As `database`, with nothing in it."""
        await self._prepare()
        name = f"{self._template}_{uuid.uuid4().hex[:12]}"
        await self._run(f'create database "{name}" template template0')
        try:
            yield self._address(name)
        finally:
            await self._run(f'drop database "{name}" with (force)')

    async def end(self) -> None:
        """Stop the server, or in somebody's server drop the template. Only the process that began the run."""
        try:
            if given_url():
                await self._run(f'drop database if exists "{self._template}" with (force)')
            elif not self._embedded.is_new:
                self._embedded.start()  # if a worker started it, that has ended: it becomes ours to stop
                self._embedded.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def _prepare(self) -> None:
        if self._url is not None:
            return
        with _alone(self.folder):
            ready = self.folder / "ready"
            if given_url() is None and not self._embedded.borrow():
                self._embedded.start()
            self._url = given_url() or self._embedded.url()
            if not ready.exists():
                await self._run(f'create database "{self._template}" template template0')
                await migrate(self._address(self._template))
                ready.touch()

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url or given_url())
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _address(self, database: str) -> str:
        assert self._url is not None
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{database}"))


def given_url() -> str | None:
    """A server named by whoever runs the tests; the role must be allowed to create databases."""
    return os.environ.get("DATABASE_URL") or None


def new_run_folder() -> Path:
    """A folder for this run; what runs that were killed left behind is removed first."""
    for leftover in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = leftover.name.removeprefix(PREFIX).split("-")[0]
        if pid.isdigit() and not _is_alive(int(pid)) and os.access(leftover, os.W_OK):
            _sweep(leftover)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # as root the server runs as another user, who must pass through
    return folder


def _sweep(leftover: Path) -> None:
    server = EmbeddedPostgres(leftover / "postgres", durable=False)
    try:
        if server.borrow():
            server.start()
            server.stop()
    except InUse:
        return  # a worker of that run is still ending; the next run will find it gone
    shutil.rmtree(leftover, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

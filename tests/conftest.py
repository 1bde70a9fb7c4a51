"""What every test may ask for: a real database, and how hard hypothesis tries.

`LIANDONG_TEST_LONG=1` tries some fifty times as many examples; CI tries the same ones on every run.
"""

import asyncio
import gc
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import hypothesis
import pytest

from service.database import connect, open_pool
from service.master_key import load_keyring
from service.rights import ROLE
from service.settings import Settings
from sync.keyring import Keyring
from tests.clock import Clock
from tests.logins import new_login
from tests.postgres import TestServer, new_run_folder
from tests.processes import new_folder
from tests.serving import Installation
from tests.world import World, running, settings_for

SERVER = pytest.StashKey[TestServer]()

hypothesis.settings.register_profile(
    "default", deadline=None, print_blob=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("ci", hypothesis.settings.get_profile("default"), derandomize=True)
hypothesis.settings.register_profile(
    "long", hypothesis.settings.get_profile("default"), max_examples=5_000, stateful_step_count=200
)
hypothesis.settings.load_profile(
    "long" if os.environ.get("LIANDONG_TEST_LONG") else "ci" if os.environ.get("CI") else "default"
)


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    config.stash[SERVER] = TestServer(Path(given["run_folder"]) if given else new_run_folder())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["run_folder"] = str(node.config.stash[SERVER].folder)


def pytest_collection_finish() -> None:
    # What was imported and collected stays to the end. Looked through at every full collection, it made a
    # test with a database a sixth dearer.
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and SERVER in config.stash:
        asyncio.run(config.stash[SERVER].end())


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> TestServer:
    """The run's server, for a test that makes databases itself (`async with postgres.database()`)."""
    return pytestconfig.stash[SERVER]


@pytest.fixture
async def database_url(postgres: TestServer) -> AsyncIterator[str]:
    """The address of a migrated database that is this test's alone."""
    async with postgres.database() as url:
        yield url


@pytest.fixture
async def member_url(database_url: str) -> AsyncIterator[str]:
    """As `database_url`, for a login that is a member of the server's role, and nothing else."""
    async with new_login(database_url, member_of=ROLE) as url:
        yield url


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    """The keys of what is sealed in `database_url`."""
    return load_keyring(Settings(data=tmp_path))


@pytest.fixture
async def pool(database_url: str, keyring: Keyring) -> AsyncIterator[asyncpg.Pool]:
    """Connections to `database_url` for looking into everything: of its owner, whom no policy holds."""
    opened = await open_pool(database_url, keyring=keyring)
    yield opened
    await opened.close()


@pytest.fixture
async def application(database_url: str, keyring: Keyring) -> AsyncIterator[asyncpg.Pool]:
    """Connections to `database_url`, as the server has them."""
    opened = await open_pool(database_url, keyring=keyring, role=ROLE)
    yield opened
    await opened.close()


@pytest.fixture
async def clock(database_url: str) -> AsyncIterator[Clock]:
    """The clock of `database_url`, for whoever connects afterwards."""
    connection = await connect(database_url)
    made = Clock(connection)
    await made.install()
    yield made
    await connection.close()


@pytest.fixture
async def world(database_url: str, tmp_path: Path) -> AsyncIterator[World]:
    """The running application with nobody in it yet."""
    async with running(settings_for(database_url, tmp_path)) as made:
        yield made


@pytest.fixture(scope="session")
def started_once() -> Iterator[Path]:
    """The data folder of an installation that was started, and stopped again."""
    with new_folder() as parent:
        first = Installation(parent / "data")
        try:
            serving = first.serve()
            serving.address()
            assert serving.end(signal.SIGINT) == 0, serving.printed
        finally:
            first.end()
        yield first.data


@pytest.fixture
def installation(started_once: Path) -> Iterator[Installation]:
    """An installation that was started before."""
    with new_folder() as parent:
        parent.chmod(0o711)
        subprocess.run(["cp", "-a", started_once, parent / "data"], check=True)
        made = Installation(parent / "data")
        yield made
        made.end()


@pytest.fixture
def new_installation() -> Iterator[Installation]:
    """An installation that was never started; its data folder does not exist yet."""
    with new_folder() as parent:
        made = Installation(parent / "data")
        yield made
        made.end()

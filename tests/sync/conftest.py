"""Fixtures for tests of the engine."""

import asyncpg
import pytest

from tests.sync import sheet
from tests.sync.pushing import Office


@pytest.fixture
def office(pool: asyncpg.Pool, application: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Areas and devices that push straight into the engine, which knows the types of `tests.sync.sheet`."""
    sheet.collect(monkeypatch)
    return Office(pool, application)

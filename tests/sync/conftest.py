"""Fixtures for tests of the engine."""

from collections.abc import Iterator

import asyncpg
import pytest

from tests.sync import sheet
from tests.sync.pushing import Office


@pytest.fixture
def office(pool: asyncpg.Pool, application: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Areas and devices that push straight into the engine, which knows the types of `tests.sync.sheet`."""
    sheet.collect(monkeypatch)
    return Office(pool, application)


@pytest.fixture(scope="module")
def sheets() -> Iterator[None]:
    """The types of `tests.sync.sheet` known to all tests of a module."""
    with pytest.MonkeyPatch.context() as patch:
        sheet.collect(patch)
        yield

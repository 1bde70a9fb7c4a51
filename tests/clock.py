"""The database's clock, which a test sets forward: for what ends by itself, on a day or at a moment.

    async def test_something(clock: Clock, world: World) -> None:
        await clock.forward(days=3)

The server asks the database what time it is, so nothing of the server is replaced: its connections find a
`clock_timestamp()` of their own before PostgreSQL's. Ask for `clock` before `world`, which connects.
"""

from datetime import UTC, date, datetime, timedelta

import asyncpg

from schemas.civil import civil_date
from service.rights import ROLE


class Clock:
    """Made by the fixture `clock`, on the test's own database."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def install(self) -> None:
        """Have whoever connects from now on go by this clock."""
        await self._connection.execute(
            f"""
            CREATE SCHEMA clock;
            CREATE TABLE clock.ahead (by interval NOT NULL);
            INSERT INTO clock.ahead VALUES ('0');
            CREATE FUNCTION clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
                AS 'SELECT pg_catalog.clock_timestamp() + (SELECT by FROM clock.ahead)';
            CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE
                AS 'SELECT pg_catalog.now() + (SELECT by FROM clock.ahead)';
            GRANT USAGE ON SCHEMA clock TO {ROLE};
            GRANT SELECT ON clock.ahead TO {ROLE};
            DO $$
            BEGIN
                EXECUTE format('ALTER DATABASE %I SET search_path = clock, pg_catalog, public',
                               current_database());
            END
            $$
            """
        )

    async def now(self) -> datetime:
        """The time by this clock."""
        found: datetime = await self._connection.fetchval("SELECT clock.clock_timestamp()")
        return found

    async def today(self) -> date:
        """The day in the areas, by this clock."""
        return civil_date(await self.now())

    async def to_the_night(self) -> date:
        """Let it be past midnight in the areas, and by Greenwich still the day before: that day."""
        hours = (20 - (await self.now()).astimezone(UTC).hour) % 24
        await self.forward(hours=hours)
        return (await self.now()).astimezone(UTC).date()

    async def forward(self, **by: float) -> None:
        """Let so many `days`, `hours` … pass."""
        await self._connection.execute("UPDATE clock.ahead SET by = by + $1", timedelta(**by))

"""SQL by name: written once with named parameters, run on asyncpg without further translation.

SQLAlchemy's `text()` turns `:name` into asyncpg's `$n` when the module is imported, so that running a
statement costs no more than asyncpg itself does, and the statement keeps one prepared plan a connection.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg as dialect

Connection: TypeAlias = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy

_DIALECT = dialect.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


class Statement:
    """One SQL statement; call it with exactly the parameters it names."""

    __slots__ = ("_names", "sql")

    def __init__(self, sql: str | sa.sql.ClauseElement) -> None:
        clause = sa.text(sql) if isinstance(sql, str) else sql
        compiled = clause.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        positions = compiled.positiontup or []  # type: ignore[attr-defined]
        self._names = tuple(dict.fromkeys(positions))

    def _arguments(self, values: dict[str, Any]) -> list[Any]:
        if len(values) != len(self._names):
            raise TypeError(f"the statement takes {self._names}, not {tuple(values)}")
        return [values[name] for name in self._names]

    async def fetch(self, connection: Connection, **values: Any) -> list[asyncpg.Record]:
        """All rows."""
        rows: list[asyncpg.Record] = await connection.fetch(self.sql, *self._arguments(values))
        return rows

    async def fetchrow(self, connection: Connection, **values: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await connection.fetchrow(self.sql, *self._arguments(values))

    async def fetchval(self, connection: Connection, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return await connection.fetchval(self.sql, *self._arguments(values))

    async def execute(self, connection: Connection, **values: Any) -> str:
        """Run it and give PostgreSQL's command tag."""
        tag: str = await connection.execute(self.sql, *self._arguments(values))
        return tag

    async def execute_many(self, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Run it for many rows in one round trip's worth of pipelining."""
        await connection.executemany(self.sql, [self._arguments(row) for row in rows])


def statement(sql: str | sa.sql.ClauseElement) -> Statement:
    """Compile `sql` once, at import."""
    return Statement(sql)

"""The rows that a transaction may touch, which PostgreSQL itself holds it to: row-level security.

What a caller may see is decided in `service.access.clearance`, and queries name only that. This is the second
lock, for the query that forgets to: the rows of content are there only for a transaction that has said which
areas and whose work it is about (sync/confine.py). One that says nothing sees nothing and writes nothing.

Forced, so that the tables' owner is held to it too. It is no wall against somebody who runs SQL of their own
choice as this role: they can name any area.

An area is looked up in a set that is made once a statement, and not searched for in an index: so statements
keep the plans that they have without policies, and a row costs the same whether its reader holds one area or
hundreds. `nullif`: a setting that was local to an earlier transaction is left behind as an empty text.
"""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from sync.tables import METADATA


def _set_of(setting: str) -> str:
    return f"(SELECT unnest(CAST(nullif(current_setting('{setting}', true), '') AS uuid[])))"


AREAS = _set_of("liandong.areas")
ACCOUNTS = _set_of("liandong.accounts")

POLICIES: Mapping[str, Mapping[str, str]] = {
    "record": {"ALL": f"area IN {AREAS}"},
    "restricted_record": {"ALL": f"area IN {AREAS}"},
    # Whose change it is finds its receipt wherever the record has gone since. The tables' owner alone may
    # erase what it says (sync/erasing.py), or seal it anew when a key is replaced (service/resealing.py).
    "history": {
        "SELECT": f"area IN {AREAS} OR account IN {ACCOUNTS}",
        "INSERT": f"area IN {AREAS}",
        "UPDATE": f"area IN {AREAS} AND current_setting('liandong.rewriting', true) = 'on'",
    },
    # A record takes its history along: where it is now, it is known where it came from.
    "departure": {
        "SELECT": f"area IN {AREAS} OR to_area IN {AREAS}",
        "INSERT": f"area IN {AREAS}",
        "UPDATE": f"area IN {AREAS} AND current_setting('liandong.rewriting', true) = 'on'",
        "DELETE": f"area IN {AREAS}",
    },
    # The evaluator's own, and the supervisor's of the area that a record lies in.
    "sample_record": {
        "SELECT": f"area IN {AREAS} OR account IN {ACCOUNTS}",
        "INSERT": f"area IN {AREAS}",
        "UPDATE": f"area IN {AREAS}",
    },
    # Counts that are told to nobody who may not read the records themselves.
    "month_count": {"SELECT": f"root IN {AREAS}", "INSERT": f"root IN {AREAS}"},
    # Whose data is to be erased, or has to be kept, and why.
    "erasure": {"ALL": f"area IN {AREAS}"},
    "legal_hold": {"ALL": f"area IN {AREAS}"},
    "restriction": {"ALL": f"area IN {AREAS}"},
    # What lies in no area is its author's alone.
    "quarantine": {"ALL": f"area IN {AREAS} OR account IN {ACCOUNTS}"},
    "attachment": {"ALL": f"area IN {AREAS}"},
    # Who uploads goes on with it wherever the record has gone since.
    "upload": {"ALL": f"area IN {AREAS} OR account IN {ACCOUNTS}"},
    # Strangers are kept account of as well, so it takes whatever comes.
    "audit": {"SELECT": f"area IN {AREAS} OR account IN {ACCOUNTS}", "INSERT": "true"},
}
"""By table and command, the rows in scope. For commands that are not named there are none."""

NOT_FORCED = frozenset({"audit"})
"""Its owner reads all of it: `liandong audit verify`."""

WITHOUT_CONTENT = frozenset(
    {
        "audit_head",
        "dataset",
        "area",
        "area_key",
        "fixed_key",
        "content_leaving",
        "account",
        "area_grant",
        "case_member",
        "sample",
        "device",
        "device_copy",
        "session",
        "second_factor",
        "recovery_code",
        "login_attempt",
        "withheld",
        "mirror",
        "mirrored",
    }
)
"""Tables that hold nothing of a file: who people are, what they were granted, on which files they work,
which samples they were given, which devices they have and which records these were told of, keys that nobody
opens without a master key, and where contents lay that go."""


def protections(table: str) -> Iterator[str]:
    """The statements that protect `table`."""
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    if table not in NOT_FORCED:
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
    for command, rows in POLICIES[table].items():
        clauses = f"WITH CHECK ({rows})" if command == "INSERT" else f"USING ({rows})"
        yield f"CREATE POLICY {table}_{command.lower()} ON {table} FOR {command} {clauses}"


def _protect(_: sa.MetaData, connection: sa.Connection, **__: object) -> None:
    for table in POLICIES:
        for statement in protections(table):
            connection.exec_driver_sql(statement)


sa.event.listen(METADATA, "after_create", _protect)

"""What the role that the server works as may do: on each table exactly what some statement needs, no more.

It owns nothing, so it can neither change tables nor lift their policies (sync/policies.py). What people wrote
can be added to and moved on, and where it is evidence it can be neither altered nor removed: history only
grows, as the audit does, and a change in quarantine keeps its payload. What has to be erased by law the
tables' owner erases (`liandong retention`).

A table that is not named here is out of the server's reach; a test asks for the decision.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

ROLE: Final = "liandong_app"

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "alembic_version": ("SELECT",),
    "dataset": ("SELECT", "INSERT", "UPDATE (epoch)"),
    "area": ("SELECT", "UPDATE (last_rev)"),
    "area_key": ("SELECT", "INSERT"),
    "fixed_key": ("SELECT", "INSERT"),
    "record": ("SELECT", "INSERT", "UPDATE", "DELETE"),
    "history": ("SELECT", "INSERT"),
    "departure": ("SELECT", "INSERT", "DELETE"),
    "quarantine": (
        "SELECT",
        "INSERT",
        "UPDATE (area, waits_for, outcome, problem, repaired, state, settled_at, settled_by)",
    ),
    "device_copy": ("SELECT", "INSERT", "UPDATE (shown, given)"),
    "withheld": ("SELECT", "INSERT"),
    "mirror": (
        "SELECT",
        "INSERT",
        "UPDATE (cursor, last_seq, since_seq, afresh_from, taking_until, clean_seq, sent_seq, gone_seq,"
        " withheld_since, anew_seq)",
    ),
    "mirrored": (
        "SELECT",
        "INSERT",
        "UPDATE (collection, area, case_id, seq, rev, had, is_gone, taken, row_hash, assumed_hash)",
        "UPDATE (assumed_since)",
    ),
    "account": ("SELECT", "INSERT", "UPDATE (password_hash, suspended_at)"),
    "area_grant": ("SELECT", "INSERT", "UPDATE (until, rev)"),
    "case_member": ("SELECT", "INSERT", "UPDATE (ended_rev, ended_by)"),
    "erasure": (
        "SELECT",
        "INSERT",
        "UPDATE (confirmed_by, confirmed_at, withdrawn_by, withdrawn_at)",
    ),
    "restriction": ("SELECT", "INSERT", "UPDATE (lifted_by, lifted_at)"),
    "restricted_record": ("SELECT", "INSERT", "DELETE"),
    "legal_hold": ("SELECT", "INSERT", "UPDATE (lifted_by, lifted_at)"),
    "sample": ("SELECT", "INSERT"),
    "sample_record": ("SELECT", "INSERT", "UPDATE (texts, released_by, released_at)"),
    "attachment": (
        "SELECT",
        "INSERT",
        "UPDATE (area, upload, type, size, head, address, thumbnail, thumbnail_size, stored_at)",
        "DELETE",
    ),
    "upload": ("SELECT", "INSERT", "UPDATE (finished_at)", "DELETE"),
    "content_leaving": ("SELECT", "INSERT", "DELETE"),
    "month_count": ("SELECT", "INSERT"),
    "device": ("SELECT", "INSERT", "UPDATE (name, platform, last_seen_at, revoked_at, revoked_by)"),
    "session": (
        "SELECT",
        "INSERT",
        "UPDATE (current_hashes, previous_hash, rotated_at, expires_at, second_factor)",
        "UPDATE (ended_at, ended_because)",
    ),
    "audit": ("SELECT", "INSERT"),
    "audit_head": ("SELECT", "INSERT", "UPDATE (no, hash)"),
    "second_factor": (
        "SELECT",
        "INSERT",
        "UPDATE (secret, enrolled_at, last_step, token_hash, token_expires_at)",
        "DELETE",
    ),
    "recovery_code": ("SELECT", "INSERT", "DELETE"),
    "login_attempt": ("SELECT", "INSERT", "UPDATE (whole_at)", "DELETE"),
}
"""By table, what GRANT takes."""


class Right(NamedTuple):
    """One privilege on a table, or on a column of it."""

    table: str
    privilege: str
    column: str | None = None


def wanted() -> set[Right]:
    """All of `RIGHTS`, one by one."""
    return {right for table, granted in RIGHTS.items() for each in granted for right in _rights(table, each)}


def _rights(table: str, granted: str) -> Iterator[Right]:
    privilege, *columns = re.findall(r"\w+", granted)
    for column in columns or [None]:
        yield Right(table, privilege, column)


def grants() -> Iterator[str]:
    """The statements by which the tables' owner gives exactly these rights."""
    for table, granted in RIGHTS.items():
        yield f"REVOKE ALL ON {table} FROM {ROLE}"
        yield f"GRANT {', '.join(granted)} ON {table} TO {ROLE}"

"""The tables of the audit, on the same metadata as the engine's.

Entries are only ever added, and kept without a term: what they say of a file outlasts the file itself, and
holds nothing of its content. A trigger refuses what would change or remove one. That stops a slip and a
careless script, not an owner of the database, who can drop triggers; against those stand the hashes, and the
checkpoints that are kept elsewhere (service/audit/verify.py).

A chain an area for what was written there, whose lock a push holds anyway; one for each account in each area
for what was read; one an account for how it came in and what was done to it. Nobody waits for a chain that
somebody else is at. One chain for all would put every push in one line.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BYTEA, JSON, UUID

from sync.tables import METADATA, MOMENT

audit = sa.Table(
    "audit",
    METADATA,
    sa.Column("chain", UUID(as_uuid=True), nullable=False),
    sa.Column("no", BIGINT, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # Who did it; null for a stranger, and for what a command did.
    sa.Column("account", UUID(as_uuid=True)),
    # As in history: the device's short number, and which copy of it.
    sa.Column("device", sa.Text),
    sa.Column("area", UUID(as_uuid=True)),
    # Of all `records` together; `detail.parts` tells them apart.
    sa.Column("classes", sa.Integer, nullable=False),
    sa.Column("records", ARRAY(UUID(as_uuid=True)), nullable=False),
    sa.Column("changes", ARRAY(UUID(as_uuid=True)), nullable=False),
    sa.Column("detail", JSON, nullable=False),
    sa.Column("hash", BYTEA, nullable=False),
    sa.PrimaryKeyConstraint("chain", "no"),
    # Who has seen a record: the entries of its area, searched for it. An index on `records` would make a
    # page of a thousand records half as dear again; somebody asks this once a month.
    sa.Index("ix_audit_area_at", "area", "at", postgresql_where=sa.text("area IS NOT NULL")),
)

# Where each chain ends: without it nobody would miss its last entries.
audit_head = sa.Table(
    "audit_head",
    METADATA,
    sa.Column("chain", UUID(as_uuid=True), primary_key=True),
    sa.Column("no", BIGINT, nullable=False),
    sa.Column("hash", BYTEA, nullable=False),
)

GUARDS = (
    """
    CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% of % is refused: the audit only grows', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
    """,
    """
    CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
    """,
)


def _guard(_: sa.Table, connection: sa.Connection, **__: object) -> None:
    for statement in GUARDS:
        connection.exec_driver_sql(statement)


sa.event.listen(METADATA, "after_create", _guard)

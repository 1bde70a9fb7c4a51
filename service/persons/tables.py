"""The tables of what a person may ask of us: erasure, restriction, and the holds that stand against erasing.

Rows are decisions and are kept. They name the person by id and hold nothing of the file but a reason, which
is asked for without names.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BIGINT, UUID

from sync.tables import METADATA, MOMENT

# Asked for by a supervisor, confirmed by an administrator, carried out by `liandong retention`.
erasure = sa.Table(
    "erasure",
    METADATA,
    sa.Column("id", BIGINT, sa.Identity(always=True), primary_key=True),
    # Where the person was when it was asked for.
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("person", UUID(as_uuid=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_by", UUID(as_uuid=True), nullable=False),
    sa.Column("asked_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("confirmed_by", UUID(as_uuid=True)),
    sa.Column("confirmed_at", MOMENT),
    sa.Column("withdrawn_by", UUID(as_uuid=True)),
    sa.Column("withdrawn_at", MOMENT),
    sa.Column("done_at", MOMENT),
    sa.CheckConstraint("confirmed_by <> asked_by", name="two_persons"),
    # Of each person one at a time.
    sa.Index(
        "ix_erasure_area_person",
        "area",
        "person",
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL AND done_at IS NULL"),
    ),
)

# The person's data is kept and nothing else is done with it (限制处理).
restriction = sa.Table(
    "restriction",
    METADATA,
    sa.Column("id", BIGINT, sa.Identity(always=True), primary_key=True),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("person", UUID(as_uuid=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    # Null where it followed from a consent that was taken back: from this one.
    sa.Column("set_by", UUID(as_uuid=True)),
    sa.Column("consent", UUID(as_uuid=True)),
    sa.Column("set_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("lifted_by", UUID(as_uuid=True)),
    sa.Column("lifted_at", MOMENT),
    sa.Index(
        "ix_restriction_area_person",
        "area",
        "person",
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    ),
)

# Nothing of the file may be erased while it stands (法定保全): a court, an inquiry, a complaint.
legal_hold = sa.Table(
    "legal_hold",
    METADATA,
    sa.Column("id", BIGINT, sa.Identity(always=True), primary_key=True),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("case_id", UUID(as_uuid=True)),
    sa.Column("person", UUID(as_uuid=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("set_by", UUID(as_uuid=True), nullable=False),
    sa.Column("set_at", MOMENT, nullable=False, server_default=sa.func.now()),
    # Until it is lifted, where null.
    sa.Column("until", MOMENT),
    sa.Column("lifted_by", UUID(as_uuid=True)),
    sa.Column("lifted_at", MOMENT),
    sa.Index("ix_legal_hold_person", "person"),
    sa.Index("ix_legal_hold_case_id", "case_id", postgresql_where=sa.text("case_id IS NOT NULL")),
)

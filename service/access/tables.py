"""The table of emergencies in which somebody opened a file that was not theirs."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BIGINT, UUID

from sync.tables import METADATA, MOMENT

break_glass = sa.Table(
    "break_glass",
    METADATA,
    # The membership that it gave, which ends by itself.
    sa.Column("member", BIGINT, sa.ForeignKey("case_member.id"), primary_key=True),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("case_id", UUID(as_uuid=True), nullable=False),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
    # By when a supervisor has to look at it, and what they then said.
    sa.Column("review_by", MOMENT, nullable=False),
    sa.Column("reviewed_at", MOMENT),
    sa.Column("reviewed_by", UUID(as_uuid=True)),
    sa.Column("opinion", sa.Text),
    sa.Index("ix_break_glass_area_opened_at", "area", "opened_at"),
)

"""The counts of closed months, as they were when each was first asked for. They never change again."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSON, UUID

from sync.tables import METADATA, MOMENT

month_count = sa.Table(
    "month_count",
    METADATA,
    # The uppermost area: a month is counted for all of a tree at once.
    sa.Column("root", UUID(as_uuid=True), nullable=False),
    sa.Column("month", sa.Text, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("counted_at", MOMENT, nullable=False),
    # service/numbers/counting.py: the counts of each area itself, and what is hidden of them.
    sa.Column("counts", JSON, nullable=False),
    sa.PrimaryKeyConstraint("root", "month", "collection"),
)

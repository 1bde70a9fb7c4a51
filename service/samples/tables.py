"""The tables of samples: who was given which, and what it holds.

A sample is drawn once and stays as it was drawn. What it holds of a record is stored as it is shown, and the
key of its pseudonyms is nowhere: once drawn, only the rows here lead from a pseudonym to a record.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, JSON, UUID

from sync.tables import METADATA, MOMENT

sample = sa.Table(
    "sample",
    METADATA,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    # The evaluator that it was drawn for.
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("drawn_by", UUID(as_uuid=True), nullable=False),
    sa.Column("drawn_at", MOMENT, nullable=False),
    sa.Column("until", MOMENT, nullable=False),
    # With the seed, so that whoever has the database can draw it again and compare.
    sa.Column("rule", JSON, nullable=False),
    sa.Column("seed", BIGINT, nullable=False),
    sa.Column("records", sa.Integer, nullable=False),
    sa.Column("left_out", sa.Integer, nullable=False),
    sa.Index("ix_sample_account", "account"),
    sa.Index("ix_sample_area", "area"),
)

sample_record = sa.Table(
    "sample_record",
    METADATA,
    sa.Column("sample", UUID(as_uuid=True), sa.ForeignKey("sample.id"), nullable=False),
    # In the order of pseudonyms, which is no order of records.
    sa.Column("no", sa.Integer, nullable=False),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("record", UUID(as_uuid=True), nullable=False),
    sa.Column("pseudonym", sa.Text, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    # The classes that something of is shown, for the account that is kept of every reading.
    sa.Column("classes", sa.Integer, nullable=False),
    # Null where the area itself would tell too much.
    sa.Column("shown_area", UUID(as_uuid=True)),
    sa.Column("shown", JSON, nullable=False),
    sa.Column("suppressed", ARRAY(sa.Text), nullable=False),
    sa.Column("withheld", ARRAY(sa.Text), nullable=False),
    # What a supervisor let out of `withheld`, as it was then.
    sa.Column("texts", JSON, nullable=False),
    sa.Column("released_by", UUID(as_uuid=True)),
    sa.Column("released_at", MOMENT),
    sa.PrimaryKeyConstraint("sample", "no"),
    sa.Index("ix_sample_record_sample_pseudonym", "sample", "pseudonym", unique=True),
    sa.Index("ix_sample_record_area", "area"),
)

"""The tables of the engine. Alembic owns the schema; this is what it must come to.

Every key begins with the area, and no statement of the sync path joins two areas' rows, so that the tables
can be partitioned or distributed by area. The exceptions are looked up by what a device says before its
area is known: receipts by (account, change), history by record.

A record's parts stand in one row, a body and a rev for each class: measured, that pushes 1.4 times faster
than a row a part, and a query selects only the columns it is cleared for. Bodies that are sealed are
`bytea` (sync/sealing.py); the others are `json`, which PostgreSQL keeps as the text that was written, so that
a pull sends it on untouched.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BYTEA, JSON, TIMESTAMP, UUID

from schemas.privacy import CLASSES, SEALED, SEARCHABLE

METADATA = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MOMENT = TIMESTAMP(timezone=True)


def body_columns(prefix: str) -> list[sa.Column[object]]:
    """One nullable body column a privacy class, named `<prefix><class>`."""
    return [
        sa.Column(prefix + privacy.value, BYTEA if privacy in SEALED else JSON(none_as_null=True))
        for privacy in CLASSES
    ]


# One row: the name of this incarnation of the data set (sync/epoch.py).
dataset = sa.Table(
    "dataset",
    METADATA,
    sa.Column("only", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("epoch", UUID(as_uuid=True), nullable=False),
    # Whether everything in it is made up, to be tried by whoever likes.
    sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.CheckConstraint('"only"', name="one_row"),
)

area = sa.Table(
    "area",
    METADATA,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    # A short number for cursors, where 16 bytes an area would make an idle pull heavy.
    sa.Column("no", sa.Integer, sa.Identity(always=True), nullable=False, unique=True),
    sa.Column("parent", UUID(as_uuid=True), sa.ForeignKey("area.id")),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # The area itself and all above it; kept by the statement that creates areas.
    sa.Column("ancestors", ARRAY(UUID(as_uuid=True)), nullable=False),
    sa.Column("last_rev", BIGINT, nullable=False, server_default=sa.text("0")),
    sa.CheckConstraint("level IN ('city', 'district', 'street', 'community')", name="level"),
    sa.Index("ix_area_ancestors", "ancestors", postgresql_using="gin"),
)

record = sa.Table(
    "record",
    METADATA,
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("id", UUID(as_uuid=True), nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    # The file that it lies in: the id of the record at the root of the chain of parents, where that is of a
    # collection that opens files.
    sa.Column("case_id", UUID(as_uuid=True)),
    # The account that made it; null for what the server made.
    sa.Column("author", UUID(as_uuid=True)),
    # The record it belongs to (a person's household, a conflict's subject): what a file moves along with.
    sa.Column("parent", UUID(as_uuid=True)),
    # The first day on which it is about a child no longer; null where it never was (sync/minority.py).
    sa.Column("child_until", sa.Date),
    # The days on which it is guarded: from the one on and before the other; both null where it never is
    # (sync/guarding.py).
    sa.Column("guarded_from", sa.Date),
    sa.Column("guarded_until", sa.Date),
    # An office has it before itself (schemas/sending.py).
    sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("rev", BIGINT, nullable=False),
    sa.Column("deleted", sa.Boolean, nullable=False),
    # {"": of the creation, field: its own, set field: {member: …}, "/deleted": …}, see sync/record.py.
    sa.Column("stamps", JSON, nullable=False),
    # Those among them that hold values of sealed classes, sealed: who stands by what, and members of sets.
    sa.Column("sealed_stamps", BYTEA),
    # By class, what stands for the number that may be looked for (sync/blind.py).
    *(sa.Column("token_" + privacy.value, BYTEA) for privacy in SEARCHABLE),
    *(sa.Column("rev_" + privacy.value, BIGINT) for privacy in CLASSES),
    *body_columns("body_"),
    sa.PrimaryKeyConstraint("area", "id"),
    sa.Index("ix_record_area_rev", "area", "rev"),
    sa.Index("ix_record_area_parent", "area", "parent", postgresql_where=sa.text("parent IS NOT NULL")),
    sa.Index(
        "ix_record_area_case_id_rev",
        "area",
        "case_id",
        "rev",
        postgresql_where=sa.text("case_id IS NOT NULL"),
    ),
    # Of the few that a supervisor has to look at.
    sa.Index("ix_record_area_emergency", "area", postgresql_where=sa.text("collection = 'emergency_access'")),
    # Of the few that were said to be of one person.
    sa.Index("ix_record_area_duplicate", "area", postgresql_where=sa.text("collection = 'duplicate'")),
    *(
        sa.Index(
            f"ix_record_token_{privacy.value}",
            f"token_{privacy.value}",
            postgresql_where=sa.text(f"token_{privacy.value} IS NOT NULL"),
        )
        for privacy in SEARCHABLE
    ),
    # Who comes of age, once a day for whoever is to be told.
    sa.Index(
        "ix_record_area_child_until",
        "area",
        "child_until",
        postgresql_where=sa.text("child_until IS NOT NULL"),
    ),
    # Of whom more is read, or less, once a day for whoever is to be told.
    sa.Index(
        "ix_record_area_guarded_until",
        "area",
        "guarded_until",
        postgresql_where=sa.text("guarded_until IS NOT NULL"),
    ),
    sa.Index(
        "ix_record_area_guarded_from",
        "area",
        "guarded_from",
        postgresql_where=sa.text("guarded_from > '-infinity'"),
    ),
)

# Every change that took effect: who, when, which device, what was sent, what came of it. It is the receipt
# too: a change found here by (account, change) has been done.
history = sa.Table(
    "history",
    METADATA,
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("rev", BIGINT, nullable=False),
    sa.Column("change", UUID(as_uuid=True), nullable=False),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("record", UUID(as_uuid=True), nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("op", sa.Text, nullable=False),
    sa.Column("base", BIGINT, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    # The record's rev after the change, and the conflicts it opened: what a repeated change is answered.
    sa.Column("record_rev", BIGINT, nullable=False),
    sa.Column("conflicts", ARRAY(UUID(as_uuid=True))),
    # Keyed: what it was taken of might be guessed (sync/sealing.py).
    sa.Column("hash", BYTEA, nullable=False),
    # Of what is sealed below, before it was: what the audit accounts for (sync/audit.py).
    sa.Column("sealed_digest", BYTEA),
    # By class: {"set", "add", "remove", "increment"} as sent, "effect": {field: value in force where it is
    # not the one sent}.
    *body_columns("sent_"),
    # Drawn for this row, so that what the audit keeps of its content cannot be found by guessing. Null once
    # that has been erased; `commitments` then says by what the row is still accounted for (sync/audit.py).
    sa.Column("salt", BYTEA),
    sa.Column("commitments", ARRAY(BYTEA)),
    sa.PrimaryKeyConstraint("area", "rev"),
    sa.Index("ix_history_change_account", "change", "account", unique=True),
    sa.Index("ix_history_record_rev", "record", "rev"),
)

# What is kept of records that are restricted (限制处理), out of everybody's reach until that ends: the parts
# beyond open and basic; of those that have no others, all, sealed where they were (sync/restricting.py).
restricted_record = sa.Table(
    "restricted_record",
    METADATA,
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("id", UUID(as_uuid=True), nullable=False),
    sa.Column("restriction", BIGINT, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("case_id", UUID(as_uuid=True)),
    sa.Column("author", UUID(as_uuid=True)),
    sa.Column("parent", UUID(as_uuid=True)),
    sa.Column("child_until", sa.Date),
    sa.Column("guarded_from", sa.Date),
    sa.Column("guarded_until", sa.Date),
    sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("deleted", sa.Boolean, nullable=False),
    sa.Column("stamps", JSON, nullable=False),
    sa.Column("sealed_stamps", BYTEA),
    *(sa.Column("token_" + privacy.value, BYTEA) for privacy in SEARCHABLE),
    *body_columns("body_"),
    sa.PrimaryKeyConstraint("area", "id"),
    sa.Index("ix_restricted_record_restriction", "restriction"),
)

# What left an area, or within it a file: a record that moved. Devices that held it are told to let go of it.
# And, where it stays, that others read it than before: it became a child's, or ceases to be one's, a guardian
# gave consent or took it back, an office has it before itself or no longer.
departure = sa.Table(
    "departure",
    METADATA,
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("rev", BIGINT, nullable=False),
    sa.Column("record", UUID(as_uuid=True), nullable=False),
    # As they were when it left: they decide, with the classes, who is told.
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("case_id", UUID(as_uuid=True)),
    sa.Column("author", UUID(as_uuid=True)),
    sa.Column("child_until", sa.Date),
    sa.Column("guarded_from", sa.Date),
    sa.Column("guarded_until", sa.Date),
    sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
    # The classes that the record had when it left: only who could see one of them is told.
    sa.Column("classes", sa.Integer, nullable=False),
    sa.Column("to_area", UUID(as_uuid=True), nullable=False),
    sa.Column("departed_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.PrimaryKeyConstraint("area", "rev"),
    sa.Index("ix_departure_area_record", "area", "record"),
    sa.Index("ix_departure_record", "record"),
)

# What could not be applied, whole and as it was sent: refused changes until somebody repairs or dismisses
# them, parked ones until what they wait for arrives. Also their receipts. Sealed as a whole.
quarantine = sa.Table(
    "quarantine",
    METADATA,
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("change", UUID(as_uuid=True), nullable=False),
    sa.Column("hash", BYTEA, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    # Null where the author never held the area named: then nobody but the author sees it.
    sa.Column("area", UUID(as_uuid=True)),
    sa.Column("record", UUID(as_uuid=True)),
    sa.Column("collection", sa.Text),
    sa.Column("group", UUID(as_uuid=True)),
    # The record or change that must come first; null for what was refused.
    sa.Column("waits_for", UUID(as_uuid=True)),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("problem", BYTEA, nullable=False),
    sa.Column("payload", BYTEA, nullable=False),
    # What took its place when somebody put it right; the payload stays as it came.
    sa.Column("repaired", BYTEA),
    # What its author could read and write when it came (`sync.item.Rights`), of the area and of the file that
    # they saw the record in: what it may build on and touch when it is applied later.
    sa.Column("sight", sa.Integer, nullable=False),
    sa.Column("pen", sa.Integer, nullable=False),
    sa.Column("case_id", UUID(as_uuid=True)),
    sa.Column("case_sight", sa.Integer, nullable=False),
    sa.Column("case_pen", sa.Integer, nullable=False),
    sa.Column("received_at", MOMENT, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="open"),
    sa.Column("settled_at", MOMENT),
    sa.Column("settled_by", UUID(as_uuid=True)),
    # Tells the order in which work arrived.
    sa.Column("no", BIGINT, sa.Identity(always=True), nullable=False),
    sa.PrimaryKeyConstraint("account", "change", "hash"),
    sa.CheckConstraint("state IN ('open', 'applied', 'dismissed')", name="state"),
    sa.CheckConstraint("outcome IN ('parked', 'rejected')", name="outcome"),
    sa.Index(
        "ix_quarantine_area_waits_for",
        "area",
        "waits_for",
        postgresql_where=sa.text("state = 'open' AND waits_for IS NOT NULL"),
    ),
    sa.Index("ix_quarantine_area_no", "area", "no", postgresql_where=sa.text("state = 'open'")),
)

# Who works on a file: from the position at which it was given, up to the one at which it was ended, or until
# a moment. Rows are never changed otherwise, so that they tell who held what at any position of the log: from
# a cursor's follows what a device was told (sync/plan.py).
case_member = sa.Table(
    "case_member",
    METADATA,
    sa.Column("id", BIGINT, sa.Identity(always=True), primary_key=True),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("case_id", UUID(as_uuid=True), nullable=False),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    # Whether the confidential part is theirs to read too; always so for the lead.
    sa.Column("confidential", sa.Boolean, nullable=False),
    sa.Column("given_rev", BIGINT, nullable=False),
    sa.Column("given_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("given_by", UUID(as_uuid=True), nullable=False),
    sa.Column("ended_rev", BIGINT),
    sa.Column("ended_by", UUID(as_uuid=True)),
    sa.Column("until", MOMENT),
    sa.Column("reason", sa.Text),
    # The notice of the emergency in which somebody opened the file (schemas/emergency_access.py).
    sa.Column("emergency", UUID(as_uuid=True)),
    sa.CheckConstraint("kind IN ('lead', 'co_worker', 'viewer')", name="kind"),
    sa.Index("ix_case_member_account", "account"),
    sa.Index("ix_case_member_area_case_id", "area", "case_id"),
)

# Copies of one device (a phone's backup restored on a second phone, say) hold the same sign-in and outbox.
# The cursor a copy last showed and the one it was last given tell them apart (sync/copies.py).
device_copy = sa.Table(
    "device_copy",
    METADATA,
    sa.Column("device", BIGINT, nullable=False),
    sa.Column("copy", sa.Integer, nullable=False),
    sa.Column("shown", BIGINT, nullable=False),
    sa.Column("given", BIGINT, nullable=False),
    sa.PrimaryKeyConstraint("device", "copy"),
)

# Changes that a phone showed to be another person's (sync/withheld.py).
withheld = sa.Table(
    "withheld",
    METADATA,
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("change", UUID(as_uuid=True), nullable=False),
    sa.PrimaryKeyConstraint("account", "change"),
)

# The book that the server keeps for a device whose own library keeps none (sync/mirror.py): the cursor that
# it stands at, and the number that was given last.
mirror = sa.Table(
    "mirror",
    METADATA,
    sa.Column("device", BIGINT, primary_key=True, autoincrement=False),
    sa.Column("cursor", sa.Text),
    sa.Column("last_seq", BIGINT, nullable=False),
    # Numbers before it were given by a data set that is no more: what a device was told then does not count.
    sa.Column("since_seq", BIGINT, nullable=False),
    # All is being read afresh: what is not given a number behind this one is not there any more.
    sa.Column("afresh_from", BIGINT),
    # Until then, unless it says that it is done, one request takes what the device sends and others wait.
    sa.Column("taking_until", MOMENT),
    # Of a library that pulls first and pushes then (sync/unsent.py): the number that it stood at when it last
    # had nothing unsent, and at its last push while that may be unanswered; up to which number it was told
    # what is gone, and since when the rest waits; and whether it has yet to be told everything, for it holds
    # what no book knows of (0), or by which number it was.
    sa.Column("clean_seq", BIGINT, nullable=False, server_default=sa.text("0")),
    sa.Column("sent_seq", BIGINT),
    sa.Column("gone_seq", BIGINT, nullable=False, server_default=sa.text("0")),
    sa.Column("withheld_since", MOMENT),
    sa.Column("anew_seq", BIGINT),
)

# The records that such a device was told of or sent, and the number of the latest news of each. 0: it sent
# it, and nothing has come of that yet.
mirrored = sa.Table(
    "mirrored",
    METADATA,
    sa.Column("device", BIGINT, sa.ForeignKey("mirror.device", ondelete="CASCADE"), nullable=False),
    sa.Column("record", UUID(as_uuid=True), nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("case_id", UUID(as_uuid=True)),
    sa.Column("seq", BIGINT, nullable=False),
    # The newest position of what was read of it.
    sa.Column("rev", BIGINT, nullable=False),
    # That position as it was at `clean_seq`, where news came behind it.
    sa.Column("had", BIGINT, nullable=False, server_default=sa.text("0")),
    sa.Column("is_gone", sa.Boolean, nullable=False),
    # How many rows were taken of the device for it, and which was the last: tells a row that is sent again.
    sa.Column("taken", BIGINT, nullable=False, server_default=sa.text("0")),
    sa.Column("row_hash", BYTEA),
    # What that row took the record to be, and the position of the record when the first such row came: rows
    # that assume the same build on each other, for the device was answered none of them.
    sa.Column("assumed_hash", BYTEA),
    sa.Column("assumed_since", BIGINT, nullable=False, server_default=sa.text("0")),
    sa.PrimaryKeyConstraint("device", "record"),
    sa.Index("ix_mirrored_device_collection_seq", "device", "collection", "seq"),
    sa.Index("ix_mirrored_device_seq", "device", "seq"),
)

# The keys that sealed parts are sealed with, each wrapped by a master key that is not in the database. One an
# area is current; those that it took the place of still open what they sealed. The area of all zeros is where
# quarantine lies, which may be in no area.
area_key = sa.Table(
    "area_key",
    METADATA,
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    # Drawn at random: after a restore no other key has the id of one that a process remembers.
    sa.Column("id", BIGINT, nullable=False),
    sa.Column("wrapped", BYTEA, nullable=False),
    sa.Column("master", sa.Text, nullable=False),
    sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("retired_at", MOMENT),
    # When nothing was sealed with it any longer.
    sa.Column("emptied_at", MOMENT),
    sa.PrimaryKeyConstraint("area", "id"),
    sa.CheckConstraint("id BETWEEN 0 AND 4294967295", name="id"),
    sa.Index("ix_area_key_current", "area", unique=True, postgresql_where=sa.text("retired_at IS NULL")),
)

# Keys that never change, for numbers that are compared for ever: wrapped too.
fixed_key = sa.Table(
    "fixed_key",
    METADATA,
    sa.Column("use", sa.Text, primary_key=True),
    sa.Column("wrapped", BYTEA, nullable=False),
    sa.Column("master", sa.Text, nullable=False),
)

# Files that belong to a record (photos, sound, scanned papers), each named by a field of it; their contents
# lie elsewhere (service/attachments/contents.py). Whoever reads the part that names one may have it.
attachment = sa.Table(
    "attachment",
    METADATA,
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("record", UUID(as_uuid=True), nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("id", UUID(as_uuid=True), nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    # By which upload it comes, or came.
    sa.Column("upload", UUID(as_uuid=True), nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("size", BIGINT, nullable=False),
    # Its name, the hash of its content and the key that this is sealed with, sealed (sync/attached.py).
    sa.Column("head", BYTEA, nullable=False),
    # Where the content lies, and that of the small picture of it.
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("thumbnail", sa.Text),
    sa.Column("thumbnail_size", BIGINT),
    sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
    # When all of the content lay there; before that there is nothing to be had.
    sa.Column("stored_at", MOMENT),
    sa.PrimaryKeyConstraint("area", "record", "field", "id"),
    sa.Index("ix_attachment_address", "address"),
    sa.Index("ix_attachment_thumbnail", "thumbnail", postgresql_where=sa.text("thumbnail IS NOT NULL")),
    sa.Index("ix_attachment_upload", "upload"),
)

# Files on their way here. How much of one has arrived is told by what lies on disk.
upload = sa.Table(
    "upload",
    METADATA,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("area", UUID(as_uuid=True), nullable=False),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    # The device as this account has it.
    sa.Column("device", BIGINT, nullable=False),
    sa.Column("record", UUID(as_uuid=True), nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("attachment", UUID(as_uuid=True), nullable=False),
    sa.Column("length", BIGINT, nullable=False),
    sa.Column("keep_location", sa.Boolean, nullable=False),
    # Its name, what else was said of it, and the key of what lies on disk, sealed.
    sa.Column("head", BYTEA, nullable=False),
    sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", MOMENT, nullable=False),
    sa.Column("finished_at", MOMENT),
    sa.Index("ix_upload_device_made_at", "device", "made_at"),
    sa.Index("ix_upload_area_record", "area", "record"),
    sa.Index("ix_upload_expires_at", "expires_at"),
)

# Contents to be removed from where they lie, once nothing that was kept names them: the transaction that lets
# go of them cannot do it itself.
content_leaving = sa.Table(
    "content_leaving",
    METADATA,
    sa.Column("address", sa.Text, primary_key=True),
    sa.Column("since", MOMENT, nullable=False, server_default=sa.func.now()),
)

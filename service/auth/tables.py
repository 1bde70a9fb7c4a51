"""The tables of people, their devices and what they were given. On the same metadata as the engine's.

Grants stand here too: they refer to accounts and areas, and take their positions in the areas' logs.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BYTEA, UUID

from sync.tables import METADATA, MOMENT

account = sa.Table(
    "account",
    METADATA,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    # As `login_name` makes it: one spelling a person, whatever the phone's keyboard capitalises.
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("display_name", sa.Text, nullable=False),
    # Null until a password was set: nobody can sign in.
    sa.Column("password_hash", sa.Text),
    sa.Column("suspended_at", MOMENT),
    sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
)

area_grant = sa.Table(
    "area_grant",
    METADATA,
    sa.Column("id", BIGINT, sa.Identity(always=True), primary_key=True),
    sa.Column("account", UUID(as_uuid=True), sa.ForeignKey("account.id"), nullable=False),
    # A role of service/access/roles.py. Not checked here: one that this server does not know gives nothing.
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("area", UUID(as_uuid=True), sa.ForeignKey("area.id"), nullable=False),
    sa.Column("since", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("until", MOMENT),
    # Its last change's position in the log of the area.
    sa.Column("rev", BIGINT, nullable=False),
    sa.Index("ix_area_grant_account", "account"),
    sa.Index("ix_area_grant_area_rev", "area", "rev"),
)

# A device belongs to one account: the same id shown by another account is another device, so that nobody
# takes over or learns anything of a device by naming its id, and people who share a phone stay apart.
device = sa.Table(
    "device",
    METADATA,
    sa.Column("account", UUID(as_uuid=True), sa.ForeignKey("account.id"), nullable=False),
    sa.Column("id", UUID(as_uuid=True), nullable=False),
    # Stands for (account, id) in the stamps of records, where 32 bytes would be repeated in every field.
    sa.Column("no", BIGINT, sa.Identity(always=True), nullable=False, unique=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("last_seen_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("revoked_at", MOMENT),
    sa.Column("revoked_by", UUID(as_uuid=True), sa.ForeignKey("account.id")),
    sa.PrimaryKeyConstraint("account", "id"),
    sa.Index("ix_device_id", "id"),
)

# One sign-in of an account on a device: a family of refresh tokens, of which only hashes are kept. What the
# hashes mean is told in service/auth/refresh.py.
session = sa.Table(
    "session",
    METADATA,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
    sa.Column("account", UUID(as_uuid=True), nullable=False),
    sa.Column("device", UUID(as_uuid=True), nullable=False),
    sa.Column("family_hash", BYTEA, nullable=False, unique=True),
    sa.Column("current_hashes", ARRAY(BYTEA), nullable=False),
    sa.Column("previous_hash", BYTEA),
    sa.Column("rotated_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
    sa.Column("expires_at", MOMENT, nullable=False),
    sa.Column("ended_at", MOMENT),
    sa.Column("ended_because", sa.Text),
    # Whether a second factor was shown at the sign-in; null where nobody was asked for one.
    sa.Column("second_factor", sa.Boolean),
    sa.ForeignKeyConstraint(["account", "device"], ["device.account", "device.id"]),
    sa.Index("ix_session_account_device", "account", "device"),
)

# What an account shares with an authenticator app (service/auth/second_factor.py). Until `enrolled_at` it is
# only begun, by whoever has the token.
second_factor = sa.Table(
    "second_factor",
    METADATA,
    sa.Column("account", UUID(as_uuid=True), sa.ForeignKey("account.id"), primary_key=True),
    # Sealed: the key is not in the database (service/auth/factor_key.py).
    sa.Column("secret", BYTEA, nullable=False),
    sa.Column("enrolled_at", MOMENT),
    # The latest step whose code was used: neither it nor an earlier one counts again.
    sa.Column("last_step", BIGINT),
    sa.Column("token_hash", BYTEA, unique=True),
    sa.Column("token_expires_at", MOMENT),
)

# What is left of an account's recovery codes: one that is used goes.
recovery_code = sa.Table(
    "recovery_code",
    METADATA,
    sa.Column(
        "account",
        UUID(as_uuid=True),
        sa.ForeignKey("second_factor.account", ondelete="CASCADE"),
        nullable=False,
    ),
    # HMAC under the key that seals `secret`.
    sa.Column("hash", BYTEA, nullable=False),
    sa.PrimaryKeyConstraint("account", "hash"),
)

# Budgets of the login throttle (service/auth/throttle.py). A row whose moment has passed says nothing more
# and may go.
login_attempt = sa.Table(
    "login_attempt",
    METADATA,
    # SHA-256 of what is counted: people type passwords where a name belongs, and those must not be kept.
    sa.Column("budget", BYTEA, primary_key=True),
    # When the budget will be whole again.
    sa.Column("whole_at", MOMENT, nullable=False),
    sa.Index("ix_login_attempt_whole_at", "whole_at"),
)

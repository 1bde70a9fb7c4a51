"""The engine's log of records, and the people and devices that write it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, BYTEA, JSON, TIMESTAMP, UUID

revision: str = "0001"
down_revision: str | None = None

MOMENT = TIMESTAMP(timezone=True)


def upgrade() -> None:
    create_areas()
    create_records()
    create_people()
    create_members()
    create_decisions()
    create_devices()
    create_audit()
    create_samples()
    create_counts()
    create_keys()
    create_attachments()
    protect_content()


def downgrade() -> None:
    raise NotImplementedError("migrations go forward only: restore the backup taken before the upgrade")


def create_areas() -> None:
    op.create_table(
        "dataset",
        sa.Column("only", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("epoch", UUID, nullable=False),
        sa.Column("demo", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("only", name="pk_dataset"),
        sa.CheckConstraint('"only"', name=op.f("ck_dataset_one_row")),
    )
    op.create_table(
        "area",
        sa.Column("id", UUID, nullable=False),
        sa.Column("no", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("parent", UUID),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("ancestors", ARRAY(UUID), nullable=False),
        sa.Column("last_rev", BIGINT, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("id", name="pk_area"),
        sa.UniqueConstraint("no", name="uq_area_no"),
        sa.ForeignKeyConstraint(["parent"], ["area.id"], name="fk_area_parent"),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'street', 'community')", name=op.f("ck_area_level")
        ),
    )
    op.create_index("ix_area_ancestors", "area", ["ancestors"], postgresql_using="gin")


def create_records() -> None:
    op.create_table(
        "record",
        sa.Column("area", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("case_id", UUID),
        sa.Column("author", UUID),
        sa.Column("parent", UUID),
        sa.Column("child_until", sa.Date),
        sa.Column("guarded_from", sa.Date),
        sa.Column("guarded_until", sa.Date),
        sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("rev", BIGINT, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("stamps", JSON, nullable=False),
        sa.Column("sealed_stamps", BYTEA),
        sa.Column("token_contact", BYTEA),
        sa.Column("token_identity", BYTEA),
        sa.Column("rev_open", BIGINT),
        sa.Column("rev_basic", BIGINT),
        sa.Column("rev_contact", BIGINT),
        sa.Column("rev_identity", BIGINT),
        sa.Column("rev_case", BIGINT),
        sa.Column("rev_confidential", BIGINT),
        sa.Column("body_open", JSON),
        sa.Column("body_basic", JSON),
        sa.Column("body_contact", JSON),
        sa.Column("body_identity", BYTEA),
        sa.Column("body_case", JSON),
        sa.Column("body_confidential", BYTEA),
        sa.PrimaryKeyConstraint("area", "id", name="pk_record"),
    )
    op.create_index("ix_record_area_rev", "record", ["area", "rev"])
    op.create_index(
        "ix_record_area_parent",
        "record",
        ["area", "parent"],
        postgresql_where=sa.text("parent IS NOT NULL"),
    )
    op.create_index(
        "ix_record_area_case_id_rev",
        "record",
        ["area", "case_id", "rev"],
        postgresql_where=sa.text("case_id IS NOT NULL"),
    )
    op.create_index(
        "ix_record_area_emergency",
        "record",
        ["area"],
        postgresql_where=sa.text("collection = 'emergency_access'"),
    )
    op.create_index(
        "ix_record_area_duplicate",
        "record",
        ["area"],
        postgresql_where=sa.text("collection = 'duplicate'"),
    )
    for token in ("token_contact", "token_identity"):
        op.create_index(
            f"ix_record_{token}", "record", [token], postgresql_where=sa.text(f"{token} IS NOT NULL")
        )
    op.create_index(
        "ix_record_area_child_until",
        "record",
        ["area", "child_until"],
        postgresql_where=sa.text("child_until IS NOT NULL"),
    )
    op.create_index(
        "ix_record_area_guarded_until",
        "record",
        ["area", "guarded_until"],
        postgresql_where=sa.text("guarded_until IS NOT NULL"),
    )
    op.create_index(
        "ix_record_area_guarded_from",
        "record",
        ["area", "guarded_from"],
        postgresql_where=sa.text("guarded_from > '-infinity'"),
    )
    op.create_table(
        "history",
        sa.Column("area", UUID, nullable=False),
        sa.Column("rev", BIGINT, nullable=False),
        sa.Column("change", UUID, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("record", UUID, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("op", sa.Text, nullable=False),
        sa.Column("base", BIGINT, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("record_rev", BIGINT, nullable=False),
        sa.Column("conflicts", ARRAY(UUID)),
        sa.Column("hash", BYTEA, nullable=False),
        sa.Column("sealed_digest", BYTEA),
        sa.Column("sent_open", JSON),
        sa.Column("sent_basic", JSON),
        sa.Column("sent_contact", JSON),
        sa.Column("sent_identity", BYTEA),
        sa.Column("sent_case", JSON),
        sa.Column("sent_confidential", BYTEA),
        sa.Column("salt", BYTEA),
        sa.Column("commitments", ARRAY(BYTEA)),
        sa.PrimaryKeyConstraint("area", "rev", name="pk_history"),
    )
    op.create_index("ix_history_change_account", "history", ["change", "account"], unique=True)
    op.create_index("ix_history_record_rev", "history", ["record", "rev"])
    op.create_table(
        "restricted_record",
        sa.Column("area", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("restriction", BIGINT, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("case_id", UUID),
        sa.Column("author", UUID),
        sa.Column("parent", UUID),
        sa.Column("child_until", sa.Date),
        sa.Column("guarded_from", sa.Date),
        sa.Column("guarded_until", sa.Date),
        sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("stamps", JSON, nullable=False),
        sa.Column("sealed_stamps", BYTEA),
        sa.Column("token_contact", BYTEA),
        sa.Column("token_identity", BYTEA),
        sa.Column("body_open", JSON),
        sa.Column("body_basic", JSON),
        sa.Column("body_contact", JSON),
        sa.Column("body_identity", BYTEA),
        sa.Column("body_case", JSON),
        sa.Column("body_confidential", BYTEA),
        sa.PrimaryKeyConstraint("area", "id", name="pk_restricted_record"),
    )
    op.create_index("ix_restricted_record_restriction", "restricted_record", ["restriction"])
    op.create_table(
        "departure",
        sa.Column("area", UUID, nullable=False),
        sa.Column("rev", BIGINT, nullable=False),
        sa.Column("record", UUID, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("case_id", UUID),
        sa.Column("author", UUID),
        sa.Column("child_until", sa.Date),
        sa.Column("guarded_from", sa.Date),
        sa.Column("guarded_until", sa.Date),
        sa.Column("sent", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("classes", sa.Integer, nullable=False),
        sa.Column("to_area", UUID, nullable=False),
        sa.Column("departed_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("area", "rev", name="pk_departure"),
    )
    op.create_index("ix_departure_area_record", "departure", ["area", "record"])
    op.create_index("ix_departure_record", "departure", ["record"])
    op.create_table(
        "quarantine",
        sa.Column("account", UUID, nullable=False),
        sa.Column("change", UUID, nullable=False),
        sa.Column("hash", BYTEA, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("area", UUID),
        sa.Column("record", UUID),
        sa.Column("collection", sa.Text),
        sa.Column("group", UUID),
        sa.Column("waits_for", UUID),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("problem", BYTEA, nullable=False),
        sa.Column("payload", BYTEA, nullable=False),
        sa.Column("repaired", BYTEA),
        sa.Column("sight", sa.Integer, nullable=False),
        sa.Column("pen", sa.Integer, nullable=False),
        sa.Column("case_id", UUID),
        sa.Column("case_sight", sa.Integer, nullable=False),
        sa.Column("case_pen", sa.Integer, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by", UUID),
        sa.Column("no", BIGINT, sa.Identity(always=True), nullable=False),
        sa.PrimaryKeyConstraint("account", "change", "hash", name="pk_quarantine"),
        sa.CheckConstraint("state IN ('open', 'applied', 'dismissed')", name=op.f("ck_quarantine_state")),
        sa.CheckConstraint("outcome IN ('parked', 'rejected')", name=op.f("ck_quarantine_outcome")),
    )
    op.create_index(
        "ix_quarantine_area_waits_for",
        "quarantine",
        ["area", "waits_for"],
        postgresql_where=sa.text("state = 'open' AND waits_for IS NOT NULL"),
    )
    op.create_index(
        "ix_quarantine_area_no", "quarantine", ["area", "no"], postgresql_where=sa.text("state = 'open'")
    )


def create_people() -> None:
    op.create_table(
        "account",
        sa.Column("id", UUID, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("suspended_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
        sa.UniqueConstraint("name", name="uq_account_name"),
    )
    op.create_table(
        "area_grant",
        sa.Column("id", BIGINT, sa.Identity(always=True), nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("since", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("until", MOMENT),
        sa.Column("rev", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_area_grant"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_area_grant_account"),
        sa.ForeignKeyConstraint(["area"], ["area.id"], name="fk_area_grant_area"),
    )
    op.create_index("ix_area_grant_account", "area_grant", ["account"])
    op.create_index("ix_area_grant_area_rev", "area_grant", ["area", "rev"])
    op.create_table(
        "login_attempt",
        sa.Column("budget", BYTEA, nullable=False),
        sa.Column("whole_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("budget", name="pk_login_attempt"),
    )
    op.create_index("ix_login_attempt_whole_at", "login_attempt", ["whole_at"])
    op.create_table(
        "second_factor",
        sa.Column("account", UUID, nullable=False),
        sa.Column("secret", BYTEA, nullable=False),
        sa.Column("enrolled_at", MOMENT),
        sa.Column("last_step", BIGINT),
        sa.Column("token_hash", BYTEA),
        sa.Column("token_expires_at", MOMENT),
        sa.PrimaryKeyConstraint("account", name="pk_second_factor"),
        sa.UniqueConstraint("token_hash", name="uq_second_factor_token_hash"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_second_factor_account"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("account", UUID, nullable=False),
        sa.Column("hash", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("account", "hash", name="pk_recovery_code"),
        sa.ForeignKeyConstraint(
            ["account"], ["second_factor.account"], name="fk_recovery_code_account", ondelete="CASCADE"
        ),
    )


def create_members() -> None:
    op.create_table(
        "case_member",
        sa.Column("id", BIGINT, sa.Identity(always=True), nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("case_id", UUID, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("confidential", sa.Boolean, nullable=False),
        sa.Column("given_rev", BIGINT, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("given_by", UUID, nullable=False),
        sa.Column("ended_rev", BIGINT),
        sa.Column("ended_by", UUID),
        sa.Column("until", MOMENT),
        sa.Column("reason", sa.Text),
        sa.Column("emergency", UUID),
        sa.PrimaryKeyConstraint("id", name="pk_case_member"),
        sa.CheckConstraint("kind IN ('lead', 'co_worker', 'viewer')", name=op.f("ck_case_member_kind")),
    )
    op.create_index("ix_case_member_account", "case_member", ["account"])
    op.create_index("ix_case_member_area_case_id", "case_member", ["area", "case_id"])


def create_decisions() -> None:
    op.create_table(
        "erasure",
        sa.Column("id", BIGINT, sa.Identity(always=True), nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("person", UUID, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("asked_by", UUID, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("confirmed_by", UUID),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("withdrawn_by", UUID),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("done_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_erasure"),
        sa.CheckConstraint("confirmed_by <> asked_by", name=op.f("ck_erasure_two_persons")),
    )
    op.create_index(
        "ix_erasure_area_person",
        "erasure",
        ["area", "person"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL AND done_at IS NULL"),
    )
    op.create_table(
        "restriction",
        sa.Column("id", BIGINT, sa.Identity(always=True), nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("person", UUID, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("set_by", UUID),
        sa.Column("consent", UUID),
        sa.Column("set_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("lifted_by", UUID),
        sa.Column("lifted_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_restriction"),
    )
    op.create_index(
        "ix_restriction_area_person",
        "restriction",
        ["area", "person"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "legal_hold",
        sa.Column("id", BIGINT, sa.Identity(always=True), nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("case_id", UUID),
        sa.Column("person", UUID, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("set_by", UUID, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("until", MOMENT),
        sa.Column("lifted_by", UUID),
        sa.Column("lifted_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_legal_hold"),
    )
    op.create_index("ix_legal_hold_person", "legal_hold", ["person"])
    op.create_index(
        "ix_legal_hold_case_id", "legal_hold", ["case_id"], postgresql_where=sa.text("case_id IS NOT NULL")
    )


def create_devices() -> None:
    op.create_table(
        "device",
        sa.Column("account", UUID, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("no", BIGINT, sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("last_seen_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("revoked_at", MOMENT),
        sa.Column("revoked_by", UUID),
        sa.PrimaryKeyConstraint("account", "id", name="pk_device"),
        sa.UniqueConstraint("no", name="uq_device_no"),
        sa.ForeignKeyConstraint(["account"], ["account.id"], name="fk_device_account"),
        sa.ForeignKeyConstraint(["revoked_by"], ["account.id"], name="fk_device_revoked_by"),
    )
    op.create_index("ix_device_id", "device", ["id"])
    op.create_table(
        "device_copy",
        sa.Column("device", BIGINT, nullable=False),
        sa.Column("copy", sa.Integer, nullable=False),
        sa.Column("shown", BIGINT, nullable=False),
        sa.Column("given", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("device", "copy", name="pk_device_copy"),
    )
    op.create_table(
        "withheld",
        sa.Column("account", UUID, nullable=False),
        sa.Column("change", UUID, nullable=False),
        sa.PrimaryKeyConstraint("account", "change", name="pk_withheld"),
    )
    op.create_table(
        "mirror",
        sa.Column("device", BIGINT, autoincrement=False, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("last_seq", BIGINT, nullable=False),
        sa.Column("since_seq", BIGINT, nullable=False),
        sa.Column("afresh_from", BIGINT),
        sa.Column("taking_until", MOMENT),
        sa.Column("clean_seq", BIGINT, server_default=sa.text("0"), nullable=False),
        sa.Column("sent_seq", BIGINT),
        sa.Column("gone_seq", BIGINT, server_default=sa.text("0"), nullable=False),
        sa.Column("withheld_since", MOMENT),
        sa.Column("anew_seq", BIGINT),
        sa.PrimaryKeyConstraint("device", name="pk_mirror"),
    )
    op.create_table(
        "mirrored",
        sa.Column("device", BIGINT, nullable=False),
        sa.Column("record", UUID, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("case_id", UUID),
        sa.Column("seq", BIGINT, nullable=False),
        sa.Column("rev", BIGINT, nullable=False),
        sa.Column("had", BIGINT, server_default=sa.text("0"), nullable=False),
        sa.Column("is_gone", sa.Boolean, nullable=False),
        sa.Column("taken", BIGINT, server_default=sa.text("0"), nullable=False),
        sa.Column("row_hash", BYTEA),
        sa.Column("assumed_hash", BYTEA),
        sa.Column("assumed_since", BIGINT, server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("device", "record", name="pk_mirrored"),
        sa.ForeignKeyConstraint(["device"], ["mirror.device"], name="fk_mirrored_device", ondelete="CASCADE"),
    )
    op.create_index("ix_mirrored_device_collection_seq", "mirrored", ["device", "collection", "seq"])
    op.create_index("ix_mirrored_device_seq", "mirrored", ["device", "seq"])
    op.create_table(
        "session",
        sa.Column("id", UUID, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("device", UUID, nullable=False),
        sa.Column("family_hash", BYTEA, nullable=False),
        sa.Column("current_hashes", ARRAY(BYTEA), nullable=False),
        sa.Column("previous_hash", BYTEA),
        sa.Column("rotated_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("created_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_because", sa.Text),
        sa.Column("second_factor", sa.Boolean),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("family_hash", name="uq_session_family_hash"),
        sa.ForeignKeyConstraint(
            ["account", "device"], ["device.account", "device.id"], name="fk_session_account_device"
        ),
    )
    op.create_index("ix_session_account_device", "session", ["account", "device"])


def create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("chain", UUID, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("account", UUID),
        sa.Column("device", sa.Text),
        sa.Column("area", UUID),
        sa.Column("classes", sa.Integer, nullable=False),
        sa.Column("records", ARRAY(UUID), nullable=False),
        sa.Column("changes", ARRAY(UUID), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("hash", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("chain", "no", name="pk_audit"),
    )
    op.create_index("ix_audit_area_at", "audit", ["area", "at"], postgresql_where=sa.text("area IS NOT NULL"))
    op.create_table(
        "audit_head",
        sa.Column("chain", UUID, nullable=False),
        sa.Column("no", BIGINT, nullable=False),
        sa.Column("hash", BYTEA, nullable=False),
        sa.PrimaryKeyConstraint("chain", name="pk_audit_head"),
    )
    op.execute(
        """
        CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% of % is refused: the audit only grows', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
        """
    )
    op.execute(
        """
        CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head
        FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()
        """
    )


def create_samples() -> None:
    op.create_table(
        "sample",
        sa.Column("id", UUID, nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("drawn_by", UUID, nullable=False),
        sa.Column("drawn_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("rule", JSON, nullable=False),
        sa.Column("seed", BIGINT, nullable=False),
        sa.Column("records", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sample"),
    )
    op.create_index("ix_sample_account", "sample", ["account"])
    op.create_index("ix_sample_area", "sample", ["area"])
    op.create_table(
        "sample_record",
        sa.Column("sample", UUID, nullable=False),
        sa.Column("no", sa.Integer, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("record", UUID, nullable=False),
        sa.Column("pseudonym", sa.Text, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("classes", sa.Integer, nullable=False),
        sa.Column("shown_area", UUID),
        sa.Column("shown", JSON, nullable=False),
        sa.Column("suppressed", ARRAY(sa.Text), nullable=False),
        sa.Column("withheld", ARRAY(sa.Text), nullable=False),
        sa.Column("texts", JSON, nullable=False),
        sa.Column("released_by", UUID),
        sa.Column("released_at", MOMENT),
        sa.PrimaryKeyConstraint("sample", "no", name="pk_sample_record"),
        sa.ForeignKeyConstraint(["sample"], ["sample.id"], name="fk_sample_record_sample"),
    )
    op.create_index(
        "ix_sample_record_sample_pseudonym", "sample_record", ["sample", "pseudonym"], unique=True
    )
    op.create_index("ix_sample_record_area", "sample_record", ["area"])


def create_counts() -> None:
    op.create_table(
        "month_count",
        sa.Column("root", UUID, nullable=False),
        sa.Column("month", sa.Text, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("counted_at", MOMENT, nullable=False),
        sa.Column("counts", JSON, nullable=False),
        sa.PrimaryKeyConstraint("root", "month", "collection", name="pk_month_count"),
    )


def create_keys() -> None:
    op.create_table(
        "area_key",
        sa.Column("area", UUID, nullable=False),
        sa.Column("id", BIGINT, nullable=False),
        sa.Column("wrapped", BYTEA, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("retired_at", MOMENT),
        sa.Column("emptied_at", MOMENT),
        sa.PrimaryKeyConstraint("area", "id", name="pk_area_key"),
        sa.CheckConstraint("id BETWEEN 0 AND 4294967295", name=op.f("ck_area_key_id")),
    )
    op.create_index(
        "ix_area_key_current",
        "area_key",
        ["area"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "fixed_key",
        sa.Column("use", sa.Text, nullable=False),
        sa.Column("wrapped", BYTEA, nullable=False),
        sa.Column("master", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("use", name="pk_fixed_key"),
    )


def create_attachments() -> None:
    op.create_table(
        "attachment",
        sa.Column("area", UUID, nullable=False),
        sa.Column("record", UUID, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("id", UUID, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("upload", UUID, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("size", BIGINT, nullable=False),
        sa.Column("head", BYTEA, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("thumbnail", sa.Text),
        sa.Column("thumbnail_size", BIGINT),
        sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("stored_at", MOMENT),
        sa.PrimaryKeyConstraint("area", "record", "field", "id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_address", "attachment", ["address"])
    op.create_index(
        "ix_attachment_thumbnail",
        "attachment",
        ["thumbnail"],
        postgresql_where=sa.text("thumbnail IS NOT NULL"),
    )
    op.create_index("ix_attachment_upload", "attachment", ["upload"])
    op.create_table(
        "upload",
        sa.Column("id", UUID, nullable=False),
        sa.Column("area", UUID, nullable=False),
        sa.Column("account", UUID, nullable=False),
        sa.Column("device", BIGINT, nullable=False),
        sa.Column("record", UUID, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("attachment", UUID, nullable=False),
        sa.Column("length", BIGINT, nullable=False),
        sa.Column("keep_location", sa.Boolean, nullable=False),
        sa.Column("head", BYTEA, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_upload"),
    )
    op.create_index("ix_upload_device_made_at", "upload", ["device", "made_at"])
    op.create_index("ix_upload_area_record", "upload", ["area", "record"])
    op.create_index("ix_upload_expires_at", "upload", ["expires_at"])
    op.create_table(
        "content_leaving",
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("since", MOMENT, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("address", name="pk_content_leaving"),
    )


def protect_content() -> None:
    """Row-level security on all that holds content: rows are there for a transaction that says its scope."""
    areas = "(SELECT unnest(CAST(nullif(current_setting('liandong.areas', true), '') AS uuid[])))"
    accounts = "(SELECT unnest(CAST(nullif(current_setting('liandong.accounts', true), '') AS uuid[])))"
    whole = ("erasure", "legal_hold", "restriction", "restricted_record", "attachment")
    others = ("record", "history", "departure", "quarantine", "sample_record", "month_count", "upload")
    for table in (*others, *whole):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in whole:
        op.execute(f"CREATE POLICY {table}_all ON {table} FOR ALL USING (area IN {areas})")
    op.execute(f"CREATE POLICY upload_all ON upload FOR ALL USING (area IN {areas} OR account IN {accounts})")
    op.execute(
        "CREATE POLICY sample_record_select ON sample_record FOR SELECT "
        f"USING (area IN {areas} OR account IN {accounts})"
    )
    op.execute(f"CREATE POLICY sample_record_insert ON sample_record FOR INSERT WITH CHECK (area IN {areas})")
    op.execute(f"CREATE POLICY sample_record_update ON sample_record FOR UPDATE USING (area IN {areas})")
    op.execute(f"CREATE POLICY month_count_select ON month_count FOR SELECT USING (root IN {areas})")
    op.execute(f"CREATE POLICY month_count_insert ON month_count FOR INSERT WITH CHECK (root IN {areas})")
    op.execute("ALTER TABLE audit ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY audit_select ON audit FOR SELECT USING (area IN {areas} OR account IN {accounts})"
    )
    op.execute("CREATE POLICY audit_insert ON audit FOR INSERT WITH CHECK (true)")
    op.execute(f"CREATE POLICY record_all ON record USING (area IN {areas})")
    op.execute(
        f"CREATE POLICY history_select ON history FOR SELECT USING (area IN {areas} OR account IN {accounts})"
    )
    op.execute(f"CREATE POLICY history_insert ON history FOR INSERT WITH CHECK (area IN {areas})")
    op.execute(
        f"CREATE POLICY history_update ON history FOR UPDATE "
        f"USING (area IN {areas} AND current_setting('liandong.rewriting', true) = 'on')"
    )
    op.execute(
        "CREATE POLICY departure_select ON departure FOR SELECT "
        f"USING (area IN {areas} OR to_area IN {areas})"
    )
    op.execute(f"CREATE POLICY departure_insert ON departure FOR INSERT WITH CHECK (area IN {areas})")
    op.execute(
        f"CREATE POLICY departure_update ON departure FOR UPDATE "
        f"USING (area IN {areas} AND current_setting('liandong.rewriting', true) = 'on')"
    )
    op.execute(f"CREATE POLICY departure_delete ON departure FOR DELETE USING (area IN {areas})")
    op.execute(f"CREATE POLICY quarantine_all ON quarantine USING (area IN {areas} OR account IN {accounts})")

"""The studio: revisions and comments of entries, what was asked in vain, links, holidays; more of what a service is. What is unread."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Whoever changes the directory, in whatever way: readers see by this number that theirs is old. It is drawn, not counted, so that a
# number of a transaction that was rolled back never comes again.
CHANGED = """
CREATE FUNCTION directory_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO counter (name, value) VALUES ('directory', 1 + floor(random() * 2147483646)::int)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value;
  PERFORM pg_notify('directory', '');
  RETURN NULL;
END $$
"""
DIRECTORY = ("organization", "service", "holiday")


def upgrade() -> None:
    op.create_table(
        "holiday",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "link",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="unknown", nullable=False),
        sa.Column("status", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("url"),
    )
    op.create_table(
        "upload",
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "cluster",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), server_default="open", nullable=False),
        sa.Column("entry_id", sa.String(), nullable=True),
        sa.Column("centre", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("form", sa.String(), server_default="", nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_comment_entry_id"), "comment", ["entry_id"], unique=False)
    op.create_table(
        "revision",
        sa.Column("entry_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("why", sa.String(), server_default="", nullable=False),
        sa.Column("by", sa.UUID(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "number"),
    )
    op.create_table(
        "unanswered",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("nearest", sa.String(), server_default="", nullable=False),
        sa.Column("probability", sa.Float(), server_default="0", nullable=False),
        sa.Column("topic", sa.String(), server_default="", nullable=False),
        sa.Column("place", sa.String(), server_default="", nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.ForeignKeyConstraint(["cluster_id"], ["cluster.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("inbound_id"),
    )
    op.create_index(op.f("ix_unanswered_at"), "unanswered", ["at"], unique=False)
    op.create_index(op.f("ix_unanswered_cluster_id"), "unanswered", ["cluster_id"], unique=False)
    op.create_index(op.f("ix_unanswered_conversation_id"), "unanswered", ["conversation_id"], unique=False)
    op.add_column("case", sa.Column("owner_seen", sa.Integer(), server_default="0", nullable=False))
    op.add_column("case", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        'UPDATE "case" SET owner_seen = (SELECT coalesce(max(id), 0) FROM inbound WHERE inbound.conversation_id = "case".conversation_id)'
    )
    op.add_column("entry", sa.Column("stage", sa.String(), server_default="published", nullable=False))
    op.add_column("entry", sa.Column("head", sa.Integer(), server_default="0", nullable=False))
    op.add_column("entry", sa.Column("live", sa.Integer(), server_default="0", nullable=False))
    op.add_column("entry", sa.Column("responsible_id", sa.UUID(), nullable=True))
    op.add_column("entry", sa.Column("reminded_on", sa.Date(), nullable=True))
    op.add_column(
        "entry", sa.Column("check_again_on", sa.String(), sa.Computed("body ->> 'check_again_on'::text", persisted=True), nullable=True)
    )
    op.create_foreign_key(None, "entry", "staff", ["responsible_id"], ["id"], ondelete="SET NULL")
    op.add_column(
        "organization",
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    )
    op.add_column(
        "organization", sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)
    )
    op.add_column("service", sa.Column("status", sa.String(), server_default="active", nullable=False))
    op.add_column("service", sa.Column("starts_on", sa.Date(), nullable=True))
    op.add_column("service", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column(
        "service",
        sa.Column("special_hours", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.add_column("service", sa.Column("by_appointment", sa.Boolean(), nullable=True))
    op.add_column("service", sa.Column("accessible", sa.Boolean(), nullable=True))
    op.add_column(
        "service", sa.Column("eligible", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False)
    )
    op.add_column(
        "service", sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False)
    )
    op.add_column(
        "service", sa.Column("cost", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False)
    )
    op.add_column("service", sa.Column("free", sa.Boolean(), nullable=True))
    op.add_column("service", sa.Column("verified_by", sa.String(), server_default="", nullable=False))
    op.add_column(
        "service", sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False)
    )
    op.execute(CHANGED)
    for table in DIRECTORY:
        op.execute(
            f"CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION directory_changed()"
        )
    op.execute("INSERT INTO counter (name, value) VALUES ('directory', 1 + floor(random() * 2147483646)::int)")
    # what is there already is its own first revision
    op.execute("INSERT INTO revision (entry_id, number, body, kind, at) SELECT id, 1, body, 'new', updated_at FROM entry")
    op.execute("UPDATE entry SET head = 1, live = 1")


def downgrade() -> None:
    """The history of the content would be lost."""
    raise NotImplementedError("restore the backup that was made before the upgrade")

"""Channels: several addresses a person, deliveries, media, templates; what a provider sent that is no message."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


PAST = sa.text("(clock_timestamp() - '01:00:00'::interval)")


def upgrade() -> None:
    op.create_table(
        "channel",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("send_after", sa.DateTime(timezone=True), server_default=PAST, nullable=False),
        sa.Column("cursor", sa.String(), server_default="", nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("error_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "ignored",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "provider_id"),
    )
    op.create_table(
        "report",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("delivery", sa.String(), nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("channel", "provider_id"),
    )
    op.create_table(
        "template",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("approval", sa.String(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "address",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("channel", "fingerprint"),
    )
    op.create_index(op.f("ix_address_conversation_id"), "address", ["conversation_id"], unique=False)
    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inbound_id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("reference_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mime", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="wanted", nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("error", sa.String(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["inbound_id"], ["inbound.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_media_inbound_id"), "media", ["inbound_id"], unique=False)
    op.execute("INSERT INTO address (channel, fingerprint, conversation_id) SELECT channel, address_hash, id FROM conversation")
    op.add_column("conversation", sa.Column("unreachable", sa.String(), server_default="", nullable=False))
    op.add_column("conversation", sa.Column("send_after", sa.DateTime(timezone=True), server_default=PAST, nullable=False))
    op.add_column("conversation", sa.Column("nudged_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("conversation_channel_address_hash_key"), "conversation", type_="unique")
    op.drop_column("conversation", "address_hash")
    op.add_column("outbound", sa.Column("provider_id", sa.String(), nullable=True))
    op.add_column("outbound", sa.Column("template", sa.String(), server_default="", nullable=False))
    op.create_index("outbound_dead", "outbound", ["id"], postgresql_where=sa.text("state = 'dead'"))
    op.create_table(
        "forgotten",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("channel", "provider_id"),
    )
    op.add_column("outbound", sa.Column("delivery", sa.String(), server_default="", nullable=False))
    op.add_column("outbound", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("outbound_waiting", table_name="outbound")
    op.create_index("outbound_waiting", "outbound", ["conversation_id", "id"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("outbound_provider", "outbound", ["provider_id"], unique=False)


def downgrade() -> None:
    """A person may have several addresses now: there is no way back that loses nobody."""
    raise NotImplementedError("restore the backup that was made before the upgrade")

"""Of whom a review is asked, who is named in a comment, and what they are told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entry", sa.Column("reviewer_id", sa.UUID(), nullable=True))
    op.create_foreign_key("entry_reviewer_id_fkey", "entry", "staff", ["reviewer_id"], ["id"], ondelete="SET NULL")
    op.create_table(
        "comment_mention",
        sa.Column("comment_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(["comment_id"], ["comment.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("comment_id", "staff_id"),
    )
    op.create_index("ix_comment_mention_staff_id", "comment_mention", ["staff_id"])
    op.add_column("notice", sa.Column("entry_id", sa.String(), nullable=True))
    op.create_foreign_key("notice_entry_id_fkey", "notice", "entry", ["entry_id"], ["id"], ondelete="CASCADE")

"""How many messages the centre of a cluster was made of: 0 until it is made anew, without those that are gone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cluster", sa.Column("members", sa.Integer(), server_default="0", nullable=False))

"""One waiting file for each person and kind; its language is a column. Files wait a day at most: those of before are brought again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM upload")
    op.add_column("upload", sa.Column("kind", sa.String(), nullable=False))
    op.add_column("upload", sa.Column("lang", sa.String(), nullable=False))
    op.drop_constraint("upload_pkey", "upload", type_="primary")
    op.create_primary_key("upload_pkey", "upload", ["staff_id", "kind"])

"""What a comment is: typed into the form, or received by a plugin from an address of the web."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RECEIVED = sa.text("kind != 'comment'")


def upgrade() -> None:
    """Add the columns; a node that still runs the version before leaves them at their defaults."""
    op.add_column("comment", sa.Column("kind", sa.Text(), nullable=False, server_default="comment"))
    op.add_column("comment", sa.Column("source_url", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_comment_kind", "comment", ["kind"], sqlite_where=RECEIVED, postgresql_where=RECEIVED)

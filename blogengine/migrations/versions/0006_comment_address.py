"""A commenter's private address, when a comment was edited, and how much like spam it is."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns; a node that still runs the version before leaves them at their defaults."""
    op.add_column("comment", sa.Column("author_email", sa.Text(), nullable=False, server_default=""))
    op.add_column("comment", sa.Column("email_key", KEY, nullable=False, server_default=""))
    op.add_column("comment", sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("comment", sa.Column("score", sa.Float(), nullable=False, server_default=sa.text("0")))
    op.create_index("ix_comment_email_key_id", "comment", ["email_key", "id"])

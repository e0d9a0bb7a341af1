"""When mails were written, so that they can be counted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Remember when a mail was written."""
    op.add_column("p_notify_sent", sa.Column("at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("p_notify_sent", "at")

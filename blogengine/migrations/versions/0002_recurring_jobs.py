"""Jobs that recur: their rule, when they ran last, and for how long."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("outbox", sa.Column("rule", sa.Text(), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("last_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("last_seconds", sa.Float(), nullable=True))

"""The one link with which a person can choose a password."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; links that were made before open nothing any more."""
    op.add_column("user", sa.Column("link", sa.Text(), nullable=False, server_default=""))

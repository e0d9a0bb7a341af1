"""Where the owner enabled a plugin from."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Where the owner enabled a plugin from."""
    op.add_column("plugin_state", sa.Column("source", sa.Text(), nullable=False, server_default=""))

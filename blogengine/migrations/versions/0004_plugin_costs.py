"""What plugins cost, and whether comments wait while one is off."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """What plugins cost, and whether comments wait while one is off."""
    op.create_table(
        "plugin_cost",
        sa.Column("plugin_id", KEY, nullable=False),
        sa.Column("hook", KEY, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("microseconds", sa.BigInteger(), nullable=False),
        sa.Column("longest", sa.BigInteger(), nullable=False),
        sa.Column("errors", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("plugin_id", "hook", name=op.f("pk_plugin_cost")),
    )
    op.create_table(
        "plugin_personal",
        sa.Column("plugin_id", KEY, nullable=False),
        sa.Column("what", KEY, nullable=False),
        sa.Column("file", KEY, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("plugin_id", "what", "file", "line", name=op.f("pk_plugin_personal")),
    )
    with op.batch_alter_table("plugin_state", schema=None) as batch:
        batch.add_column(sa.Column("holds_comments", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("plugin_state", schema=None) as batch:
        batch.drop_column("holds_comments")
    op.drop_table("plugin_personal")
    op.drop_table("plugin_cost")

"""The table of counts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make it."""
    op.create_table(
        "p_stats_count",
        sa.Column("day", sa.Text(collation=_collation()), nullable=False),
        sa.Column("kind", sa.Text(collation=_collation()), nullable=False),
        sa.Column("name", sa.Text(collation=_collation()), nullable=False),
        sa.Column("views", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "name", name="pk_p_stats_count"),
    )
    op.create_index("ix_p_stats_count_kind_day", "p_stats_count", ["kind", "day"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("p_stats_count")


def _collation() -> str | None:
    return "C" if op.get_bind().dialect.name == "postgresql" else None

"""Whom links were sent to."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Whom links were sent to."""
    op.create_table(
        "p_commenter_pass_holder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("day", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_p_commenter_pass_holder"),
        sa.UniqueConstraint("email_key", name="uq_p_commenter_pass_holder_email_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_p_commenter_pass_holder_until", "p_commenter_pass_holder", ["until"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("p_commenter_pass_holder")

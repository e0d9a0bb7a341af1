"""The owner's lists, the counts of the filter, and what it learned."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    key = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "p_antispam_rule",
        sa.Column("id", number, nullable=False),
        sa.Column("kind", key, nullable=False),
        sa.Column("value", key, nullable=False),
        sa.Column("action", key, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_p_antispam_rule"),
        sa.UniqueConstraint("kind", "value", name="uq_p_antispam_rule_kind_value"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "p_antispam_token",
        sa.Column("id", number, nullable=False, autoincrement=False),
        sa.Column("spam", sa.Integer(), nullable=False),
        sa.Column("ham", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_p_antispam_token"),
    )
    op.create_table(
        "p_antispam_lesson",
        sa.Column("comment_id", number, nullable=False, autoincrement=False),
        sa.Column("kind", key, nullable=False),
        sa.Column("tokens", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name="fk_p_antispam_lesson_comment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name="pk_p_antispam_lesson"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("p_antispam_lesson")
    op.drop_table("p_antispam_token")
    op.drop_table("p_antispam_rule")

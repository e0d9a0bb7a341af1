"""Who follows what."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Who follows what."""
    op.create_table(
        "p_notify_follow",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("post_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_key", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("digest", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("state", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_p_notify_follow_post_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_p_notify_follow"),
        sa.UniqueConstraint("post_id", "digest", name="uq_p_notify_follow_post_id_digest"),
        info={"cache": False},
        sqlite_autoincrement=True,
    )
    op.create_index("ix_p_notify_follow_email_key_id", "p_notify_follow", ["email_key", "id"])
    op.create_index("ix_p_notify_follow_state_changed_at", "p_notify_follow", ["state", "changed_at"])
    op.create_table(
        "p_notify_news",
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name="fk_p_notify_news_comment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name="pk_p_notify_news"),
        info={"cache": False},
    )
    op.create_index("ix_p_notify_news_at", "p_notify_news", ["at"])
    op.create_table(
        "p_notify_sent",
        sa.Column("follow_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("comment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comment.id"], name="fk_p_notify_sent_comment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follow_id"], ["p_notify_follow.id"], name="fk_p_notify_sent_follow_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("follow_id", "comment_id", name="pk_p_notify_sent"),
        info={"cache": False},
    )
    op.create_index("ix_p_notify_sent_comment_id", "p_notify_sent", ["comment_id"])


def downgrade() -> None:
    """Take it back."""
    op.drop_table("p_notify_sent")
    op.drop_table("p_notify_news")
    op.drop_table("p_notify_follow")

"""The index: FTS5 on SQLite, tsvector with GIN on PostgreSQL."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "p_search_entry",
        sa.Column("post_id", big, nullable=False, autoincrement=False),
        sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_p_search_entry"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["post.id"], name="fk_p_search_entry_post_id_post", ondelete="CASCADE"
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE p_search_index USING fts5"
            "(title, body, tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* M* Co'\")"
        )
        return
    op.create_table(
        "p_search_index",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
        sa.PrimaryKeyConstraint("post_id", name="pk_p_search_index"),
    )
    op.create_index("ix_p_search_index_words", "p_search_index", ["words"], postgresql_using="gin")


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("p_search_index")
    op.drop_table("p_search_entry")

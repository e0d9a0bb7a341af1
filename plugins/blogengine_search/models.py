"""Which posts are in the index. The index itself is of a kind that each database has its own words for (see `reading`)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.plugin import BigId
from blogengine.plugin import Tables
from blogengine.plugin import UTCDateTime

tables = Tables("search")


class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Entry(Base):
    """A post that was indexed."""

    __tablename__ = "p_search_entry"

    post_id: Mapped[int] = mapped_column(
        BigId, tables.reference("post"), primary_key=True, autoincrement=False
    )
    indexed_at: Mapped[datetime] = mapped_column(UTCDateTime)


POSTS = tables.metadata.tables["post"]

FTS = sa.table("p_search_index", sa.column("rowid"), sa.column("title"), sa.column("body"))
"""The index on SQLite, a virtual table of FTS5; `rowid` is the post's id."""
VECTORS = sa.table("p_search_index", sa.column("post_id"), sa.column("words", postgresql.TSVECTOR))
"""The index on PostgreSQL; words of the title have the weight A."""

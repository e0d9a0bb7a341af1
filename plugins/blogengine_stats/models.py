"""One table: a number for each day, kind and name."""

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.plugin import KeyText
from blogengine.plugin import Tables

TOTAL = "total"
PAGE = "page"
REFERRER = "referrer"

tables = Tables("stats")


class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Count(Base):
    """How many views a page had on a day, or a site led to, or there were in all."""

    __tablename__ = "p_stats_count"
    __table_args__ = (sa.Index("ix_p_stats_count_kind_day", "kind", "day"), {"info": {"cache": False}})

    day: Mapped[str] = mapped_column(KeyText, primary_key=True)
    """`2026-01-31`, in the blog's time zone."""
    kind: Mapped[str] = mapped_column(KeyText, primary_key=True)
    """`total`, `page` or `referrer`."""
    name: Mapped[str] = mapped_column(KeyText, primary_key=True)
    """The path, the site's host, or nothing."""
    views: Mapped[int] = mapped_column(sa.Integer)

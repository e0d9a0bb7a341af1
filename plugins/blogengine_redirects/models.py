"""The plugin's tables."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.plugin import BigId
from blogengine.plugin import KeyText
from blogengine.plugin import Tables
from blogengine.plugin import UTCDateTime

tables = Tables("redirects")


class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Missed(Base):
    """An address that visitors asked for in vain. Counting drops no page, and a look at the list is never kept."""

    __tablename__ = "p_redirects_missed"
    __table_args__ = ({"info": {"cache": False}},)

    path: Mapped[str] = mapped_column(KeyText, primary_key=True)
    count: Mapped[int] = mapped_column(sa.Integer)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Rule(Base):
    """An old address and where it leads."""

    __tablename__ = "p_redirects_rule"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    old: Mapped[str] = mapped_column(KeyText, unique=True)
    """Decoded path: `/old.html`, with a query `/old.php?id=7`, or all below: `/old/*`."""
    target: Mapped[str] = mapped_column(sa.Text)
    """Path of this blog or address of another site; a `*` at its end stands for what `*` in `old` was."""
    permanent: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

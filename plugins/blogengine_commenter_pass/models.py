"""The plugin's table. No page that is kept shows it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.plugin import BigId
from blogengine.plugin import KeyText
from blogengine.plugin import Tables
from blogengine.plugin import UTCDateTime
from blogengine_commenter_pass.settings import ID

tables = Tables(ID)


class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Holder(Base):
    """An address that a link was sent to. The link carries the id, never given again: without the row it is dead."""

    __tablename__ = "p_commenter_pass_holder"
    __table_args__ = ({"sqlite_autoincrement": True, "info": {"cache": False}},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    email: Mapped[str] = mapped_column(sa.Text)
    email_key: Mapped[str] = mapped_column(KeyText, unique=True)
    sent_at: Mapped[datetime] = mapped_column(UTCDateTime)
    day: Mapped[datetime] = mapped_column(UTCDateTime)
    """When the day began in which `count` links were sent."""
    count: Mapped[int] = mapped_column(sa.Integer)
    until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    """When the last link that was sent is over."""

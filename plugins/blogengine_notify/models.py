"""The plugin's tables. No page that is kept shows them."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.plugin import BigId
from blogengine.plugin import KeyText
from blogengine.plugin import Tables
from blogengine.plugin import UTCDateTime
from blogengine_notify.settings import ID

tables = Tables(ID)

ASKED, ON, OFF = "asked", "on", "off"


class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Follow(Base):
    """An address that follows the comments on a post, has asked to, or has stopped."""

    __tablename__ = "p_notify_follow"
    __table_args__ = (
        sa.UniqueConstraint("post_id", "digest"),
        sa.Index("ix_p_notify_follow_email_key_id", "email_key", "id"),
        sa.Index("ix_p_notify_follow_state_changed_at", "state", "changed_at"),
        {"sqlite_autoincrement": True, "info": {"cache": False}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(tables.reference("post"))
    email: Mapped[str] = mapped_column(sa.Text)
    email_key: Mapped[str] = mapped_column(KeyText)
    digest: Mapped[str] = mapped_column(KeyText)
    """Keyed digest of the address: links to stop carry it, so that they work as long as mails can come."""
    state: Mapped[str] = mapped_column(KeyText)
    """`asked` until the mail is answered, `on`, or `off`."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Sent(Base):
    """A mail about a comment that was written to a follower: there is never a second one."""

    __tablename__ = "p_notify_sent"
    __table_args__ = ({"info": {"cache": False}},)

    follow_id: Mapped[int] = mapped_column(
        sa.ForeignKey("p_notify_follow.id", ondelete="CASCADE"), primary_key=True
    )
    comment_id: Mapped[int] = mapped_column(tables.reference("comment"), primary_key=True, index=True)
    at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When; empty where the address had all mails of its day, so that none was written."""


class News(Base):
    """A comment that the next mail to the owner is about."""

    __tablename__ = "p_notify_news"
    __table_args__ = ({"info": {"cache": False}},)

    comment_id: Mapped[int] = mapped_column(tables.reference("comment"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

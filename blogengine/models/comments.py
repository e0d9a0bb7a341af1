"""Comments."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.db import Base
from blogengine.db import BigId
from blogengine.db import KeyText
from blogengine.db import UTCDateTime

NOT_TYPED = "kind != 'comment'"
"""Condition of the index of what came by plugins; comments of the form are most of them, and cost it nothing."""


class Comment(Base):
    """A comment. Replies are ordered by `thread_key`, so a page of a thread is one index range."""

    __tablename__ = "comment"
    __table_args__ = (
        sa.CheckConstraint(
            "status IN ('pending', 'published', 'spam', 'removed-by-author', 'removed-by-admin')",
            name="status",
        ),
        sa.Index("ix_comment_post_id_thread_key", "post_id", "thread_key"),
        sa.Index("ix_comment_status_published_at_id", "status", "published_at", "id"),
        sa.Index("ix_comment_published_at_id", "published_at", "id"),
        sa.Index("ix_comment_address_key_created_at", "address_key", "created_at"),
        sa.Index("ix_comment_email_key_id", "email_key", "id"),
        sa.Index(
            "ix_comment_kind", "kind", sqlite_where=sa.text(NOT_TYPED), postgresql_where=sa.text(NOT_TYPED)
        ),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(sa.ForeignKey("post.id", ondelete="CASCADE"))
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("comment.id", ondelete="SET NULL"), index=True
    )
    thread_key: Mapped[str] = mapped_column(KeyText)
    """The parent's key and then this comment's time and a random part: see `comments.thread_key`."""
    depth: Mapped[int] = mapped_column(sa.Integer, default=0)
    status: Mapped[str] = mapped_column(sa.Text)
    kind: Mapped[str] = mapped_column(sa.Text, default="comment", server_default="comment")
    """`comment` for what was typed into the form, else the word of the plugin that received it, such as `webmention`."""
    source_url: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Where on the web it stands, when it came from elsewhere; empty for a comment."""
    author_name: Mapped[str] = mapped_column(sa.Text, default="")
    """Empty for an anonymous comment."""
    author_url: Mapped[str] = mapped_column(sa.Text, default="")
    author_email: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """As the commenter gave it, or empty. Private: no page, feed or export for readers has it."""
    email_key: Mapped[str] = mapped_column(KeyText, default="", server_default="")
    """The address to compare by: see `addresses.mail_key`."""
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"), index=True)
    source: Mapped[str] = mapped_column(sa.Text)
    """The text as typed."""
    html: Mapped[str] = mapped_column(sa.Text)
    pipeline: Mapped[int] = mapped_column(sa.Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime] = mapped_column(UTCDateTime)
    """When it was written, as shown."""
    modified_at: Mapped[datetime] = mapped_column(UTCDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When its text was last changed after it was sent."""
    score: Mapped[float] = mapped_column(sa.Float, default=0.0, server_default=sa.text("0"))
    """How much like spam it is: the sum of what its judges said."""
    held_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why it waits or is spam, for the moderator."""
    status_before: Mapped[str] = mapped_column(sa.Text, default="")
    """The status before the last decision, so that it can be undone."""
    digest: Mapped[str] = mapped_column(KeyText, unique=True)
    """Of post, name and text: the same text twice within a day is stored once."""
    address_key: Mapped[str] = mapped_column(KeyText, default="")
    """Keyed digest of the sender's address prefix (/24 or /56); emptied after a while."""
    atom_id: Mapped[str] = mapped_column(KeyText, unique=True)
    source_id: Mapped[str | None] = mapped_column(KeyText, unique=True)

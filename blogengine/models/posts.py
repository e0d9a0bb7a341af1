"""Posts and static pages, their labels, media and redirects."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column
from sqlalchemy.orm import relationship

from blogengine.db import Base
from blogengine.db import BigId
from blogengine.db import KeyText
from blogengine.db import UTCDateTime

post_label = sa.Table(
    "post_label",
    Base.metadata,
    sa.Column("post_id", sa.ForeignKey("post.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("label_id", sa.ForeignKey("label.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("public_at", UTCDateTime),
    sa.Index("ix_post_label_label_id_public_at_post_id", "label_id", "public_at", "post_id"),
)
"""`public_at` is the post's `published_at` while it is public, so that the posts of a label are one range of an index."""


class Label(Base):
    """A label; its name is case-sensitive, as Blogger's."""

    __tablename__ = "label"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(KeyText, unique=True)


class Post(Base):
    """A post or a static page (`kind`)."""

    __tablename__ = "post"
    __table_args__ = (
        sa.CheckConstraint("kind IN ('post', 'page')", name="kind"),
        sa.CheckConstraint("status IN ('draft', 'scheduled', 'published', 'trashed')", name="status"),
        sa.CheckConstraint("comment_mode IN ('allow', 'existing', 'hide')", name="comment_mode"),
        sa.CheckConstraint(
            "status NOT IN ('scheduled', 'published') OR published_at IS NOT NULL", name="published_at"
        ),
        sa.Index("ix_post_kind_status_published_at_id", "kind", "status", "published_at", "id"),
        sa.Index("ix_post_kind_status_modified_at_id", "kind", "status", "modified_at", "id"),
        sa.Index("ix_post_kind_modified_at_id", "kind", "modified_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text, default="post")
    status: Mapped[str] = mapped_column(sa.Text, default="draft")
    title: Mapped[str] = mapped_column(sa.Text, default="")
    path: Mapped[str | None] = mapped_column(KeyText, unique=True)
    """`/2020/01/slug.html`; frozen at first publication, None before."""
    custom_slug: Mapped[str] = mapped_column(sa.Text, default="")
    """The owner's wish for the last part of the path; without effect after first publication."""
    source: Mapped[str] = mapped_column(sa.Text, default="")
    """The text as typed."""
    source_format: Mapped[str] = mapped_column(sa.Text, default="markdown")
    """`markdown` or `html`."""
    html: Mapped[str] = mapped_column(sa.Text, default="")
    """Clean HTML made from `source` by pipeline `pipeline`."""
    pipeline: Mapped[int] = mapped_column(sa.Integer, default=0, index=True)
    """Number of the pipeline that made `html`, below zero where a plugin's part is missing; another is rendered again."""
    text_key: Mapped[str] = mapped_column(sa.Text, default="")
    """Title and text, folded, for `q=`."""
    author_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id", ondelete="SET NULL"), index=True)
    author_name: Mapped[str] = mapped_column(sa.Text, default="")
    author_url: Mapped[str] = mapped_column(sa.Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """Of the first publication, or the time chosen by the owner; kept when unpublished."""
    updated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    """When the text was last changed after publication; None when never."""
    modified_at: Mapped[datetime] = mapped_column(UTCDateTime)
    trashed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    trashed_from: Mapped[str] = mapped_column(sa.Text, default="")
    """The status to which `restore` returns."""
    comment_mode: Mapped[str] = mapped_column(sa.Text, default="allow")
    comment_count: Mapped[int] = mapped_column(sa.Integer, default=0)
    """Published comments."""
    description: Mapped[str] = mapped_column(sa.Text, default="")
    title_link: Mapped[str] = mapped_column(sa.Text, default="")
    atom_id: Mapped[str] = mapped_column(KeyText, unique=True)
    source_id: Mapped[str | None] = mapped_column(KeyText, unique=True)
    """Where an import took it from (`tag:blogger.com,1999:blog-1.post-2`)."""
    version: Mapped[int] = mapped_column(sa.Integer, default=1)
    """Counts saves; the editor refuses to overwrite a newer one."""
    labels: Mapped[list[Label]] = relationship(secondary=post_label, order_by=Label.name)


class Redirect(Base):
    """An old path that answers with another address."""

    __tablename__ = "redirect"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    path: Mapped[str] = mapped_column(KeyText, unique=True)
    target: Mapped[str] = mapped_column(sa.Text)
    permanent: Mapped[bool] = mapped_column(sa.Boolean, default=True)
    post_id: Mapped[int | None] = mapped_column(sa.ForeignKey("post.id", ondelete="CASCADE"), index=True)
    """Set when the redirect follows a post's present path and goes with it."""


class Media(Base):
    """A picture or other file of the blog, stored as `media/<name>`."""

    __tablename__ = "media"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(KeyText, unique=True)
    """File name below the media folder, made by us: `ab12cd34ef-original-name.jpg`."""
    title: Mapped[str] = mapped_column(sa.Text, default="")
    mime: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.Integer)
    """Bytes."""
    width: Mapped[int | None] = mapped_column(sa.Integer)
    height: Mapped[int | None] = mapped_column(sa.Integer)
    digest: Mapped[str] = mapped_column(KeyText, index=True)
    """SHA-256 of the file's bytes as received, hexadecimal."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    source_id: Mapped[str | None] = mapped_column(KeyText, unique=True)

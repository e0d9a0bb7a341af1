"""The plugin's tables: the owner's lists, the counts of the filter, and what it learned from which comment."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.plugin import BigId
from blogengine.plugin import JSONValue
from blogengine.plugin import KeyText
from blogengine.plugin import Tables
from blogengine.plugin import UTCDateTime

tables = Tables("antispam")


class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Rule(Base):
    """One entry of the owner's lists."""

    __tablename__ = "p_antispam_rule"
    __table_args__ = (
        sa.UniqueConstraint("kind", "value"),
        {"sqlite_autoincrement": True, "info": {"cache": False}},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(KeyText)
    """`word`, `domain`, `name` or `network`."""
    value: Mapped[str] = mapped_column(KeyText)
    """Folded words, a host, or the keyed digest of a network: never an address."""
    action: Mapped[str] = mapped_column(KeyText)
    """`hold`, `spam` or `silent`."""
    note: Mapped[str] = mapped_column(sa.Text, default="")
    """What the owner wants to remember of it."""
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Token(Base):
    """In how many comments of each kind a word was; the row 0 has the numbers of comments."""

    __tablename__ = "p_antispam_token"
    __table_args__ = ({"info": {"cache": False}},)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    """A digest of the word (63 bits): nobody's words can be read here."""
    spam: Mapped[int] = mapped_column(sa.Integer, default=0)
    ham: Mapped[int] = mapped_column(sa.Integer, default=0)


class Lesson(Base):
    """What was learned from a comment, so that it is learned once and can be taken back."""

    __tablename__ = "p_antispam_lesson"
    __table_args__ = ({"info": {"cache": False}},)

    comment_id: Mapped[int] = mapped_column(tables.reference("comment"), primary_key=True)
    kind: Mapped[str] = mapped_column(KeyText)
    """`spam` or `ham`."""
    tokens: Mapped[Any] = mapped_column(JSONValue)
    """Ids of its words."""

"""The blog's own state: settings, plugins, small data of plugins, work to do."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

from blogengine.db import Base
from blogengine.db import BigId
from blogengine.db import JSONValue
from blogengine.db import KeyText
from blogengine.db import UTCDateTime


class Setting(Base):
    """One setting that differs from its default."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(KeyText, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONValue)


class PluginState(Base):
    """What the owner decided about a plugin. No row: the plugin's own default."""

    __tablename__ = "plugin_state"

    id: Mapped[str] = mapped_column(KeyText, primary_key=True)
    enabled: Mapped[bool] = mapped_column(sa.Boolean)
    settings: Mapped[Any] = mapped_column(JSONValue, default=dict)
    """Only what differs from the defaults; unknown keys are kept for a downgrade."""
    source: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """Which of several plugins with this id runs, as `Candidate.source`; empty while nobody chose."""
    off_reason: Mapped[str] = mapped_column(sa.Text, default="")
    """Why the engine switched it off, if it did."""
    holds_comments: Mapped[bool] = mapped_column(sa.Boolean, default=False, server_default=sa.false())
    """Whether all comments wait while it is off: the engine switched it off, and it judges or may judge."""
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PluginError(Base):
    """A failure of a plugin, grouped by where it happened."""

    __tablename__ = "plugin_error"
    __table_args__ = (sa.UniqueConstraint("plugin_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    plugin_id: Mapped[str] = mapped_column(KeyText)
    hook: Mapped[str] = mapped_column(sa.Text)
    fingerprint: Mapped[str] = mapped_column(KeyText)
    message: Mapped[str] = mapped_column(sa.Text)
    traceback: Mapped[str] = mapped_column(sa.Text)
    count: Mapped[int] = mapped_column(sa.Integer)
    first_at: Mapped[datetime] = mapped_column(UTCDateTime)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)


class PluginCost(Base):
    """What a hook of a plugin cost since it was last forgotten. Plugin `""` and hook `page`: all pages that were made."""

    __tablename__ = "plugin_cost"

    plugin_id: Mapped[str] = mapped_column(KeyText, primary_key=True)
    hook: Mapped[str] = mapped_column(KeyText, primary_key=True)
    calls: Mapped[int] = mapped_column(sa.BigInteger)
    microseconds: Mapped[int] = mapped_column(sa.BigInteger)
    longest: Mapped[int] = mapped_column(sa.BigInteger)
    """Microseconds of the longest call."""
    errors: Mapped[int] = mapped_column(sa.BigInteger)
    since: Mapped[datetime] = mapped_column(UTCDateTime)


class PluginPersonal(Base):
    """A line of a plugin that made pages personal which could have been kept for everybody."""

    __tablename__ = "plugin_personal"

    plugin_id: Mapped[str] = mapped_column(KeyText, primary_key=True)
    what: Mapped[str] = mapped_column(KeyText, primary_key=True)
    """`cookies`, `session` or `set-cookie`."""
    file: Mapped[str] = mapped_column(KeyText, primary_key=True)
    line: Mapped[int] = mapped_column(sa.Integer, primary_key=True)
    path: Mapped[str] = mapped_column(sa.Text)
    """The page where it was last seen."""
    count: Mapped[int] = mapped_column(sa.BigInteger)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Meta(Base):
    """Small data that plugins keep with a post or comment."""

    __tablename__ = "meta"

    owner_kind: Mapped[str] = mapped_column(KeyText, primary_key=True)
    """`post`, `comment`, or a plugin's own word."""
    owner_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    plugin_id: Mapped[str] = mapped_column(KeyText, primary_key=True)
    key: Mapped[str] = mapped_column(KeyText, primary_key=True)
    value: Mapped[Any] = mapped_column(JSONValue)


class Outbox(Base):
    """Work to do after a commit, written in the same transaction; claimed with a lease, done at least once."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_state_run_at", "state", "run_at"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    """`core.publish`, or `<plugin id>.<job name>`."""
    payload: Mapped[Any] = mapped_column(JSONValue, default=dict)
    key: Mapped[str | None] = mapped_column(KeyText, unique=True)
    """Work with the same key is stored once while it waits."""
    state: Mapped[str] = mapped_column(sa.Text, default="waiting")
    """`waiting` or `dead`; done work is deleted."""
    run_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    lease_by: Mapped[str] = mapped_column(sa.Text, default="")
    attempts: Mapped[int] = mapped_column(sa.Integer, default=0)
    last_error: Mapped[str] = mapped_column(sa.Text, default="")
    rule: Mapped[str] = mapped_column(sa.Text, default="", server_default="")
    """When it is done again and again: `every hour`, `at 03:30 Europe/Berlin`; empty for work that is done once."""
    last_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_seconds: Mapped[float | None] = mapped_column(sa.Float)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

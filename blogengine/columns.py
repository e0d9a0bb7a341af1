"""Types of columns that mean the same on both engines."""

import json
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator


def _utc_of_text(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; naive values are refused (SQLite would silently store local time)."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Refuse naive values and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return aware UTC."""
        return None if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Read SQLite's text at once; hot pages read hundreds of times."""
        return _utc_of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def read_json(text: str) -> Any:
    """Read a stored value; what is no JSON counts as nothing, so that a row edited by hand stops no app."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


JSONValue = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BigId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KeyText = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text compared by its bytes on both engines: slugs, paths, digests, sort keys."""

"""The database's schema, step by step (Alembic), and how it is brought up to date."""

from blogengine.migrations.running import is_current
from blogengine.migrations.running import upgrade

__all__ = ["is_current", "upgrade"]

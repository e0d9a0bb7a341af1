"""Permalinks: where a post lives, decided once, at its first publication."""

import secrets
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from blogengine.models import Post
from blogengine.models import Redirect


def free_path(session: Session, kind: str, slug: str, published_at: datetime, zone: ZoneInfo) -> str:
    """Return the first free path for `slug`: `/2020/01/slug.html`, or `/p/slug.html` for a page.

    Year and month are those of `published_at` in the blog's time zone. In a collision Blogger first appends the day
    of the month (`slug_8.html`), then random numbers; measured on exports of real blogs, 2004 to 2023.
    """
    local = published_at.astimezone(zone)
    folder = "/p" if kind == "page" else f"/{local.year:04d}/{local.month:02d}"
    wanted = [f"{folder}/{slug}.html", f"{folder}/{slug}_{local.day}.html"]
    wanted += [f"{folder}/{slug}_{number}.html" for number in _random_numbers()]
    taken = set(session.scalars(sa.select(Post.path).where(Post.path.in_(wanted))))
    taken |= set(session.scalars(sa.select(Redirect.path).where(Redirect.path.in_(wanted))))
    for path in wanted:
        if path not in taken:
            return path
    return f"{folder}/{slug}_{secrets.token_hex(6)}.html"


def _random_numbers() -> list[int]:
    """One- and two-digit numbers in random order."""
    numbers = list(range(1, 100))
    secrets.SystemRandom().shuffle(numbers)
    return numbers

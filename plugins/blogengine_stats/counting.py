"""From page views to numbers; the first view of a day forgets the figures that are too old."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from blogengine.plugin import PageView
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import now
from blogengine.plugin import write
from blogengine_stats.models import PAGE
from blogengine_stats.models import REFERRER
from blogengine_stats.models import TOTAL
from blogengine_stats.models import Count
from blogengine_stats.settings import current

NAMES_A_DAY = {PAGE: 5000, REFERRER: 500, TOTAL: 1}
"""Names of one kind that a day may have: anybody can send any referrer. More are counted together, as `OTHERS`."""
OTHERS = "…"
LONGEST = 300

_ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|archiver|facebookexternalhit|preview|monitor|uptime|pingdom|lighthouse|headless"
    r"|curl|wget|python|httpx|java/|go-http|okhttp|libwww|perl|ruby|node-fetch|axios|scrapy|feed|rss|reader/",
    re.IGNORECASE,
)
_HOST = re.compile(r"[a-z0-9.-]{1,100}")

Key = tuple[str, str, str]
"""Day, kind, name."""


def is_robot(agent: str) -> bool:
    """Whether a browser's name says that no person reads."""
    return not agent.strip() or _ROBOT.search(agent) is not None


def site_of(referrer: str) -> str:
    """Return the host of another site that led here, without `www.`; nothing for our own pages and for nonsense."""
    try:
        parts = urlsplit(referrer)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    own = urlsplit(blog().url).hostname
    if parts.scheme not in ("http", "https") or host == own or not _HOST.fullmatch(host) or "." not in host:
        return ""
    return host.removeprefix("www.")


def counts_of(views: Sequence[PageView]) -> Counter[Key]:
    """Return what `views` add to each number."""
    zone, with_robots = blog().zone, current().count_robots
    added: Counter[Key] = Counter()
    for view in views:
        if not with_robots and is_robot(view.agent):
            continue
        day = view.at.astimezone(zone).date().isoformat()
        added[day, TOTAL, ""] += 1
        added[day, PAGE, view.path[:LONGEST].replace("\0", "")] += 1
        site = site_of(view.referrer)
        if site:
            added[day, REFERRER, site] += 1
    return added


def count(views: Sequence[PageView]) -> None:
    """Add `views` to the numbers."""
    added = counts_of(views)
    if added:
        write(lambda tx: _add(tx, added))


def _add(tx: Transaction, added: Counter[Key]) -> None:
    for (day, kind, name), number in sorted(added.items()):
        if _increase(tx, (day, kind, name), number):
            continue
        names = sa.select(sa.func.count()).where(Count.day == day, Count.kind == kind)
        if (tx.session.scalar(names) or 0) >= NAMES_A_DAY[kind]:
            name = OTHERS
            if _increase(tx, (day, kind, name), number):
                continue
        tx.session.execute(sa.insert(Count).values(day=day, kind=kind, name=name, views=number))
        if kind == TOTAL:
            _forget(tx)


def _increase(tx: Transaction, key: Key, number: int) -> bool:
    day, kind, name = key
    row = sa.update(Count).where(Count.day == day, Count.kind == kind, Count.name == name)
    result: Any = tx.session.execute(row.values(views=Count.views + number))
    return bool(result.rowcount)


def _forget(tx: Transaction) -> None:
    first = now().astimezone(blog().zone).date() - timedelta(days=current().days_kept)
    tx.session.execute(sa.delete(Count).where(Count.day < first.isoformat()))

"""Times and dates as readers see them, in the blog's time zone and language."""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import babel
from babel import dates
from markupsafe import Markup

from blogengine import clock
from blogengine.pagecache import expires
from blogengine.runtime import blog
from blogengine.text import ago


@lru_cache(maxsize=64)
def _locale(language: str) -> babel.Locale:
    try:
        return babel.Locale.parse(language.replace("-", "_"))
    except (babel.UnknownLocaleError, ValueError):
        return babel.Locale("en")


@lru_cache(maxsize=4096)
def _format(moment: datetime, pattern: str, language: str, zone: ZoneInfo) -> str:
    locale = _locale(language)
    if pattern == "full_date":
        return dates.format_date(moment.astimezone(zone), "full", locale=locale)
    if pattern == "long_date_time":
        day = dates.format_date(moment.astimezone(zone), "long", locale=locale)
        return f"{day} {dates.format_time(moment, 'short', tzinfo=zone, locale=locale)}"
    return dates.format_datetime(moment, pattern, tzinfo=zone, locale=locale)


def _shown(moment: datetime, pattern: str) -> str:
    running = blog()
    return _format(moment, pattern, running.setup.site.language, running.zone)


def text_direction(language: str) -> str:
    """Return `ltr` or `rtl`."""
    return _locale(language).text_direction


def dateline(moment: datetime) -> str:
    """Return `3 Jan, 2020 02:55` in the blog's time zone."""
    return _shown(moment, "d MMM, y HH:mm")


def dateheader(moment: datetime) -> str:
    """Return the long date in the blog's language: `Friday, January 3, 2020`."""
    return _shown(moment, "full_date")


def commentdate(moment: datetime) -> str:
    """Return date and time of a comment in the blog's language: `January 3, 2020 2:55 AM`."""
    return _shown(moment, "long_date_time")


@lru_cache(maxsize=4096)
def _time_tag(moment: datetime, language: str, zone: ZoneInfo) -> Markup:
    words = _format(moment, "long_date_time", language, zone)
    return Markup('<time datetime="{}">{}</time>').format(isotime(moment), words)


def commenttime(moment: datetime) -> Markup:
    """Return the whole `<time>` element with date and time of a comment."""
    running = blog()
    return _time_tag(moment, running.setup.site.language, running.zone)


def month_name(moment: datetime) -> str:
    """Return `January 2020` in the blog's language."""
    return dates.format_skeleton("yMMMM", moment, locale=_locale(blog().site.language))


@lru_cache(maxsize=4096)
def isotime(moment: datetime) -> str:
    """Return the moment for `<time datetime>`."""
    return f"{moment.isoformat()[:19]}Z"


def ago_filter(moment: datetime) -> str:
    """Return `32 minutes ago`; the page stops being true when these words change."""
    words, changes_at = ago(moment, clock.now())
    expires(changes_at)
    return words

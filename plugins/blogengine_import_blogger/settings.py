"""What comes over of a blog's settings: the old export's `BLOG_X` and Takeout's `blog_x` are the same."""

import re

from blogengine.plugin import Note
from blogengine.plugin import SettingRecord
from blogengine.plugin import text

TAKEN = ("blog_name", "blog_description", "blog_locale", "blog_time_zone", "blog_max_num", "blog_max_unit")
OLD_LANGUAGES = {"in": "id", "iw": "he", "ji": "yi"}
"""Codes that ISO 639 withdrew and Java, and so Blogger, kept."""


def read_settings(settings: dict[str, str], title: str) -> tuple[list[SettingRecord], list[Note]]:
    """Return records and notes of `settings`: keys in lower case, an empty value is Blogger's default."""
    notes: list[Note] = []
    found: dict[str, str | int] = {
        "title": " ".join((settings.get("blog_name") or title).split()),
        "description": text.plain_text(settings.get("blog_description", "")),
        "language": _language(settings.get("blog_locale", "")),
        "time_zone": settings.get("blog_time_zone", "").strip(),
    }
    number, unit = settings.get("blog_max_num", ""), settings.get("blog_max_unit", "")
    if number.isdigit() and unit.upper() in ("", "POSTS"):
        found["posts_per_page"] = int(number)
    elif number:
        why = f"{number} {unit.lower()}: only posts count here"
        notes.append(Note("left-out", "setting blog_max_num", "settings", why))
    for key, value in sorted(settings.items()):
        if value.strip() and key not in TAKEN:
            notes.append(Note("left-out", f"setting {key}", "settings", "nothing here takes it over"))
    return [SettingRecord(key, value) for key, value in found.items() if value], notes


def _language(locale: str) -> str:
    parts = re.split(r"[_-]", locale.strip())
    return "-".join([OLD_LANGUAGES.get(parts[0].lower(), parts[0].lower()), *parts[1:]]) if parts[0] else ""

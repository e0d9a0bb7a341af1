"""Takes in the settings of an imported blog, as far as its new owner has not chosen yet."""

from blogengine import schema
from blogengine import settings
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.db import write
from blogengine.importing.report import Report
from blogengine.interchange import SettingRecord
from blogengine.models import Setting
from blogengine.setup import SiteSettings

TAKEN = ("title", "description", "language", "time_zone", "posts_per_page")


def take_setting(record: SettingRecord, report: Report) -> bool:
    """Store a setting that still has its default; return whether the blog has this value now (or would)."""
    counts = report.counts["setting"]
    fields = {item.name: item for item in schema.describe(SiteSettings) if item.name in TAKEN}
    where = "settings"
    if record.key not in fields:
        counts.left_out += 1
        report.note("left-out", f"setting {record.key}", where, "there is no such setting here")
        return False
    field = fields[record.key]
    value = record.value
    if isinstance(value, str) and len(value) > field.option.max_length:
        value = value[: field.option.max_length - 1].rstrip() + "…"
        report.note("changed", f"setting {record.key}", where, f"cut at {field.option.max_length} characters")
    site, problems = schema.read(SiteSettings, {record.key: value})
    if problems:
        counts.left_out += 1
        report.note("left-out", f"setting {record.key}", where, problems[record.key])
        return False
    value = getattr(site, record.key)
    stored = db.session.get(Setting, record.key, populate_existing=True)
    if value == (field.default if stored is None else stored.value):
        counts.already_there += 1
        return True
    if stored is not None:
        counts.left_out += 1
        why = "the owner of this blog has chosen another value"
        report.note("left-out", f"setting {record.key}", where, why)
        return False
    counts.new += 1
    if not report.dry_run:
        write(lambda tx: _store(tx, record.key, value))
    return True


def _store(tx: Transaction, key: str, value: object) -> None:
    if tx.session.get(Setting, key, populate_existing=True) is None:
        tx.session.add(Setting(key=key, value=value))
        tx.bump(settings.SETUP_TAG, "settings")

"""A plugin's settings, given nonsense."""

from typing import Any

from blogengine import schema
from blogengine import settings
from blogengine.db import Transaction
from blogengine.db import write
from blogengine.errors import Invalid
from blogengine.models import PluginState
from blogengine.pagecache import SETUP_TAG
from blogengine.testing.contract.trial import Trial

ODD = ("", " ", "nonsense", "-1", "<b>&\"'", "\U0001f4a5", "\0", "x\ny", "9" * 40, "https://", "a" * 600_000)
"""What somebody may type into any field."""
ROUNDS = 3
"""How often odd values that are accepted are saved, one for each field at a time, and the blog is looked at."""


def troubles(trial: Trial) -> list[str]:
    """Return a sentence for each nonsense that is neither refused at its field nor harmless."""
    plugins = trial.blog.site.current().blog.plugins
    cls = plugins.settings_classes.get(trial.plugin_id)
    if cls is None:
        return []
    kept, base = _stored(trial), plugins.settings(trial.plugin_id)
    found: list[str] = []
    accepted: dict[str, list[Any]] = {}
    for item in schema.describe(cls):
        for value in [*ODD, *_beyond(item)]:
            trouble = _refusal(cls, item.name, value, base)
            found += [trouble] if trouble else []
            if trouble is None:
                accepted.setdefault(item.name, []).append(value)
    for number in range(ROUNDS):
        odd = {name: values[number % len(values)] for name, values in accepted.items()}
        if odd:
            found += _consequences(trial, odd)
            _store(trial, kept)
    return list(dict.fromkeys(found))


def _refusal(cls: type, name: str, value: Any, base: Any) -> str | None:
    """Return nothing where a value is refused as it should be, None where it is accepted, else what is wrong."""
    said = f"{name} = {_short(value)}"
    try:
        schema.parse(cls, {name: value}, base)
    except Invalid as invalid:
        return "" if name in invalid.problems else f"{said} is refused, but not at {name}: {invalid}"
    except Exception as error:
        return f"{said} raised {type(error).__name__}: {error}; a check raises Refused(sentence)"
    return None


def _consequences(trial: Trial, odd: dict[str, Any]) -> list[str]:
    """Save odd values and look at the blog."""
    said = "with " + ", ".join(f"{name} = {_short(value)}" for name, value in odd.items())
    try:
        trial.blog.change_plugin(trial.plugin_id, **odd)
    except Invalid:
        return []  # each alone is accepted, all together are not
    except Exception as error:
        return [f"{said}, saving raised {type(error).__name__}: {error}"]
    status = trial.blog.site.current().blog.plugins.statuses.get(trial.plugin_id)
    if status is None or status.state != "active":
        return [f"{said}, the plugin does not run: {status and status.reason}"]
    trial.blog.site.failures.take()
    trial.client.get(trial.blog.path_of(trial.posts[0]))
    trial.client.get("/")
    return [
        f"{said}, {failure.hook} raises {failure.message}"
        for failure in trial.blog.site.failures.take()
        if failure.plugin_id == trial.plugin_id
    ]


def _short(value: Any) -> str:
    return repr(value if len(value) < 30 else value[:30] + "…")


def _stored(trial: Trial) -> dict[str, Any]:
    with trial.blog.app():
        return dict(settings.states()[trial.plugin_id].settings or {})


def _store(trial: Trial, values: dict[str, Any]) -> None:
    def change(tx: Transaction) -> None:
        tx.session.get_one(PluginState, trial.plugin_id).settings = values
        tx.bump(SETUP_TAG)

    with trial.blog.app():
        write(change)


def _beyond(item: schema.Field) -> list[str]:
    """Return the numbers next to the ones that a field accepts."""
    limits = ((item.option.minimum, -1), (item.option.maximum, 1))
    return [str(limit + step) for limit, step in limits if limit is not None]

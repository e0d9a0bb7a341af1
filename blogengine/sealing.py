"""Secrets that a plugin keeps in rows of its own: sealed where they are stored, opened where they are needed."""

from typing import Any

from blogengine import secret as secrets
from blogengine.errors import Refused
from blogengine.runtime import blog
from blogengine.secret import Lost
from blogengine.secret import Secret


def seal_secret(plugin_id: str, secret: Secret) -> dict[str, str]:
    """Return `secret` as a JSON value for `write_meta` or a column: encrypted with the blog's key, for this plugin alone.

    Fields of settings that are a `Secret` need it not.
    """
    return secrets.seal(blog().config.secret_key, plugin_id, secret)


def open_secret(plugin_id: str, sealed: Any) -> Secret:
    """Return what `seal_secret` sealed. Raises `Refused` where it cannot be opened: the blog's secret key is another now."""
    found = secrets.opened(blog().config.secret_key, plugin_id, {"": sealed})[""]
    if isinstance(found, Secret):
        return found
    raise Refused(found.reason if isinstance(found, Lost) else "This is no sealed secret.", code="lost")

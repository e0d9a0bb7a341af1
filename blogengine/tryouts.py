"""What an owner tries in their own browser before all readers get it, kept in a signed cookie of that browser."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from itsdangerous import BadSignature
from itsdangerous import URLSafeSerializer

COOKIE = "blog_trial"
LIFETIME = 24 * 60 * 60
"""Seconds after which a trial is over by itself."""
LIMIT = 3500
"""Bytes of the cookie: browsers keep four thousand with its name."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Changes to the setup. Secrets are never among them."""

    on: tuple[str, ...] = ()
    """Ids of plugins that run in the trial."""
    off: tuple[str, ...] = ()
    site: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The blog's own settings by name, the theme among them."""
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """Settings of plugins, by id and name."""

    def __bool__(self) -> bool:
        """Whether anything is tried."""
        return bool(self.on or self.off or self.site or self.plugins)

    def join(self, more: "Trial") -> "Trial":
        """Return this trial with `more` on top of it."""
        on = [one for one in self.on if one not in more.off]
        off = [one for one in self.off if one not in more.on]
        settings = {plugin_id: dict(values) for plugin_id, values in self.plugins.items()}
        for plugin_id, values in more.plugins.items():
            settings[plugin_id] = {**settings.get(plugin_id, {}), **values}
        return Trial(
            tuple(dict.fromkeys([*on, *more.on])),
            tuple(dict.fromkeys([*off, *more.off])),
            {**self.site, **more.site},
            settings,
        )

    @property
    def words(self) -> list[str]:
        """What is tried, each thing in a few words."""
        return [
            *(f"plugin {one} on" for one in self.on),
            *(f"plugin {one} off" for one in self.off),
            *(f"{name.replace('_', ' ')}: {value}" for name, value in self.site.items()),
            *(f"settings of {plugin_id}" for plugin_id in self.plugins),
        ]


def seal(trial: Trial, secret_key: str, sign_in: str) -> str:
    """Return `trial` as the value of its cookie, good with `sign_in` only. Raises `ValueError` when it is too large."""
    facts = [_digest(sign_in), int(time.time()), trial.on, trial.off, trial.site, trial.plugins]
    sealed = str(_serializer(secret_key).dumps(facts))
    if len(sealed) > LIMIT:
        raise ValueError("more is tried at once than a browser can keep")
    return sealed


def unseal(sealed: str, secret_key: str, sign_in: str) -> Trial | None:
    """Return the trial of a cookie; None when it is not ours, too old, or belongs to another sign-in."""
    if not sign_in or len(sealed) > LIMIT:
        return None
    try:
        whose, since, on, off, site, plugins = _serializer(secret_key).loads(sealed)
    except (BadSignature, ValueError, TypeError):
        return None
    if whose != _digest(sign_in) or time.time() - since > LIFETIME:
        return None
    return Trial(tuple(on), tuple(off), site, plugins)


def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="trial")


def _digest(sign_in: str) -> str:
    return hashlib.sha256(sign_in.encode()).hexdigest()[:24]

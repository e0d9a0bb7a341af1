"""What happens where a plugin fails: nothing it does should, and nothing else may."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from blogengine import hookspecs
from blogengine.errors import BlogError
from blogengine.plugins import manager
from blogengine.plugins.guards import guarded as contained
from blogengine.testing.contract.trial import Trial


class Made(Exception):
    """The failure that a contract test makes."""


def failures_of(trial: Trial) -> list[str]:
    """Use the blog and return what the plugin did wrong."""
    trial.blog.site.failures.take()
    found = use(trial)
    with suppress(BlogError):
        trial.blog.run_jobs()
    noted = trial.blog.site.failures.take()
    return found + [
        f"{failure.hook} raised {failure.message}\n{failure.traceback}"
        for failure in noted
        if failure.plugin_id == trial.plugin_id
    ]


def spread_of(trial: Trial) -> list[str]:
    """Make each hook of the plugin raise, one after the other, and return what does not work then."""
    manager_of_app = trial.blog.site.current().blog.plugins.pluggy_manager
    hooks = sorted({*vars(manager_of_app.get_plugin(trial.plugin_id))} - {*hookspecs.told_later()})
    found = []
    for hook in [hook for hook in hooks if not hook.startswith(manager.BUILDING)]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(manager, "guarded", _raising(trial.plugin_id, hook))
            trial.blog.site.forget_app()
            found += [f"when {hook} raises, {problem}" for problem in use(trial, few=True)]
    trial.blog.site.forget_app()
    trial.blog.site.failures.take()
    return found


def _raising(plugin_id: str, hook: str) -> Callable[..., Any]:
    def guarded(of: str, name: str, function: Any, *rest: Any, **named: Any) -> Any:
        if (of, name) != (plugin_id, hook):
            return contained(of, name, function, *rest, **named)
        return contained(of, name, _copy_of(function, name), *rest, **named)

    return guarded


def _copy_of(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function that asks for what `function` asks for, and raises."""

    def fail(*arguments: Any, **named: Any) -> Any:
        raise Made(f"{name} was made to fail by a contract test")

    vars(fail)["__wrapped__"] = function  # its parameters are read from there
    return fail


def use(trial: Trial, *, few: bool = False) -> list[str]:
    """Look at every page, or a `few` and its own; write a comment, save a post; return what did not work."""
    found = []
    public, admin = trial.public_paths(), trial.admin_paths()
    if few:
        public = [
            "/",
            trial.blog.path_of(trial.posts[0]),
            *(path for path in public if path.startswith("/-/")),
        ]
        admin = [path for path in admin if path.startswith("/admin/-/")]
    for visitor, paths in ((trial.client, public), (trial.owner, admin)):
        for path in paths:
            trial.blog.site.cache.clear()
            status = visitor.get(path).status_code
            if status >= 500:
                found.append(f"{path} answers {status}")
    path = trial.blog.path_of(trial.posts[0])
    answer = trial.client.comment(path, f"A comment at {trial.clock.tick(seconds=90)}.", name="Rita")
    if answer.status_code >= 400:
        found.append(f"a comment is answered with {answer.status_code}")
    answer = trial.owner.fill_in("/admin/posts/new", "editor", title="Saved", source="Text.", action="save")
    if answer.status_code >= 400:
        found.append(f"a new post in the editor is answered with {answer.status_code}")
    trial.blog.edit_post(trial.posts[-1], source=trial.post_source)
    return found

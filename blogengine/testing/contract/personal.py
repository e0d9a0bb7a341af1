"""What a plugin keeps about a person: all of it is shown to who asks, and all of it goes."""

import json
from collections.abc import Iterator

import sqlalchemy as sa

from blogengine import comments
from blogengine import privacy
from blogengine.errors import BlogError
from blogengine.migrations import found_tables
from blogengine.models import Meta
from blogengine.subjects import DataSubject
from blogengine.testing.contract.trial import Trial
from blogengine.testing.visitors import hidden_fields

PERSON = DataSubject("perdita.4be1@example.org", "Perdita Canary4be1", "https://perdita-4be1.example/")
ADDRESS = "203.0.113.142"
"""Where the person's machine is."""
TRACES = {
    "the name": "Canary4be1",
    "the website": "perdita-4be1.example",
    "the e-mail address": "perdita.4be1@example.org",
    "the network address": ADDRESS,
    "the text": "Words4be1",
}
"""What is looked for, and by what it is known."""


def kept_silently(trial: Trial) -> list[str]:
    """Let a person comment; return what the plugin keeps of them that it does not show when asked, or does not erase."""
    _comment(trial)
    kept = _traces(trial, with_comments=False)
    if not kept | _traces(trial, with_comments=True):
        return []
    found = []
    try:
        with trial.blog.app():
            shown = json.dumps(privacy.export(PERSON)["plugins"].get(trial.plugin_id), ensure_ascii=False)
            found += [
                f"it keeps {what} of who commented, and export_personal_data does not show it"
                for what in sorted(kept)
                if TRACES[what] not in shown
            ]
            privacy.erase(PERSON)
    except BlogError as error:
        return [*found, str(error)]
    left = sorted(_traces(trial, with_comments=True))
    return found + [f"it still keeps {what} of who commented after erase_personal_data" for what in left]


def _comment(trial: Trial) -> None:
    path = trial.blog.path_of(trial.posts[0])
    trial.clock.tick(minutes=11)
    form = hidden_fields(trial.client.get(path).text, "comment-form")
    form |= {"name": PERSON.name, "website": PERSON.website, "email": PERSON.email}
    form |= {"text": f"Some {TRACES['the text']}.", "action": "post"}
    at_home = {"REMOTE_ADDR": ADDRESS}
    trial.client.send(form.pop("__action__"), form, environ_overrides=at_home)
    trial.client.get(path, headers={"Referer": PERSON.website}, environ_overrides=at_home)
    with trial.blog.app():
        waiting, _ = comments.comments_for_owner(status="pending")
        comments.approve([comment.id for comment, _ in waiting])
        trial.blog.site.hand_over_views()
    trial.blog.run_jobs()


def _traces(trial: Trial, *, with_comments: bool) -> set[str]:
    """Return which traces stand in the plugin's rows; what is kept with comments the engine itself shows and erases."""
    texts = "\n".join(_rows(trial, with_comments))
    return {what for what, mark in TRACES.items() if mark.lower() in texts.lower()}


def _rows(trial: Trial, with_comments: bool) -> Iterator[str]:
    with trial.blog.site.engine.connect() as connection:
        known = {*trial.blog.site.current().blog.plugins.candidates}
        for name in found_tables(connection, trial.plugin_id, known):
            everything: sa.Select[tuple[object, ...]] = sa.select(sa.literal_column("*")).select_from(
                sa.table(name)
            )
            for row in connection.execute(everything):
                yield " ".join(str(value) for value in row)
        mine = sa.select(Meta.owner_kind, Meta.key, Meta.value).where(Meta.plugin_id == trial.plugin_id)
        for kind, key, value in connection.execute(mine):
            if with_comments or kind != "comment":
                yield f"{key} {json.dumps(value, ensure_ascii=False)}"

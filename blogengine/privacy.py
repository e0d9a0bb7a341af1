"""What is stored about a person: all of it shown, all of it erased, or an error that says what could not be."""

import json
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from blogengine import clock
from blogengine import comments
from blogengine import db as database
from blogengine import mail
from blogengine.addresses import mail_key
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.models import Comment
from blogengine.models import Meta
from blogengine.models import Post
from blogengine.models import User
from blogengine.plugins.guards import is_for_us
from blogengine.runtime import blog
from blogengine.subjects import DataSubject
from blogengine.text import accept_text
from blogengine.text import fold

CHUNK = 500


def check(email: str, name: str, website: str) -> DataSubject:
    """Return the person that a form describes. Raises `Invalid` with a sentence for each field that does not fit."""
    values, problems = {"email": email, "name": name, "website": website}, {}
    for key, value in values.items():
        try:
            values[key] = accept_text(value, limit=500, multiline=False).strip()
        except Refused as refusal:
            problems[key] = str(refusal)
    if not problems and not any(values.values()):
        problems["name"] = "Write at least one of the three, as the person wrote it here."
    if problems:
        raise Invalid(problems)
    return DataSubject(**values)


def export(person: DataSubject, *, to_themselves: bool = False) -> dict[str, Any]:
    """Return all that is stored about a person as JSON values: `comments`, `mails` to them, and `plugins` by id.

    Where it is handed to the person (`to_themselves`) it leaves out what was said about their comments: reasons, points,
    what judging plugins keep with them, and whether one waits or is spam. Who is kept out on purpose would learn how to
    come in. `not_asked` names plugins that are enabled and do not run. Raises `Refused` when a plugin fails: what is
    returned is never less than there is without saying so.
    """
    plugins = {}
    for plugin_id in blog().plugins.listeners("export_personal_data"):
        found = _ask(plugin_id, "export_personal_data", person=person)
        if found is None:
            continue
        try:
            fits = isinstance(found, Mapping | Sequence) and not isinstance(found, str | bytes)
            plugins[plugin_id] = json.loads(json.dumps(found)) if fits else None
        except (TypeError, ValueError, RecursionError):
            plugins[plugin_id] = None
        if plugins[plugin_id] is None:
            raise _failed(plugin_id, "export_personal_data did not return a list or dict of JSON values.")
    return {
        "person": {"email": person.email, "name": person.name, "website": person.website},
        "at": clock.now().isoformat(),
        "comments": _comments(person, to_themselves=to_themselves),
        "mails": mail.mails_to(person.email),
        "plugins": plugins,
        "not_asked": not_asked(),
    }


def not_asked() -> list[str]:
    """Return the plugins that are enabled and do not run: what they keep is neither shown nor erased."""
    return sorted(status.id for status in blog().plugins.statuses.values() if status.state != "active")


def erase(person: DataSubject) -> dict[str, int]:
    """Erase what is stored about a person, in one transaction; return the number of rows by plugin, `""` for the core's.

    A comment that stands in a thread keeps its place without name and text, so that answers to it can be read; others are
    deleted. Raises `Refused` when a plugin fails; then nothing was erased.
    """

    def change(tx: Transaction) -> dict[str, int]:
        counts = {}
        for plugin_id in blog().plugins.listeners("erase_personal_data"):
            count = _ask(plugin_id, "erase_personal_data", person=person, tx=tx)
            if type(count) is not int or count < 0:
                raise _failed(plugin_id, "erase_personal_data did not return how many rows it erased.")
            counts[plugin_id] = count
        mail.forget(tx, person.email)
        tx.session.flush()
        return {"": comments.withdraw(_written_by(tx.session, person)), **counts}

    return database.write(change)


def _ask(plugin_id: str, hook: str, **arguments: Any) -> Any:
    plugins = blog().plugins
    try:
        return plugins.ask(plugin_id, hook, **arguments)
    except BaseException as error:
        if is_for_us(error):
            raise
        plugins.failures.add(plugin_id, hook, error)
        raise _failed(plugin_id, f"{hook} raised {type(error).__name__}: {error}.") from error


def _failed(plugin_id: str, why: str) -> Refused:
    return Refused(
        f"The plugin {plugin_id} failed, so this would not be complete: {why}",
        code="incomplete",
        hint="Nothing was erased. Mend the plugin, or disable it and accept that what it keeps is left out.",
    )


def _written_by(session: Session, person: DataSubject) -> list[int]:
    """Return the ids of a person's comments: sent with their address, signed as they sign, or of their account.

    Words signed with the same name and another address are somebody else's.
    """
    key = mail_key(person.email)
    found: set[int] = set()
    if key:
        account = sa.select(User.id).where(User.email_key == fold(person.email))
        found.update(session.scalars(sa.select(Comment.id).where(Comment.email_key == key)))
        if not person.name and not person.website:
            found.update(session.scalars(sa.select(Comment.id).where(Comment.user_id.in_(account))))
    signed = session.execute(sa.select(Comment.author_name, Comment.author_url).distinct())
    for name, website in signed.all() if person.name or person.website else ():
        if person.wrote(name, website):
            same = [Comment.author_name == name, Comment.author_url == website]
            same += [Comment.email_key.in_(("", key))] if key else []
            found.update(session.scalars(sa.select(Comment.id).where(*same)))
    return sorted(found)


def _comments(person: DataSubject, *, to_themselves: bool) -> list[dict[str, Any]]:
    session = db.session()
    judges = blog().plugins.listeners("judge_comment") if to_themselves else []
    ids = _written_by(session, person)
    found = []
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        kept: dict[int, dict[str, Any]] = {}
        for owner, plugin_id, key, value in session.execute(
            sa.select(Meta.owner_id, Meta.plugin_id, Meta.key, Meta.value).where(
                Meta.owner_kind == "comment", Meta.owner_id.in_(some)
            )
        ):
            if plugin_id not in judges:
                kept.setdefault(owner, {}).setdefault(plugin_id, {})[key] = value
        rows = session.execute(
            sa.select(Comment, Post.title, Post.path)
            .join(Post, Post.id == Comment.post_id)
            .where(Comment.id.in_(some))
            .order_by(Comment.id)
        )
        for comment, title, path in rows:
            found.append(
                {
                    "id": comment.id,
                    "post": title,
                    "path": path,
                    "kind": comment.kind,
                    "source": comment.source_url,
                    "status": _said(comment.status) if to_themselves else comment.status,
                    "name": comment.author_name,
                    "website": comment.author_url,
                    "email": comment.author_email,
                    "text": comment.source,
                    "written_at": comment.published_at.isoformat(),
                    **({} if to_themselves else {"held_reason": comment.held_reason, "score": comment.score}),
                    "network": comment.address_key,
                    "kept_by_plugins": kept.get(comment.id, {}),
                }
            )
    return found


def _said(status: str) -> str:
    """Return the status as its writer is told it: spam waits, like what was held."""
    return "pending" if status == "spam" else status

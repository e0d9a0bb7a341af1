"""Posts whose HTML an older pipeline made: made again when they are read, and stored by a job, a few at a time."""

import time
from typing import Any

import sqlalchemy as sa

from blogengine import content
from blogengine import db as database
from blogengine import jobs
from blogengine import markup
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.documents import Document
from blogengine.errors import Refused
from blogengine.models import Post
from blogengine.runtime import blog
from blogengine.sanitize import escape
from blogengine.text import fold
from blogengine.text import plain_text

JOB = "core.render"
BATCH = 50
"""Posts that one job makes again."""
BATCH_SECONDS = 10.0
"""Seconds after which a job leaves the rest to the next; its lease is longer."""
TEXT_KEY_LIMIT = 500_000

_SOURCE = (
    Post.id,
    Post.version,
    Post.source,
    Post.source_format,
    Post.kind,
    Post.atom_id,
    Post.title,
    Post.html,
)


def render_again(post_id: int) -> str:
    """Return the clean HTML of a post that another pipeline rendered, without storing it."""
    row = db.session.execute(sa.select(*_SOURCE).where(Post.id == post_id)).one()
    return _rendered(row).html


def put_off() -> bool:
    """Let a job make the posts again that another pipeline made, looking once in each app; returns whether there are any."""
    running = blog()
    if running.has_put_off_rendering:
        return False
    pipeline = running.pipeline
    ranges = (
        Post.pipeline < -pipeline,
        sa.and_(Post.pipeline > -pipeline, Post.pipeline < pipeline),
        Post.pipeline > pipeline,
    )
    found = any(db.session.execute(sa.select(Post.id).where(one).limit(1)).first() for one in ranges)
    if found:
        database.write(lambda tx: _enqueue(tx, 0))
    running.has_put_off_rendering = True
    return found


def renew(payload: dict[str, Any]) -> None:
    """Make up to `BATCH` posts again, from the id after `payload["after"]` on, and enqueue the rest.

    Killed at any moment it is done again from there. Posts that failed under this pipeline get one more chance.
    """
    pipeline = blog().pipeline
    if payload["pipeline"] != pipeline:
        return  # plugins or settings have changed since, and with them came another job
    rows = db.session.execute(
        sa.select(*_SOURCE)
        .where(Post.id > payload["after"], Post.pipeline != pipeline)
        .order_by(Post.id)
        .limit(BATCH)
    ).all()
    until = time.monotonic() + BATCH_SECONDS
    made = []
    for row in rows:
        made.append((row, _rendered(row)))
        if time.monotonic() > until:
            break
    if not made:
        return

    def change(tx: Transaction) -> None:
        for row, rendered in made:
            text_key = fold(f"{row.title} {plain_text(markup.without_markers(rendered.html))}")
            stored = tx.session.execute(
                sa.update(Post)
                .where(Post.id == row.id, Post.version == row.version)
                .values(html=rendered.html, pipeline=rendered.pipeline, text_key=text_key[:TEXT_KEY_LIMIT])
                .execution_options(synchronize_session=False)
                .returning(Post.id)
            ).first()
            if stored is None:
                continue  # saved meanwhile, by this pipeline or one that comes after it
            content.write_facts(tx, row.id, rendered.facts)
            if rendered.html != row.html:
                tx.bump("posts", f"post:{row.id}")
        if len(made) < len(rows) or len(rows) == BATCH:
            _enqueue(tx, made[-1][0].id)

    database.write(change)


def _enqueue(tx: Transaction, after: int) -> None:
    pipeline = blog().pipeline
    jobs.enqueue(tx, JOB, {"after": after, "pipeline": pipeline}, key=f"{JOB}:{pipeline}")


def _rendered(row: Any) -> content.Rendered:
    anchor = content.anchor_of(row.atom_id)
    try:
        return content.render(Document(row.source, row.source_format, row.kind, row.id, anchor))
    except Refused:
        # Too much for the present limits: shown as it was typed.
        return content.Rendered(str(escape(row.source)), blog().pipeline, {})

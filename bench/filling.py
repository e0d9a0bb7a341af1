"""Fills blogs to measure, and keeps them between runs.

The newest posts of a small and of a large blog are the same, post by post, so that pages which should cost the
same have the same to show. There are five posts a day: a month is longer than one page of its archive in both.
"""

import hashlib
import inspect
import json
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from dataclasses import dataclass
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from bench import words
from blogengine import accounts
from blogengine import db
from blogengine import markup
from blogengine import settings
from blogengine.comments import threads
from blogengine.config import load_config
from blogengine.migrations import upgrade
from blogengine.models import Comment
from blogengine.models import Label
from blogengine.models import Post
from blogengine.models import post_label
from blogengine.posts import date_labels
from blogengine.posts.writing import new_atom_id
from blogengine.runtime import blog as running_blog
from blogengine.setup import SiteSettings
from blogengine.site import Site
from blogengine.text import fold
from blogengine.text import plain_text
from blogengine.text import slugify

NEWEST = datetime(2025, 6, 30, 12, tzinfo=UTC)
APART = timedelta(hours=4.8)
BODIES = 100
"""Different bodies; numbers of posts that are measured are multiples of it, so that they have the same body."""
COMMENTS = 200
LABELS = 40
THREADS = {50: 30, 200: 31, 500: 32, 5000: 33}
"""Comments, and how many posts are newer than the one that has them; home and feed show none of these."""
ADDRESS = "http://blog.example"
OWNER = ("Olive Owner", "olive@example.org", "correct horse battery")
BATCH = 1000
_TABLES = db.Base.metadata.tables


@dataclass(frozen=True, slots=True)
class Blog:
    """A filled blog: its instance folder, and paths in it to ask for."""

    folder: Path
    posts: int
    threads: dict[int, str]
    plain: str
    """Path of a post in the middle, without comments."""
    some: dict[str, int]
    """Paths of 100 posts without comments, with their ids."""
    label: str
    month: str
    deep: str
    """Address of a page of older posts, near the oldest."""
    token: str
    """Sign-in token of the owner."""

    def copy(self, folder: Path) -> "Blog":
        """Return a copy at `folder`, whose old content goes, to be written into."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder)
        return Blog(**{**asdict(self), "folder": folder})


def filled(work: Path, posts: int, *, bodies: int = BODIES) -> Blog:
    """Return a blog of `posts` posts below `work`: the one that is there if it is what would be made now."""
    folder = work / f"blog-{posts}"
    key = _key(posts, bodies)
    facts = folder / "bench.json"
    if facts.is_file():
        kept = json.loads(facts.read_text())
        if kept.pop("key") == key:
            return _restored(folder, kept)
    scratch = work / f"blog-{posts}.part"
    for old in (folder, scratch):
        shutil.rmtree(old, ignore_errors=True)
    made = _fill(scratch, posts, bodies)
    (scratch / "bench.json").write_text(json.dumps({**made, "key": key}, indent=1))
    scratch.rename(folder)
    return _restored(folder, made)


def _restored(folder: Path, facts: dict[str, Any]) -> Blog:
    threads_by_number = {int(number): path for number, path in facts.pop("threads").items()}
    return Blog(folder=folder, threads=threads_by_number, **facts)


def _key(posts: int, bodies: int) -> str:
    tables = [str(CreateTable(table)) for table in db.Base.metadata.sorted_tables]
    sources = [inspect.getsource(module) for module in (sys.modules[__name__], words, markup, threads)]
    facts = json.dumps([posts, bodies, markup.PIPELINE, tables, sources])
    return hashlib.sha256(facts.encode()).hexdigest()


def _fill(folder: Path, posts: int, bodies: int) -> dict[str, Any]:
    site = Site(load_config(folder))
    upgrade(site.engine)
    try:
        with site.in_app():
            settings.save_site(SiteSettings(title="Bench", description="An invented blog.", url=ADDRESS))
            accounts.create_owner(*OWNER)
        with site.in_app():
            chosen = {number: at for number, at in THREADS.items() if at < posts}
            paths = _write_posts(posts, bodies, {at: number for number, at in chosen.items()})
            for number, at in chosen.items():
                _write_comments(posts - at, number)
            token = accounts.sign_in(OWNER[1], OWNER[2], "", "bench")
    finally:
        site.close()
    middle, old = posts // 2, posts * 9 // 10
    moment = (NEWEST - old * APART).isoformat()
    return {
        "posts": posts,
        "threads": {number: paths[at] for number, at in chosen.items()},
        "plain": paths[middle],
        "some": {paths[at]: posts - at for at in range(middle, min(middle + 100, posts))},
        "label": f"/search/label/{quote(_label(0))}",
        "month": paths[middle].rpartition("/")[0] + "/",
        "deep": f"/search?updated-max={quote(moment)}&start-id={posts - old}&max-results=7",
        "token": token,
    }


def _write_posts(posts: int, bodies: int, threads_at: dict[int, int]) -> dict[int, str]:
    """Store posts, the oldest first; return their paths by how many are newer."""
    texts = []
    for number in range(bodies):
        source = words.body(random.Random(f"body {number}"))
        html = str(markup.render_post(source, "markdown"))
        texts.append((source, html, fold(plain_text(markup.without_markers(html)))))

    def store_labels(tx: db.Transaction) -> None:
        names = [{"id": number + 1, "name": _label(number)} for number in range(LABELS)]
        tx.session.execute(sa.insert(_TABLES[Label.__tablename__]), names)

    db.write(store_labels)
    paths: dict[int, str] = {}
    for start in range(posts - 1, -1, -BATCH):
        numbers = range(start, max(start - BATCH, -1), -1)
        rows = [_post(posts, at, texts[at % bodies], threads_at.get(at, 0)) for at in numbers]
        paths.update((at, row["path"]) for at, row in zip(numbers, rows, strict=True))
        pairs = [{"post_id": posts - at, "label_id": label + 1} for at in numbers for label in _labels_of(at)]
        _store(rows, pairs)
        if posts > 10_000 and sys.stderr.isatty():
            print(f"\rfilling: {posts - start} of {posts} posts", end="", file=sys.stderr)
    return paths


def _store(rows: list[dict[str, Any]], pairs: list[dict[str, int]]) -> None:
    def change(tx: db.Transaction) -> None:
        tx.session.execute(sa.insert(_TABLES[Post.__tablename__]), rows)
        tx.session.execute(sa.insert(post_label), pairs)
        date_labels(tx, {pair["post_id"] for pair in pairs})
        tx.bump("posts")

    db.write(change)


def _post(posts: int, at: int, text: tuple[str, str, str], comments: int) -> dict[str, Any]:
    source, html, key = text
    title = words.title(random.Random(f"title {at}"))
    published = NEWEST - at * APART
    return {
        "id": posts - at,
        "kind": "post",
        "status": "published",
        "title": title,
        "path": f"/{published:%Y/%m}/{slugify(title)}-{at}.html",
        "source": source,
        "source_format": "markdown",
        "html": html,
        "pipeline": markup.PIPELINE,
        "text_key": f"{fold(title)} {key}",
        "author_id": 1,
        "author_name": OWNER[0],
        "created_at": published,
        "published_at": published,
        "modified_at": published,
        "comment_count": comments,
        "atom_id": new_atom_id("post"),
    }


def _label(number: int) -> str:
    return words.words(random.Random(f"label {number}"), 1)[0].capitalize() + f" {number}"


def _labels_of(at: int) -> set[int]:
    return {at % LABELS, (at // LABELS * 7 + at + 3) % LABELS}


def _write_comments(post_id: int, count: int) -> None:
    texts = [words.comment(random.Random(f"comment {number}")) for number in range(COMMENTS)]
    shown = [str(markup.render_comment(text)) for text in texts]
    rows = list(_comments(post_id, count, list(zip(texts, shown, strict=True))))

    def change(tx: db.Transaction) -> None:
        first = tx.session.execute(sa.select(sa.func.coalesce(sa.func.max(Comment.id), 0))).scalar_one() + 1
        for start in range(0, count, BATCH):
            part = [
                {
                    **row,
                    "id": first + number,
                    "parent_id": None if row["parent_id"] is None else first + row["parent_id"],
                }
                for number, row in enumerate(rows[start : start + BATCH], start)
            ]
            tx.session.execute(sa.insert(_TABLES[Comment.__tablename__]), part)
        tx.bump("comments", f"comments:{post_id}")

    db.write(change)


def _comments(post_id: int, count: int, texts: list[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Yield comments of which each third answers an earlier one; `parent_id` is a number in this order."""
    source = random.Random(f"thread {count}")
    keys: list[str] = []
    for number in range(count):
        parent = source.randrange(number) if number and source.random() < 1 / 3 else None
        moment = NEWEST + timedelta(minutes=number)
        keys.append(threads.next_thread_key("" if parent is None else keys[parent], moment))
        text, html = texts[number % len(texts)]
        yield {
            "post_id": post_id,
            "parent_id": parent,
            "thread_key": keys[-1],
            "depth": threads.depth_of(keys[-1]),
            "status": "published",
            "author_name": " ".join(words.words(source, 2)).title(),
            "author_url": "https://example.org/" if number % 3 == 0 else "",
            "source": text,
            "html": html,
            "pipeline": markup.PIPELINE,
            "created_at": moment,
            "published_at": moment,
            "modified_at": moment,
            "digest": hashlib.sha256(
                f"{running_blog().setup.blog_id} {post_id} {number}".encode()
            ).hexdigest(),
            "atom_id": new_atom_id("comment"),
        }

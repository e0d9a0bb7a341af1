"""Many who comment at once, and servers that are killed meanwhile: what was acknowledged is there, and there once.

Small by default. The figures of the specification: `BLOGENGINE_CROWD=16 BLOGENGINE_INSERTS=150 BLOGENGINE_KILLS=100`.
"""

import collections
import os
import random
import re
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bench import client
from blogengine import comments
from blogengine import posts
from blogengine import settings
from blogengine.db import db
from blogengine.models import Comment
from blogengine.models import Post
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.site import Site
from blogengine.testing import BlogKit
from tests.processes import Process
from tests.processes import Talk
from tests.running import RunningBlog

CROWD = 50
EACH = int(os.environ.get("BLOGENGINE_CROWD", "3"))
PROCESSES = 8
INSERTS = int(os.environ.get("BLOGENGINE_INSERTS", "10"))
KILLS = int(os.environ.get("BLOGENGINE_KILLS", "1"))
PATIENT = 1.0
"""Seconds that nobody waits for a place to write, asserted at full size only: a busy machine says nothing about the code."""


@pytest.fixture
def running(tmp_path: Path, engine_name: str, database_url: str) -> Iterator[RunningBlog]:
    """A blog that takes as many comments as come."""
    made = RunningBlog(tmp_path / "blog", "" if engine_name == "sqlite" else database_url)
    made.kit.change_settings(comment_rate=0)
    yield made
    made.close()


def form_of(running: RunningBlog) -> Callable[[str], bytes]:
    """Return what makes the request that sends a text."""
    page = running.get(running.post)[1]
    action = re.search(r'action="(/-/comments/\d+)"', page)
    token = re.search(r'name="ft" value="([^"]+)"', page)
    assert action is not None
    assert token is not None

    def request(text: str) -> bytes:
        fields = {
            "name": "Crowd",
            "website": "",
            "text": text,
            "email_again": "",
            "ft": token[1],
            "action": "post",
        }
        return client.post(action[1], fields)

    return request


def stored(kit: BlogKit) -> collections.Counter[str]:
    """Return how often each text is stored; fails where the post's number of comments is another."""
    with kit.app():
        rows = db.session.execute(sa.select(Comment.source, Comment.status)).all()
        counted = db.session.execute(sa.select(sa.func.sum(Post.comment_count))).scalar()
    assert counted == sum(status == "published" for _, status in rows)
    return collections.Counter(source for source, _ in rows)


@pytest.mark.server
@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_fifty_who_comment_at_once_are_all_stored_and_none_twice(running: RunningBlog) -> None:
    running.serve(workers=2)
    request = form_of(running)
    texts = [f"Number {number}." for number in range(CROWD * EACH)]
    twice = texts[::EACH]
    waiting = iter([*map(request, texts), *map(request, twice)])
    load = client.run(running.port, waiting.__next__, connections=CROWD)
    print(f"p99 {load.percentile(0.99):.0f} ms, longest {load.percentile(1):.0f} ms")
    assert dict(load.statuses) == {303: len(texts) + len(twice)}
    assert stored(running.kit) == collections.Counter(texts)


def test_eight_processes_that_write_at_once_store_all_without_an_error(blog: BlogKit) -> None:
    post_id = blog.write_post()
    crowd = [Process(blog.site.config, insert, post_id, number) for number in range(PROCESSES)]
    for one in crowd:
        assert one.hear() == "ready"
    for one in crowd:
        one.pipe.send("go")
    longest = max(one.hear() for one in crowd)
    for one in crowd:
        one.kill()
    print(f"longest wait {longest * 1000:.0f} ms")
    assert stored(blog) == collections.Counter(
        f"Writer {number}, comment {count}." for number in range(PROCESSES) for count in range(INSERTS)
    )
    if INSERTS >= 150:
        assert longest < PATIENT


def insert(site: Site, talk: Talk, post_id: int, number: int) -> float:
    """Write comments, and return the seconds that the slowest took."""
    longest = 0.0
    with site.in_app():
        post = posts.by_id(post_id)
        assert post is not None
        talk.say("ready")
        talk.hear()
        for count in range(INSERTS):
            begun = time.perf_counter()
            draft = CommentDraft(f"Writer {number}, comment {count}.", "Writer")
            comments.submit(draft, post, CommentFacts(True, "", False, False))
            longest = max(longest, time.perf_counter() - begun)
    return longest


@pytest.mark.server
@pytest.mark.parametrize("engine_name", ["sqlite", "postgresql"] if KILLS > 1 else ["sqlite"])
def test_killed_servers_lose_nothing_they_acknowledged_and_store_nothing_twice(running: RunningBlog) -> None:
    source = random.Random(9)
    running.serve(workers=2, BLOGENGINE_HOOK_SECONDS="10")
    request = form_of(running)
    acknowledged: list[str] = []
    is_over = threading.Event()

    def comment(number: int) -> None:
        count = 0
        while not is_over.is_set():
            text = f"Writer {number}, comment {count}."
            if send(running.port, request(text)) == 303:
                acknowledged.append(text)
                count += 1  # else the same is sent again, as somebody who got no answer does
            else:
                time.sleep(0.05)

    crowd = [threading.Thread(target=comment, args=(number,)) for number in range(8)]
    for one in crowd:
        one.start()
    for _ in range(KILLS):
        time.sleep(source.uniform(0.1, 0.6))
        running.kill(parent_last=source.random() < 0.5)
        running.serve(workers=2, BLOGENGINE_HOOK_SECONDS="10")
        before = len(acknowledged)
        deadline = time.monotonic() + 30
        while len(acknowledged) == before:
            assert time.monotonic() < deadline, running.log()
            time.sleep(0.01)
    is_over.set()
    for one in crowd:
        one.join()
    found = stored(running.kit)
    print(f"{len(acknowledged)} acknowledged, {sum(found.values()) - len(acknowledged)} more stored")
    assert len(acknowledged) == len(set(acknowledged)) > KILLS
    assert not set(acknowledged) - set(found)
    assert set(found.values()) == {1}
    with running.kit.app():
        assert db.session.execute(sa.select(Comment.status).distinct()).scalars().all() == ["published"]
        assert not settings.failures_of("moderation")
        if db.engine.dialect.name == "sqlite":
            assert db.session.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"


def send(port: int, request: bytes) -> int:
    """Return the status of the answer, 0 where there was none."""
    try:
        return client.ask(port, request).status
    except (OSError, StopIteration, ValueError):
        return 0

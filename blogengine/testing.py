"""A pytest kit for the project and for plugin authors: a blog, its visitors, its owner, a clock that stands still.

Put `pytest_plugins = ["blogengine.testing"]` into `conftest.py`.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.test import TestResponse

from blogengine import accounts
from blogengine import clock as clocks
from blogengine import comments
from blogengine import jobs
from blogengine import posts
from blogengine import settings
from blogengine.app import BlogFlask
from blogengine.config import Config
from blogengine.migrations import upgrade
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.site import CORE_JOBS
from blogengine.site import Site

OWNER = {"name": "Olive Owner", "email": "olive@example.org", "password": "correct horse battery"}


class FrozenClock:
    """A clock that stands still until told otherwise."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def tick(self, **span: float) -> datetime:
        """Go on by `span` (`minutes=1`, `days=2`) and return the new time."""
        self.moment += timedelta(**span)
        return self.moment

    def read(self) -> float:
        """Return Unix seconds."""
        return self.moment.timestamp()


class BlogKit:
    """A blog for one test: write into it, and look at it as a visitor does."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def app(self) -> AbstractContextManager[BlogFlask]:
        """Enter the app: services can be called inside."""
        return self.site.in_app()

    def write_post(
        self,
        title: str = "A post",
        source: str = "Some text.",
        *,
        at: datetime | None = None,
        publish: bool = True,
        **draft: Any,
    ) -> int:
        """Store a post, published (dated `at`) unless told otherwise; return its id."""
        with self.app():
            post_id = posts.save(PostDraft(title=title, source=source, **draft))
            if publish:
                posts.publish(post_id, at=at)
            return post_id

    def path_of(self, post_id: int) -> str:
        """Return the path of a post that was published."""
        with self.app():
            path = posts.get(post_id).path
            assert path is not None, "this post was never published"
            return path

    def write_comment(
        self,
        post_id: int,
        text: str = "A comment.",
        *,
        name: str = "Rita Reader",
        website: str = "",
        parent_id: int | None = None,
    ) -> comments.Outcome:
        """Send a comment as a visitor with evidence of origin does."""
        with self.app():
            post = posts.by_id(post_id)
            assert post is not None, "this post is not public"
            return comments.submit(
                CommentDraft(text, name, website, parent_id), post, CommentFacts(True, "", False, False)
            )

    def change_settings(self, **values: Any) -> None:
        """Change the blog's own settings."""
        with self.app() as app:
            settings.save_site(type(app.blog.site)(**{**_fields(app.blog.site), **values}))

    def change_plugin(self, plugin_id: str, **values: Any) -> None:
        """Change a plugin's settings."""
        with self.app():
            settings.save_plugin_settings(plugin_id, values)

    def enable(self, plugin_id: str) -> None:
        """Enable a plugin."""
        with self.app():
            settings.enable(plugin_id)

    def disable(self, plugin_id: str) -> None:
        """Disable a plugin."""
        with self.app():
            settings.disable(plugin_id)

    def run_jobs(self) -> int:
        """Do all jobs that are due; return how many there were."""
        count = 0
        with self.app():
            while jobs.run_next("test", CORE_JOBS):
                count += 1
        return count


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


class Visitor(Client):
    """A visitor's browser without JavaScript: follows nothing by itself, sends forms as a browser does."""

    def open(self, *arguments: Any, buffered: bool = True, **options: Any) -> TestResponse:
        """Ask for a page; the answer is read to its end, so no file stays open."""
        return super().open(*arguments, buffered=buffered, **options)

    def send(self, path: str, form: Mapping[str, Any], **options: Any) -> TestResponse:
        """Post `form` with the headers of a browser that is on this site."""
        headers = {
            "Sec-Fetch-Site": "same-origin",
            "Origin": "http://localhost",
            **options.pop("headers", {}),
        }
        return self.post(path, data=dict(form), headers=headers, **options)

    def comment(self, path: str, text: str = "A comment.", **fields: Any) -> TestResponse:
        """Fill in the comment form of the page at `path` and send it."""
        form = hidden_fields(self.get(path).text, "comment-form")
        action = form.pop("__action__")
        return self.send(action, {**form, "text": text, "action": "post", **fields})


def hidden_fields(html: str, form_id: str) -> dict[str, str]:
    """Return the hidden fields of the form with this id, and its address as `__action__`."""
    found = re.search(rf'<form\b[^>]*\bid="{re.escape(form_id)}".*?</form>', html, re.DOTALL)
    assert found is not None, f"there is no form {form_id!r} in this page"
    tag = found[0]
    action = re.search(r'action="([^"]*)"', tag)
    fields = {"__action__": action[1] if action else ""}
    for hidden in re.findall(r'<input\b[^>]*\btype="hidden"[^>]*>', tag):
        name, value = re.search(r'name="([^"]*)"', hidden), re.search(r'value="([^"]*)"', hidden)
        if name:
            fields[name[1]] = value[1] if value else ""
    return fields


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """SQLAlchemy URL of the test's database: an SQLite file. Override it to test on PostgreSQL."""
    return f"sqlite:///{tmp_path / 'blog.db'}"


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Site]:
    """A site with an empty blog, in this process, without the thread that does jobs."""
    instance = tmp_path / "instance"
    (instance / "plugins").mkdir(parents=True)
    config = Config(instance=instance, database_url=database_url, secret_key="k" * 40)
    made = Site(config)
    upgrade(made.engine)
    made.start(work=False)
    yield made
    made.close()


@pytest.fixture
def blog(site: Site) -> BlogKit:
    """The blog to write into."""
    return BlogKit(site)


@pytest.fixture
def client(site: Site) -> Visitor:
    """An anonymous visitor."""
    return Visitor(site)


@pytest.fixture
def owner_client(blog: BlogKit) -> Visitor:
    """The owner, signed in."""
    with blog.app():
        accounts.create_owner(**OWNER)
        token = accounts.sign_in(OWNER["email"], OWNER["password"], "test", "a test")
    visitor = Visitor(blog.site)
    visitor.set_cookie("blog_session", token)
    return visitor


@pytest.fixture
def clock() -> Iterator[FrozenClock]:
    """A clock that stands still at 2020-01-03 02:55 UTC; `clock.tick(minutes=32)` moves it."""
    frozen = FrozenClock(datetime(2020, 1, 3, 2, 55, tzinfo=UTC))
    before = clocks.use(frozen.read)
    yield frozen
    clocks.use(before)

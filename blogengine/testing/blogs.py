"""A blog for one test: written into, changed, and given plugins."""

import io
import os
import textwrap
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

from markupsafe import Markup
from PIL import Image

from blogengine import accounts
from blogengine import comments
from blogengine import importing
from blogengine import media
from blogengine import people
from blogengine import posts
from blogengine import settings
from blogengine.app import BlogFlask
from blogengine.db import Transaction
from blogengine.db import write
from blogengine.interchange import ImportSource
from blogengine.models import Setting
from blogengine.models import User
from blogengine.pagecache import SETUP_TAG
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.pages import PostView
from blogengine.site import Site
from blogengine.testing.outbox import JobKit
from blogengine.web import rendering

OWNER = {"name": "Olive Owner", "email": "olive@example.org", "password": "correct horse battery"}
AUTHOR = {"name": "Arno Author", "email": "arno@example.org", "password": "seven small boats"}


class BlogKit:
    """A blog for one test: write into it, and look at it as a visitor does."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._versions = 0

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

    def write_page(self, title: str = "A page", source: str = "Some text.", **draft: Any) -> int:
        """Store and publish a static page; return its id."""
        return self.write_post(title, source, kind="page", **draft)

    def edit_post(self, post_id: int, **changes: Any) -> None:
        """Save a post again with other fields of `PostDraft`."""
        with self.app():
            draft = posts.draft_of(posts.get(post_id))
            for name, value in changes.items():
                setattr(draft, name, value)
            posts.save(draft, post_id=post_id)

    def path_of(self, post_id: int) -> str:
        """Return the path of a post that was published."""
        with self.app():
            path = posts.get(post_id).path
            assert path is not None, "this post was never published"
            return path

    def post(self, post_id: int) -> PostView:
        """Return a public post as hooks and templates are given it."""
        with self.app() as app, app.test_request_context():
            view = posts.by_id(post_id)
            assert view is not None, "this post is not public"
            rendering.fill_bodies([view])
            return view

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

    def add_owner(self) -> User:
        """Make the owner, with the name, address and password of `OWNER`."""
        with self.app():
            return accounts.create_owner(**OWNER)

    def add_author(self) -> User:
        """Make an author, with the name, address and password of `AUTHOR`."""
        with self.app():
            person_id = people.invite(AUTHOR["name"], AUTHOR["email"], "author")
            people.accept(people.new_link(person_id).token, AUTHOR["name"], AUTHOR["password"])
            return people.by_email(AUTHOR["email"])

    def upload(self, name: str = "picture.png", data: bytes | None = None) -> str:
        """Store a picture (a small one, when there are no `data`) and return its address."""
        with self.app() as app:
            picture = io.BytesIO(data if data is not None else _picture())
            return media.url(media.store(picture, name, folder=app.blog.config.media_folder))

    def bring_in(self, source: ImportSource) -> importing.Report:
        """Import `source` as `blogengine import` does; return the report."""
        with self.app() as app:
            return importing.run(source, media_folder=app.blog.config.media_folder)

    def change_settings(self, **values: Any) -> None:
        """Change the blog's own settings."""
        with self.app() as app:
            settings.save_site(type(app.blog.site)(**{**_fields(app.blog.site), **values}))

    def change_plugin(self, plugin_id: str, **values: Any) -> None:
        """Change a plugin's settings."""
        with self.app():
            settings.save_plugin_settings(plugin_id, values)

    def add_plugin(self, plugin_id: str, source: str | Mapping[str, str], *, enable: bool = True) -> Path:
        """Write a drop-in plugin and enable it; return its file or folder.

        `source` is the text of one file, or texts by path (`__init__.py`, `templates/box.html`) of a folder. Written
        again, the plugin is loaded anew.
        """
        folder = self.site.config.drop_in_folder
        path = folder / (f"{plugin_id}.py" if isinstance(source, str) else plugin_id)
        files = (
            {path: source}
            if isinstance(source, str)
            else {path / name: text for name, text in source.items()}
        )
        self._versions += 1
        for file, text in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text), encoding="utf-8")
            seconds = int(file.stat().st_mtime) + 2 * self._versions  # compiled files are dated by the second
            os.utime(file, (seconds, seconds))
        if enable:
            self.enable(plugin_id)
        return path

    def enable(self, plugin_id: str) -> None:
        """Enable a plugin."""
        with self.app():
            settings.enable(plugin_id)
        JobKit(self.site).plan()

    def disable(self, plugin_id: str) -> None:
        """Disable a plugin."""
        with self.app():
            settings.disable(plugin_id)

    def render_slot(self, name: str, **values: Any) -> Markup:
        """Return what all enabled plugins put into a slot: `render_slot("post_footer", post=blog.post(post_id))`."""
        with self.app() as app, app.test_request_context():
            return rendering.slot(name, **values)

    def place_gadget(self, name: str, *, area: str = "sidebar", title: str = "", **values: Any) -> None:
        """Put the gadget `name` (`"<plugin id>.<gadget>"`) into an area of the theme, with these settings."""

        def change(tx: Transaction) -> None:
            row = tx.session.get(Setting, "_layout")
            boxes = list(row.value) if row is not None else []
            box = {"id": len(boxes) + 1, "gadget": name, "area": area, "title": title, "settings": values}
            tx.session.merge(Setting(key="_layout", value=[*boxes, box]))
            tx.bump(SETUP_TAG, "settings")

        with self.app():
            write(change)

    def run_jobs(self) -> int:
        """Do all jobs that are due; return how many there were."""
        return JobKit(self.site).run_all()


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 3), "teal").save(file, "PNG")
    return file.getvalue()

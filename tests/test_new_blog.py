"""What a new blog begins with: plugins with tables run from its first start, and no blog that was there is changed."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from blogengine import db as database
from blogengine import settings
from blogengine.config import Config
from blogengine.models import Setting
from blogengine.setup import NEW_BLOG
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.upgrading import install_pending
from tests.test_pagecache import Statements

FIRST = {"antispam", "commenter_pass", "notify"}


@pytest.fixture
def begun(site: Site) -> Site:
    """The site after the first start of a front door."""
    assert install_pending(site) == []
    return site


def running(site: Site) -> set[str]:
    """Return which of the plugins with tables run."""
    statuses = site.current().blog.plugins.statuses
    return {one for one in FIRST if one in statuses and statuses[one].state == "active"}


def test_a_new_blog_begins_with_a_spam_filter_and_what_the_owner_decides_stays(
    begun: Site, blog: BlogKit, client: Visitor
) -> None:
    assert running(begun) == FIRST
    blog.disable("notify")
    assert install_pending(begun) == []
    assert running(begun) == FIRST - {"notify"}
    path = blog.path_of(blog.write_post())
    spam = "Buy cheap pills at https://pills.example https://pills.example https://pills.example"
    assert "wait" in client.get(client.comment(path, spam).headers["Location"]).text


def test_a_blog_that_was_there_before_keeps_its_plugins(site: Site) -> None:
    with site.in_app():
        database.write(lambda tx: tx.session.execute(sa.delete(Setting).where(Setting.key == NEW_BLOG)))
    assert install_pending(site) == []
    assert running(site) == set()
    with site.in_app():
        assert settings.states() == {}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_a_choice_that_was_made_first_is_not_undone_and_safe_mode_puts_it_off(
    site: Site, tmp_path: Path
) -> None:
    with site.in_app():
        settings.disable("notify")
    safe = Site(Config(tmp_path, site.config.database_url, "k" * 40, safe_mode=True), site.engine)
    assert install_pending(safe) == []
    assert running(site) == set()
    assert install_pending(site) == []
    assert running(site) == FIRST - {"notify"}


@pytest.mark.parametrize("engine_name", ["sqlite"])
def test_what_a_blog_begins_with_is_silent_on_pages_without_a_mail_server(
    site: Site, blog: BlogKit, client: Visitor
) -> None:
    path = blog.path_of(blog.write_post())
    pages, costs = [], []
    for _ in range(2):
        site.forget_app()
        site.current()
        with Statements(blog) as statements:
            pages.append(client.get(path).text)
        costs.append([one for one in statements if not one.startswith("SELECT cache_")])
        assert install_pending(site) == []
    assert running(site) == FIRST
    assert costs[0] == costs[1]
    assert pages[0] == pages[1]

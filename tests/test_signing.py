"""Links in mails: only this blog makes them, each is for one thing, and their pages tell nobody their address."""

from datetime import timedelta

import pytest

from blogengine import db as database
from blogengine import mail
from blogengine.errors import Refused
from blogengine.signing import seal
from blogengine.signing import unseal
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Visitor

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
PAGES = {
    "__init__.py": """
from flask import Blueprint
from blogengine.plugin import hookimpl
from blogengine.plugin import public_page

pages = Blueprint("doors", __name__)

@pages.get("/private")
def private():
    return public_page("@doors/page.html", "Private", private=True)

@pages.get("/open")
def open_page():
    return public_page("@doors/page.html", "Open")

@hookimpl
def register_routes():
    return pages
""",
    "templates/page.html": "{% extends 'base.html' %}{% block main %}<h1>Here</h1>{% endblock %}",
}


def code(purpose: str, text: str) -> str:
    with pytest.raises(Refused) as refused:
        unseal(purpose, text)
    return refused.value.code


@SQLITE
def test_a_seal_is_for_one_purpose_and_a_time_and_cannot_be_changed(
    blog: BlogKit, clock: FrozenClock
) -> None:
    with blog.app():
        text = seal("doors.open", [7, "ann"], life=timedelta(hours=1))
        for_ever = seal("doors.open", 8)
        assert unseal("doors.open", text) == [7, "ann"]
        assert seal("doors.open", 8) == for_ever
        assert code("doors.close", text) == "forged"
        other = seal("doors.open", 9)
        mixed = f"{other.partition('.')[0]}.{for_ever.partition('.')[2]}"
        for wrong in (text[:-1], f"{text}A", mixed, "", "a.b", "é.\0", "." * 5000):
            assert code("doors.open", wrong) == "forged", wrong
        clock.tick(hours=1, seconds=59)
        assert unseal("doors.open", text) == [7, "ann"]
        clock.tick(seconds=2)
        assert code("doors.open", text) == "expired"
        clock.tick(days=3650)
        assert unseal("doors.open", for_ever) == 8


@SQLITE
def test_a_private_page_is_not_kept_indexed_counted_or_told_to_other_pages(
    blog: BlogKit, client: Visitor
) -> None:
    blog.add_plugin("doors", PAGES)
    blog.enable("stats")
    answer = client.get("/-/doors/private")
    assert "<h1>Here</h1>" in answer.text
    assert 'rel="canonical"' not in answer.text
    assert 'content="noindex"' in answer.text
    wanted = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Referrer-Policy": "strict-origin"}
    assert {name: answer.headers[name] for name in wanted} == wanted
    assert "X-Robots-Tag" not in client.get("/-/doors/open").headers
    assert blog.site._views is not None
    assert [view.path for view in blog.site._views.take()] == ["/-/doors/open"]


@SQLITE
def test_a_mail_that_is_written_again_has_the_same_message_id(blog: BlogKit, jobs: JobKit) -> None:
    def send(to: str, identity: str | None) -> None:
        database.write(lambda tx: mail.send(tx, to=to, subject="s", text="t", identity=identity))

    with blog.app():
        for to, identity in (
            ("ann@example.org", "doors:1"),
            ("ann@example.org", "doors:1"),
            ("ann@example.org", "doors:2"),
            ("bob@example.org", "doors:1"),
            ("ann@example.org", None),
            ("ann@example.org", None),
        ):
            send(to, identity)
    ids = [payload["id"] for payload in jobs.waiting(mail.KIND)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 5
    assert "example.org" not in str(ids[0]).partition("@")[0]

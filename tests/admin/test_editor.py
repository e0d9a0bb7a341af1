"""Writing: every button of the editor, and that no text is ever lost."""

from datetime import UTC
from datetime import datetime

import pytest

from blogengine import db as database
from blogengine import posts
from blogengine.errors import Busy
from blogengine.testing import OWNER
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of

TEXT = 'The fog came in *before six*.\n\nA second paragraph with <b>&amp;</b> and "quotes".'


def write(visitor: Visitor, action: str = "save", **fields: str) -> int:
    """Write a new post in the editor; return its id."""
    page = visitor.get("/admin/posts/new")
    answer = send(visitor, page, "editor", **{"title": "Fog", "source": TEXT, "action": action, **fields})
    assert answer.status_code == 303, text_of(answer)
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def editor(visitor: Visitor, post_id: int) -> dict[str, list[str]]:
    return form_in(visitor.get(f"/admin/posts/{post_id}").text, "editor").fields


def status_of(blog: BlogKit, post_id: int) -> str:
    with blog.app():
        return posts.get(post_id).status


def test_a_draft_is_stored_as_typed_and_nobody_sees_it(blog: BlogKit, owner_client: Visitor) -> None:
    post_id = write(
        owner_client, labels="boats, fog ,, boats", description="One sentence", comment_mode="hide"
    )
    form = editor(owner_client, post_id)
    assert form["source"] == [TEXT]
    assert form["labels"] == ["boats, fog"]
    assert form["description"] == ["One sentence"]
    assert form["comment_mode"] == ["hide"]
    assert status_of(blog, post_id) == "draft"
    assert "Fog" not in Visitor(blog.site).get("/").text


def test_publishing_shows_the_post_at_once(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    post_id = write(owner_client, "publish", labels="boats")
    page = client.get(blog.path_of(post_id)).text
    assert "<em>before six</em>" in page
    assert OWNER["name"] in page
    assert "View it" in owner_client.get(f"/admin/posts/{post_id}").text
    assert "Fog" in client.get("/search/label/boats").text


def test_html_is_taken_as_html(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    post_id = write(owner_client, "publish", source="<p>*stars*</p>", source_format="html")
    assert "<p>*stars*</p>" in client.get(blog.path_of(post_id)).text


def test_the_permalink_follows_the_wish_until_publication_and_then_stays(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    post_id = write(owner_client, custom_slug="Morning fog")
    assert editor(owner_client, post_id)["custom_slug"] == ["Morning-fog"]
    send(owner_client, owner_client.get(f"/admin/posts/{post_id}"), "editor", action="publish")
    assert blog.path_of(post_id) == "/2020/01/Morning-fog.html"
    page = owner_client.get(f"/admin/posts/{post_id}")
    assert "/2020/01/Morning-fog.html" in text_of(page)
    send(owner_client, page, "editor", action="save", custom_slug="other", title="Another title")
    assert blog.path_of(post_id) == "/2020/01/Morning-fog.html"


def test_an_edit_of_a_published_post_is_seen_at_once(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    post_id = write(owner_client, "publish")
    path = blog.path_of(post_id)
    assert "Fog" in client.get(path).text
    answer = send(
        owner_client, owner_client.get(f"/admin/posts/{post_id}"), "editor", action="save", title="Mist"
    )
    assert "Readers see it now" in text_of(follow(owner_client, answer))
    assert "Mist" in client.get(path).text


def test_a_post_is_scheduled_in_the_blogs_time_zone(
    blog: BlogKit, owner_client: Visitor, client: Visitor, clock: FrozenClock
) -> None:
    blog.change_settings(time_zone="Europe/Berlin")
    post_id = write(owner_client, "schedule", published_at="2020-07-01T09:30")
    with blog.app():
        assert posts.get(post_id).published_at == datetime(2020, 7, 1, 7, 30, tzinfo=UTC)
    assert editor(owner_client, post_id)["published_at"] == ["2020-07-01T09:30"]
    assert status_of(blog, post_id) == "scheduled"
    assert "Fog" not in client.get("/").text
    clock.tick(days=200)
    blog.run_jobs()
    assert "Fog" in client.get("/").text


def test_publishing_with_a_time_to_come_schedules_and_says_so(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    page = owner_client.get("/admin/posts/new")
    answer = send(
        owner_client, page, "editor", title="Fog", action="publish", published_at="2020-02-01T10:00"
    )
    assert "Scheduled for 1 Feb, 2020 10:00 (UTC)" in text_of(follow(owner_client, answer))


def test_a_scheduled_post_can_be_moved_published_now_and_taken_back(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    post_id = write(owner_client, "schedule", published_at="2020-02-01T10:00")
    address = f"/admin/posts/{post_id}"
    send(owner_client, owner_client.get(address), "editor", action="save", published_at="2020-03-01T10:00")
    with blog.app():
        assert posts.get(post_id).published_at == datetime(2020, 3, 1, 10, tzinfo=UTC)
    send(owner_client, owner_client.get(address), "editor", action="unpublish")
    assert status_of(blog, post_id) == "draft"
    send(owner_client, owner_client.get(address), "editor", action="schedule")
    assert status_of(blog, post_id) == "scheduled"
    send(owner_client, owner_client.get(address), "editor", action="publish")
    with blog.app():
        assert posts.get(post_id).status == "published"
        assert posts.get(post_id).published_at == clock.moment


def test_a_post_can_be_dated_back_and_its_seconds_survive_an_edit(
    blog: BlogKit, owner_client: Visitor
) -> None:
    post_id = write(owner_client, "publish", published_at="2004-05-06T07:08")
    assert blog.path_of(post_id).startswith("/2004/05/")
    exact = datetime(2005, 1, 2, 3, 4, 56, tzinfo=UTC)
    with blog.app():
        posts.publish(post_id, at=exact)
    send(owner_client, owner_client.get(f"/admin/posts/{post_id}"), "editor", action="save", title="Mist")
    with blog.app():
        assert posts.get(post_id).published_at == exact


def test_the_time_typed_into_a_draft_is_kept(blog: BlogKit, owner_client: Visitor) -> None:
    post_id = write(owner_client, published_at="2004-05-06T07:08")
    assert editor(owner_client, post_id)["published_at"] == ["2004-05-06T07:08"]


def test_taking_a_post_back_hides_it_and_keeps_its_address(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    post_id = write(owner_client, "publish")
    path = blog.path_of(post_id)
    send(owner_client, owner_client.get(f"/admin/posts/{post_id}"), "editor", action="unpublish")
    assert client.get(path).status_code == 404
    send(owner_client, owner_client.get(f"/admin/posts/{post_id}"), "editor", action="publish")
    assert client.get(path).status_code == 200


def test_moving_to_the_trash_saves_the_text_and_can_be_undone(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    post_id = write(owner_client, "publish")
    path = blog.path_of(post_id)
    answer = send(
        owner_client,
        owner_client.get(f"/admin/posts/{post_id}"),
        "editor",
        action="trash",
        source="Newer text.",
    )
    page = follow(owner_client, answer)
    assert client.get(path).status_code == 404
    press(owner_client, page, f"/admin/posts/{post_id}/restore")
    assert "Newer text." in client.get(path).text


def test_a_post_in_the_trash_can_be_edited_and_restored_but_not_published(
    blog: BlogKit, owner_client: Visitor
) -> None:
    post_id = write(owner_client)
    with blog.app():
        posts.trash(post_id)
    page = owner_client.get(f"/admin/posts/{post_id}")
    assert send(owner_client, page, "editor", action="publish").status_code == 422
    send(owner_client, page, "editor", action="restore")
    assert status_of(blog, post_id) == "draft"


def test_a_page_is_written_in_the_same_editor(blog: BlogKit, owner_client: Visitor, client: Visitor) -> None:
    page = owner_client.get("/admin/posts/new?kind=page")
    answer = send(owner_client, page, "editor", title="About", source="Hello.", action="publish")
    assert "Edit page" in text_of(follow(owner_client, answer))
    assert client.get("/p/about.html").status_code == 200


def test_the_preview_is_the_page_itself_and_saves_nothing(blog: BlogKit, owner_client: Visitor) -> None:
    published = write(owner_client, "publish", labels="boats")
    public = owner_client.get(blog.path_of(published)).text
    page = owner_client.get("/admin/posts/new")
    seen = send(
        owner_client,
        page,
        "editor",
        title="Fog",
        source=TEXT,
        labels="boats",
        published_at="",
        action="preview",
    )
    assert seen.status_code == 200
    body = public[public.index('<div class="post-body">') : public.index('<footer class="post-footer">')]
    assert body in seen.text
    assert "This is a preview" in text_of(seen)
    assert '<meta name="robots" content="noindex">' in seen.text
    with blog.app():
        assert len(posts.all_posts()[0]) == 1
    back = send(owner_client, seen, "preview", action="edit")
    form = form_in(back.text, "editor").fields
    assert (form["title"], form["source"], form["labels"]) == (["Fog"], [TEXT], ["boats"])
    answer = send(owner_client, seen, "preview", action="save")
    assert editor(owner_client, int(answer.headers["Location"].rsplit("/", 1)[1]))["source"] == [TEXT]


def test_the_preview_of_a_stored_post_changes_nothing_for_readers(
    blog: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    post_id = write(owner_client, "publish")
    page = owner_client.get(f"/admin/posts/{post_id}")
    seen = send(owner_client, page, "editor", title="Not yet", action="preview")
    assert "Not yet" in text_of(seen)
    assert "Not yet" not in client.get(blog.path_of(post_id)).text
    form = form_in(send(owner_client, seen, "preview", action="edit").text, "editor")
    assert form.action == f"/admin/posts/{post_id}"
    assert form.fields["title"] == ["Not yet"]


def test_the_preview_is_clean(owner_client: Visitor) -> None:
    page = owner_client.get("/admin/posts/new")
    seen = send(
        owner_client,
        page,
        "editor",
        title="<i>",
        source="<script>x()</script><p onclick=x()>y</p>",
        action="preview",
    )
    assert "<script" not in seen.text.replace("&lt;script", "")
    assert "onclick=x()>" not in seen.text
    assert "<i></h1>" not in seen.text


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"title": "x" * 501}, "Title: This is 501 characters long"),
    ({"source": "a\x00b"}, "Text: This is not text"),
    ({"source": "x" * 500_001}, "Text: This is 500,001 characters long"),
    ({"source": "[" * 200_000}, "too many"),
    ({"labels": "x" * 201}, "Label: This is 201 characters long"),
    ({"labels": ",".join(map(str, range(51)))}, "at most 50 labels"),
    ({"description": "x" * 501}, "Search description: This is"),
    ({"title_link": "javascript:x"}, "title link must begin with"),
    ({"published_at": "tomorrow"}, "This is no date and time"),
    ({"published_at": "2020-13-45T10:00"}, "This is no date and time"),
    ({"published_at": "0001-01-01T00:00"}, "The year must be"),
    ({"published_at": "9999-12-31T23:59"}, "The year must be"),
    ({"published_at": "2020-03-29T02:30"}, "there is no 02:30"),
    ({"source_format": "rtf"}, "Markdown or HTML"),
    ({"comment_mode": "perhaps"}, "Comments must be"),
    ({"action": "explode"}, "nothing called 'explode'"),
    ({"action": "schedule"}, "Choose the time"),
    ({"action": "schedule", "published_at": "2001-01-01T00:00"}, "This time has passed"),
]


def test_what_cannot_be_saved_stays_in_the_form(blog: BlogKit, owner_client: Visitor) -> None:
    blog.change_settings(time_zone="Europe/Berlin")
    fixed = token(owner_client)
    for changes, said in REFUSED:
        typed = {"title": "Fog", "source": TEXT, "labels": "boats", "action": "save", **changes}
        answer = owner_client.send("/admin/posts/new", {**fixed, **typed})
        assert answer.status_code == 422, said
        assert said in answer.text.replace("&#39;", "'")
        if "\x00" not in answer.text:
            form = form_in(answer.text, "editor").fields
            assert [form[name] for name in ("title", "source", "labels")] == [
                [typed[name]] for name in ("title", "source", "labels")
            ]
    with blog.app():
        assert posts.all_posts() == ([], False)


def token(visitor: Visitor) -> dict[str, str]:
    form = form_in(visitor.get("/admin/posts/new").text, "editor").fields
    return {name: form[name][0] for name in ("csrf_token", "kind", "comment_mode", "source_format")}


def test_an_empty_post_is_saved_but_not_published_and_the_page_says_so(
    blog: BlogKit, owner_client: Visitor
) -> None:
    page = owner_client.get("/admin/posts/new")
    answer = send(owner_client, page, "editor", action="publish")
    after = follow(owner_client, answer)
    assert "Your text is saved, but that is all. An empty post cannot be published." in text_of(after)


def test_a_published_post_does_not_vanish_by_a_time_to_come(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    post_id = write(owner_client, "publish")
    page = owner_client.get(f"/admin/posts/{post_id}")
    answer = send(owner_client, page, "editor", action="save", title="Mist", published_at="2020-06-01T10:00")
    assert answer.status_code == 422
    assert "To take the post back until then" in text_of(answer)
    assert form_in(answer.text, "editor").fields["title"] == ["Mist"]
    send(owner_client, page, "editor", action="schedule", published_at="2020-06-01T10:00")
    assert status_of(blog, post_id) == "scheduled"


def test_who_saves_second_keeps_the_text_and_decides(blog: BlogKit, owner_client: Visitor) -> None:
    post_id = write(owner_client)
    first = owner_client.get(f"/admin/posts/{post_id}")
    second = owner_client.get(f"/admin/posts/{post_id}")
    send(owner_client, first, "editor", action="save", source="The first window.")
    conflict = send(owner_client, second, "editor", action="save", source="The second window.")
    assert conflict.status_code == 409
    assert "Somebody saved this post after you opened it" in text_of(conflict)
    assert f'<a href="/admin/posts/{post_id}" target="_blank"' in conflict.text
    assert form_in(conflict.text, "editor").fields["source"] == ["The second window."]
    assert editor(owner_client, post_id)["source"] == ["The first window."]
    again = send(owner_client, conflict, "editor", action="save")
    assert again.status_code == 409
    with blog.app():
        version = str(posts.get(post_id).version)
    send(owner_client, conflict, "editor", action="save", overwrite=version)
    assert editor(owner_client, post_id)["source"] == ["The second window."]


@pytest.mark.parametrize("field", [None, "", "x", "999"])
def test_a_damaged_version_is_a_conflict_and_never_an_overwrite(
    blog: BlogKit, owner_client: Visitor, field: str | None
) -> None:
    post_id = write(owner_client)
    page = owner_client.get(f"/admin/posts/{post_id}")
    assert send(owner_client, page, "editor", source="Lost?", version=field).status_code == 409
    assert editor(owner_client, post_id)["source"] == [TEXT]


def test_a_stale_form_shows_the_text_again_and_can_be_sent_again(
    blog: BlogKit, owner_client: Visitor
) -> None:
    post_id = write(owner_client)
    for address, before in (("/admin/posts/new", None), (f"/admin/posts/{post_id}", post_id)):
        page = owner_client.get(address)
        stale = send(owner_client, page, "editor", source="Hours of work.", title="Long", csrf_token="old")
        assert stale.status_code == 400
        assert "Nothing was saved yet" in text_of(stale)
        form = form_in(stale.text, "editor").fields
        assert (form["source"], form["title"]) == (["Hours of work."], ["Long"])
        answer = send(owner_client, stale, "editor", action="save")
        saved = int(answer.headers["Location"].rsplit("/", 1)[1])
        assert before is None or saved == before
        assert editor(owner_client, saved)["source"] == ["Hours of work."]


def test_a_session_that_ended_while_writing_loses_nothing(blog: BlogKit, owner_client: Visitor) -> None:
    page = owner_client.get("/admin/posts/new")
    cookie = owner_client.get_cookie("blog_session")
    assert cookie is not None
    owner_client.delete_cookie("blog_session")
    answer = send(owner_client, page, "editor", title="Long", source="Hours of\n\nwork.", action="save")
    assert answer.status_code == 403
    assert "You are signed out" in text_of(answer)
    assert "Hours of" in text_of(answer)
    owner_client.set_cookie("blog_session", cookie.value)
    saved = send(owner_client, answer, "again")
    post_id = int(saved.headers["Location"].rsplit("/", 1)[1])
    assert editor(owner_client, post_id)["source"] == ["Hours of\n\nwork."]


def test_a_busy_database_keeps_the_text(owner_client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    page = owner_client.get("/admin/posts/new")

    def busy(change: object) -> None:
        raise Busy("The blog could not store this just now.", hint="Please send it again in a minute.")

    with monkeypatch.context() as patch:
        patch.setattr(database, "write", busy)
        answer = send(owner_client, page, "editor", source=TEXT, action="save")
    assert answer.status_code == 503
    assert form_in(answer.text, "editor").fields["source"] == [TEXT]


def test_a_post_deleted_meanwhile_gives_the_text_back(blog: BlogKit, owner_client: Visitor) -> None:
    post_id = write(owner_client)
    page = owner_client.get(f"/admin/posts/{post_id}")
    with blog.app():
        posts.trash(post_id)
        posts.delete_forever(post_id)
    answer = send(owner_client, page, "editor", source="Still needed.")
    assert answer.status_code == 404
    assert "Still needed." in text_of(answer)


@pytest.mark.parametrize(
    "address", ["/admin/posts/999", "/admin/posts/99999999999999999999999", "/admin/posts/-1"]
)
def test_an_unknown_post_is_not_found(owner_client: Visitor, address: str) -> None:
    assert owner_client.get(address).status_code == 404


def test_text_that_begins_with_a_line_break_keeps_it(owner_client: Visitor) -> None:
    post_id = write(owner_client, source="\n\nBelow two empty lines.")
    assert editor(owner_client, post_id)["source"] == ["\n\nBelow two empty lines."]


def test_a_plugins_button_changes_the_text_and_saves_nothing(blog: BlogKit, owner_client: Visitor) -> None:
    with blog.app() as app:
        folder = app.blog.config.drop_in_folder
    (folder / "stamp.py").write_text(
        "from markupsafe import Markup\n"
        "from blogengine.plugin import hookimpl\n"
        "@hookimpl\n"
        "def editor_html(draft):\n"
        '    return Markup(\'<button name="action" value="stamp:add">Stamp</button>\')\n'
        "@hookimpl\n"
        "def prepare_draft(draft, action, values):\n"
        "    if action == 'stamp:add':\n"
        "        draft.source += ' STAMPED'\n"
        "        draft.labels.append(values['title'])\n",
        encoding="utf-8",
    )
    blog.enable("stamp")
    page = owner_client.get("/admin/posts/new")
    assert ("action", "stamp:add", "Stamp") in form_in(page.text, "editor").buttons
    answer = send(
        owner_client, page, "editor", title="Fog", source="Text", published_at="soon", action="stamp:add"
    )
    form = form_in(answer.text, "editor").fields
    assert form["source"] == ["Text STAMPED"]
    assert form["labels"] == ["Fog"]
    assert form["published_at"] == ["soon"]
    with blog.app():
        assert posts.all_posts() == ([], False)

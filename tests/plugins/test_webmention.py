"""Webmention: what links is received as a comment, what only claims so is not, and what is gone is taken out."""

import time
from typing import Any

import pytest

from blogengine import comments
from blogengine import db as database
from blogengine.fetch import Fetched
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Network
from blogengine.testing import Visitor
from blogengine_antispam import rules
from blogengine_webmention import checking
from blogengine_webmention import pages
from tests.admin.forms import text_of

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
HOME = "http://localhost"
SOURCE = "https://una.example/answer"


@pytest.fixture
def path(blog: BlogKit) -> str:
    blog.enable("webmention")
    blog.change_settings(url=HOME, comment_rate=0)
    return blog.path_of(blog.write_post("Fog"))


def page(path: str, *, words: str = "I read this and agree.") -> str:
    return (
        "<title>An answer</title><article class='h-entry'><script>var a = '<b>no</b>'</script>"
        "<a class='p-author h-card' href='/about'>Una <b>Vale</b></a>"
        f"<p>{words} <a href='{HOME}{path}#c1'>Fog</a> is old.</p>"
    )


def mention(client: Visitor, target: str, source: str = SOURCE, **options: Any) -> int:
    return client.post("/-/webmention/", data={"source": source, "target": target}, **options).status_code


def listed(blog: BlogKit, status: str = "") -> list[tuple[str, str, str]]:
    with blog.app():
        found, _ = comments.comments_for_owner(kind="webmention", status=status)
        return [(one.author_name, one.source_url, one.source) for one, _ in found]


def test_a_page_that_links_to_a_post_waits_in_the_queue_and_then_stands_in_the_thread(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit, network: Network, owner_client: Visitor
) -> None:
    assert '<link rel="webmention" href="/-/webmention/">' in client.get(path).text
    assert "webmention" not in client.get("/").text
    network.answer(SOURCE, page(path))
    assert mention(client, f"{HOME}{path}") == 202
    assert mention(client, f"{HOME}{path}") == 202
    jobs.run_all()
    assert len(network.asked) == 1, "said twice before the look is looked at once"
    assert listed(blog, "pending") == [
        ("Una Vale", SOURCE, "“An answer”\n\nI read this and agree. Fog is old.")
    ]
    queue = text_of(owner_client.get("/admin/comments?kind=webmention"))
    assert f"Webmention {SOURCE}" in queue, queue
    assert "All webmentions wait until you approve them. webmention" in queue
    with blog.app():
        comments.approve([1])
    shown = client.get(path).text
    assert 'href="https://una.example/about" rel="nofollow ugc noopener">Una Vale</a>' in shown
    assert f'<a href="{SOURCE}" rel="nofollow ugc noopener">una.example</a>' in shown
    network.answer(SOURCE, page(path, words="I changed my mind."))
    mention(client, f"{HOME}{path}")
    jobs.run_all()
    assert [text for _, _, text in listed(blog, "pending")] == [
        "“An answer”\n\nI changed my mind. Fog is old."
    ]
    blog.change_plugin("webmention", hold="off")
    other = blog.path_of(blog.write_post("Other"))
    network.answer("https://two.example/", page(other))
    mention(client, f"{HOME}{other}", "https://two.example/")
    jobs.run_all()
    assert [source for _, source, _ in listed(blog, "published")] == ["https://two.example/"]


@pytest.mark.parametrize(
    ("status", "body"), [(410, ""), (404, "gone"), (200, "<p>I took the link out.</p>"), (200, "")]
)
@SQLITE
def test_what_is_gone_or_links_no_more_is_taken_out(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit, network: Network, status: int, body: str
) -> None:
    network.answer(SOURCE, page(path))
    mention(client, f"{HOME}{path}")
    jobs.run_all()
    with blog.app():
        comments.approve([1])
    assert "una.example" in client.get(path).text
    network.answer(SOURCE, body, status=status)
    mention(client, f"{HOME}{path}")
    jobs.run_all()
    assert listed(blog) == []
    assert "una.example" not in client.get(path).text


@SQLITE
def test_who_is_no_mention_is_refused_or_looked_at_in_vain(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit, network: Network
) -> None:
    target = f"{HOME}{path}"
    for source, wrong in (
        ("", target),
        ("javascript:alert(1)", target),
        ("https://a b/", target),
        ("https://[", target),
        (f"https://una.example/{'x' * 2000}", target),
        (target, target),
        (SOURCE, "https://elsewhere.example/"),
        (SOURCE, f"{HOME}/nothing.html"),
        (SOURCE, "https://["),
        (SOURCE, ""),
        (SOURCE, f"{HOME}.evil.example{path}"),
    ):
        assert mention(client, wrong, source) == 400, (source, wrong)
    closed = blog.path_of(blog.write_post("Closed", comment_mode="existing"))
    assert mention(client, f"{HOME}{closed}") == 400
    assert "webmention" not in client.get(closed).text
    assert mention(client, target, "http://127.0.0.1/admin") == 202
    assert mention(client, target, headers={"Origin": "https://evil.example"}) == 403
    network.answer(
        SOURCE, f"<!-- <a href='{target}'>x</a> --><script>'<a href=\"{target}\">'</script>{target}"
    )
    mention(client, target)
    network.answer("https://pdf.example/", target, mime="application/pdf")
    mention(client, target, "https://pdf.example/")
    jobs.run_all()
    assert listed(blog) == []
    assert jobs.failed() == []


@SQLITE
def test_a_site_that_is_down_is_asked_again_and_at_last_left_alone(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit, network: Network, clock: FrozenClock
) -> None:
    network.answer(SOURCE, status=503)
    mention(client, f"{HOME}{path}")
    for _ in range(8):
        jobs.run_all()
        clock.tick(days=3)
    assert len(network.asked) == 1 + checking.TRIES
    assert jobs.failed() == [] == jobs.dead()
    mention(client, f"{HOME}{path}")
    jobs.run_all()
    network.answer(SOURCE, page(path))
    clock.tick(days=1)
    jobs.run_all()
    assert len(listed(blog)) == 1


@SQLITE
def test_a_site_on_the_owners_list_has_no_mentions_here(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit, network: Network
) -> None:
    blog.enable("antispam")
    with blog.app():
        draft = rules.parse("domain", "una.example", "spam")
        database.write(lambda tx: rules.add(tx, draft))
    network.answer(SOURCE, page(path).replace("class='p-author h-card' href='/about'", ""))
    mention(client, f"{HOME}{path}")
    jobs.run_all()
    assert [source for _, source, _ in listed(blog, "spam")] == [SOURCE]


@SQLITE
def test_people_say_so_in_a_form_that_keeps_what_they_typed(
    blog: BlogKit, client: Visitor, path: str, jobs: JobKit, network: Network
) -> None:
    asked = client.get(f"/-/webmention/?target=http://localhost{path}")
    assert f'value="http://localhost{path}"' in asked.text
    fields = {"form": "1", "source": "nonsense", "target": f"http://localhost{path}"}
    wrong = client.send("/-/webmention/", fields)
    assert wrong.status_code == 422
    assert 'value="nonsense"' in wrong.text
    network.answer(SOURCE, page(path))
    taken = client.send("/-/webmention/", {**fields, "source": SOURCE})
    assert "This blog looks at your page now" in text_of(client.get(taken.headers["Location"]))
    jobs.run_all()
    assert len(listed(blog)) == 1


def fetched(body: str, mime: str = "text/html") -> Fetched:
    return Fetched(SOURCE, 200, mime, "utf-8", body.encode())


def test_a_page_is_read_by_what_people_see() -> None:
    target = f"{HOME}/2020/01/fog.html"
    found = pages.read(
        fetched(f"<base href='{HOME}/2020/'>*Bold* <a href=01/fog.html>_it_</a> &lt;b&gt; [x]"), target
    )
    assert found is not None
    assert found.text == r"\*Bold\* \_it\_ &lt;b&gt; \[x\]"
    assert (found.author, found.author_url) == ("una.example", "")
    assert pages.read(fetched(f"see {target} there", "text/plain"), target) is not None
    assert pages.read(fetched(f"see {target}2 there", "text/plain"), target) is None
    assert pages.read(fetched(f"<a href='{target}2'>x</a>"), target) is None
    assert pages.read(fetched(f"<img src='{target}?w=1'>"), target) is not None
    long = pages.read(fetched(f"{'word ' * 900}<a href='{target}'>x</a>{' more' * 900}"), target)
    assert long is not None
    assert long.text.startswith("… word")
    assert long.text.endswith("more …")
    assert len(long.text) < 2 * pages.AROUND + 5


HOSTILE = [
    "<",
    "<a ",
    "<!--",
    "<![CDATA[",
    "</",
    "&#",
    "<a href='",
    "<p><b>",
    "<title>",
    "<svg>",
    "<!x ",
    "<?",
    "&amp",
    "<script>",
    "<title>x<b>",
    "<a href=x>",
    "<a class=p-author>x",
    "a=",
    f"&#{'9' * 5000} ",
    f"<base href='{'a/' * 1400}'>",
]


@pytest.mark.parametrize("piece", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_page_is_read_in_bounded_time(piece: str) -> None:
    body = piece * (checking.BYTES // len(piece))
    begin = time.process_time()
    assert pages.read(fetched(body), f"{HOME}/y") is None
    assert time.process_time() - begin < 8

"""The recipes of the cookbook: each is put where its first line says, enabled, and asked for what it promises."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner

from blogengine import comments
from blogengine import posts
from blogengine import settings
from blogengine.cli.main import group
from blogengine.door import kinds
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import JobKit
from blogengine.testing import Mailbox
from blogengine.testing import Network
from blogengine.testing import Visitor
from tests.documents import FILE
from tests.documents import ROOT
from tests.documents import blocks
from tests.documents import files

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])

INDEX = ROOT / "docs" / "cookbook.md"
PAGES = sorted((ROOT / "docs" / "cookbook").glob("*.md"))
SHOWN = {name: text for page in PAGES for name, text in files(page).items()}
HERE = {"REMOTE_ADDR": "203.0.113.1"}
FAR = {"REMOTE_ADDR": "198.51.100.7"}
URL = "https://blog.example"

Install = Callable[..., None]


def recipes() -> list[str]:
    """Return the ids of all recipes."""
    return sorted({Path(name).parts[2].removesuffix(".py") for name in SHOWN})


def put_down(blog: BlogKit, plugin_id: str) -> None:
    """Write a recipe into the blog's folder."""
    folder = f"instance/plugins/{plugin_id}"
    shown = {n: text for n, text in SHOWN.items() if n == f"{folder}.py" or n.startswith(f"{folder}/")}
    assert shown, plugin_id
    for name, text in shown.items():
        file = blog.site.config.drop_in_folder / name.removeprefix("instance/plugins/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.fixture
def install(blog: BlogKit) -> Install:
    """Write recipes into the blog's folder and enable them."""

    def write_and_enable(*plugin_ids: str) -> None:
        for plugin_id in plugin_ids:
            put_down(blog, plugin_id)
            blog.enable(plugin_id)

    return write_and_enable


def failed(blog: BlogKit) -> list[str]:
    """Return what went wrong in plugins since the blog began."""
    with blog.app() as app:
        return [
            f"{failure.plugin_id}: {failure}"
            for plugin_id in app.blog.plugins.statuses
            for failure in settings.failures_of(plugin_id)
        ]


def test_every_recipe_is_in_the_index_and_used_below(engine_name: str) -> None:
    listed = re.findall(r"^\| \[[^|]+\| `(\w+)` \|", INDEX.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == recipes()
    assert len(listed) == 20
    below = Path(__file__).read_text("utf-8").partition("def test_every_recipe")[2]
    assert not [name for name in listed if f'"{name}"' not in below]
    for page in PAGES:
        for language, text in blocks(page):
            assert language != "python" or FILE.match(text), text


def status_of(blog: BlogKit, path: str, client: Visitor, text: str, **fields: str) -> str:
    """Send a comment; return its status."""
    client.comment(path, text, **fields)
    with blog.app():
        found, _ = comments.comments_for_owner(q=text)
        spam, _ = comments.comments_for_owner(q=text, status="spam")
    return str([*found, *spam][0][0].status)


def test_recipes_for_what_authors_write(blog: BlogKit, client: Visitor, install: Install) -> None:
    install("see_also", "highlighter", "next_reads", "byline", "wordpress_paths")
    tea = blog.path_of(
        blog.write_post("Tea & <b>", "Leaves.", labels=["drinks"], title_link="https://tea.example/")
    )
    source = f"Is ==very *good*== and ==green==.\n\n    a ==b== c\n\n[[also: {tea} /nowhere.html]]"
    coffee = blog.path_of(blog.write_post("Coffee", source, labels=["drinks"]))
    shown = client.get(coffee).text
    assert f'<p>See also: <a href="{tea}">Tea &amp; &lt;b&gt;</a></p>' in shown
    assert "<mark>green</mark>." in shown
    assert "a ==b== c" in shown
    assert f'<h2>More to read</h2><ul><li><a href="{tea}">' in shown
    assert 'name="fediverse:creator" content="@ines@social.example"' in shown
    assert 'content="https://tea.example/"' in client.get(tea).text
    month = tea.rpartition("/")[0]
    assert "noindex" in client.get(f"{month}/").text
    assert "noindex" not in shown
    moved = client.get(f"{month}/07/coffee/")
    assert (moved.status_code, moved.headers["Location"]) == (301, coffee)
    assert client.get(f"{month}/07/nothing/").status_code == 404
    assert not failed(blog)


def test_recipes_for_finding_posts_and_for_how_they_look(
    blog: BlogKit, client: Visitor, install: Install
) -> None:
    blog.write_post("Old Élan", "One two three.")
    install("titles", "longest", "evening")
    late = blog.write_post("New élan", "One.")
    found = client.get("/search?q=elan").text + client.get("/search?q=élan").text
    assert "Old Élan" in found
    assert "New élan" in found
    assert "Old Élan" not in client.get("/search?q=three").text
    blog.edit_post(late, title="Other")
    assert "Other" not in client.get("/search?q=élan").text.partition("<main")[2].partition("</main")[0]
    blog.place_gadget("longest.longest", count=1)
    assert "Old Élan</a>, 3 words" in client.get("/").text
    blog.edit_post(late, source="One two three four.")
    assert "Other</a>, 4 words" in client.get("/").text
    blog.change_settings(theme="evening")
    sheet = re.search(r'href="([^"]*evening\.css)"', client.get("/").text)
    assert sheet is not None
    assert "#10182c" in client.get(sheet[1]).text
    assert not failed(blog)


def test_recipes_for_moderation(blog: BlogKit, client: Visitor, install: Install) -> None:
    install("strangers")
    path = blog.path_of(blog.write_post())
    assert status_of(blog, path, client, "First words", name="Ann") == "pending"
    with blog.app():
        held, _ = comments.comments_for_owner(status="pending")
        comments.approve([held[0][0].id])
    blog.run_jobs()
    assert status_of(blog, path, client, "Second words", name="ann") == "published"
    assert status_of(blog, path, client, "Third words", name="Bob") == "pending"
    install("blocklist")
    bad = "See http://Pills.example/x"
    assert status_of(blog, path, client, bad, name="Ann") == "published"
    with blog.app():
        (comment, _), *_ = comments.comments_for_owner(q=bad)[0]
        comments.mark_spam([comment.id])
    blog.run_jobs()
    assert (
        status_of(blog, path, client, "Fourth words", name="Ann", website="https://pills.example") == "spam"
    )
    assert (
        status_of(blog, path, client, "Fifth words", name="Ann", website="https://ann.example") == "published"
    )
    assert not failed(blog)


def test_recipes_for_mail_and_statistics(
    blog: BlogKit, client: Visitor, owner_client: Visitor, install: Install, mailbox: Mailbox
) -> None:
    install("answers", "daily")
    path = blog.path_of(blog.write_post())
    for read in (1, 3):
        client.get(path)
        if read == 3:
            client.get("/")
        with blog.app():
            blog.site.hand_over_views()
        assert f"Pages read today: {read}, yesterday: 0" in owner_client.get("/admin/").text
    blog.change_settings(url=URL)
    client.comment(path, "A question?", name="Ann", **{"answers.mail": "ann@example.org"})
    client.comment(path, "Another.", name="Bob")
    with blog.app():
        question = comments.comments_for_owner(q="question")[0][0][0].id
    client.comment(path, "An answer & more.", name="Bob", reply_to=str(question))
    blog.run_jobs()
    (mail,) = mailbox.mails
    assert mail.to == "ann@example.org"
    assert mail.text.startswith(f"Bob: An answer & more.\n\n{URL}{path}?showComment=")
    stop = mail.text.rpartition(" ")[2].strip()
    assert "ann@example.org" not in client.get(path).text
    assert client.get(f"{stop[:-3]}xyz".removeprefix(URL)).status_code == 404
    assert "no more mail" in client.get(stop.removeprefix(URL)).text
    client.comment(path, "A second answer.", name="Bob", reply_to=str(question))
    blog.run_jobs()
    assert len(mailbox.mails) == 1
    assert not failed(blog)


def test_recipes_for_likes_and_members(blog: BlogKit, client: Visitor, install: Install) -> None:
    install("members")
    put_down(blog, "likes")
    report = kinds.apart(blog.site, "likes", "")
    assert (report.problems, report.warnings) == ([], [])
    blog.enable("likes")
    post_id = blog.write_post("Public")
    path = blog.path_of(post_id)
    for visitor, count in ((HERE, 1), (HERE, 1), (FAR, 2)):
        client.get(path)
        pressed = client.send(f"/-/likes/{post_id}", {}, environ_overrides=visitor)
        assert (pressed.status_code, pressed.headers["Location"]) == (303, f"{path}#likes")
        assert f"<button>Like</button> {count}</form>" in client.get(path).text
    elsewhere = {"Origin": "https://elsewhere.example"}
    assert client.post(f"/-/likes/{post_id}", headers=elsewhere).status_code == 403
    assert client.send("/-/likes/999", {}).status_code == 404

    hidden = blog.write_post("For members", "The ==secret==.", labels=["members"], publish=False)
    unfinished = blog.write_post("Unfinished", "Not ==secret== to be seen.", publish=False)
    teaser = blog.path_of(blog.write_post("Begun", f"For all.\n\n[[members: {hidden}]]"))
    assert f'<a href="/-/members/{hidden}">Members read on</a>' in client.get(teaser).text
    assert "==secret==" not in client.get(f"/-/members/{hidden}").text
    assert "The ==secret==" not in client.get("/-/members/").text
    assert client.send("/-/members/enter", {"password": ""}).status_code == 400
    blog.change_plugin("members", password="sesame")
    assert client.send("/-/members/enter", {"password": "wrong"}).status_code == 400
    assert client.send("/-/members/enter", {"password": "sesame"}).status_code == 303
    inside = client.get("/-/members/")
    assert "The ==secret==" in inside.text
    assert "Unfinished" not in inside.text
    assert inside.headers["Cache-Control"] == "no-store"
    assert "The ==secret==" in client.get(f"/-/members/{hidden}").text
    assert "==secret==" not in client.get(f"/-/members/{unfinished}").text
    stranger = Visitor(blog.site)
    feeds = ("/feeds/posts/default", "/feeds/posts/default?alt=json", f"/feeds/{hidden}/comments/default")
    for page in ("/", teaser, "/search?q=secret", "/search?q=members", *feeds):
        for reader in (client, stranger):  # the member first, so that a kept page would tell
            assert "==secret==" not in reader.get(page).text
    for address in ("/-/members/", f"/-/members/{hidden}"):
        assert "==secret==" not in stranger.get(address).text
    came = client.send("/-/members/enter", {"password": "sesame", "number": str(hidden)})
    assert came.headers["Location"] == f"/-/members/{hidden}"
    blog.change_plugin("members", password="another")
    assert "The ==secret==" not in client.get("/-/members/").text
    tries = [
        client.send("/-/members/enter", {"password": "x"}, environ_overrides=FAR).status_code
        for _ in range(11)
    ]
    assert tries == [400] * 10 + [429]
    assert not failed(blog)


def test_recipes_for_the_blog_among_other_sites(
    blog: BlogKit, client: Visitor, install: Install, network: Network, clock: FrozenClock, jobs: JobKit
) -> None:
    blog.change_settings(url=URL)
    blog.enable("atom")
    install("hub", "mentions", "chat", "cdn")
    for address in ("https://hub.example/", "https://chat.example/room", "https://cdn.example/purge"):
        network.answer(address, method="POST")
    blog.change_plugin("chat", room="https://chat.example/room")
    blog.change_plugin("cdn", address="https://cdn.example/purge", key="k1")
    clock.tick(seconds=10)
    blog.run_jobs()
    network.asked.clear()
    path = blog.path_of(blog.write_post("News"))
    assert not network.asked
    blog.run_jobs()
    assert len(network.asked) == 2
    clock.tick(seconds=10)
    blog.run_jobs()
    asked = {request.url: request for request in network.asked}
    assert len(network.asked) == len(asked) == 3
    form = parse_qs(asked["https://hub.example/"].body.decode())
    assert form == {"hub.mode": ["publish"], "hub.url": [f"{URL}/feeds/posts/default"]}
    said = json.loads(asked["https://chat.example/room"].body)
    assert said["text"] == f"News: {URL}{path}"
    assert asked["https://cdn.example/purge"].headers["authorization"] == "Bearer k1"
    assert 'rel="hub" href="https://hub.example/"' in client.get("/feeds/posts/default").text

    assert '<link rel="webmention" href="/-/mentions/">' in client.get(path).text
    facts = {"source": "https://far.example/post?a&b", "target": f"{URL}{path}"}
    network.answer(facts["source"], f'<a href="{URL}{path}">News</a>')
    assert client.post("/-/mentions/", data=facts).status_code == 202
    assert "far.example" not in client.get(path).text
    blog.run_jobs()
    assert (
        '<a rel="nofollow ugc" href="https://far.example/post?a&amp;b">far.example</a>'
        in client.get(path).text
    )
    network.answer(facts["source"], "It is gone.")
    client.post("/-/mentions/", data=facts)
    blog.run_jobs()
    assert "far.example" not in client.get(path).text
    network.fail("https://down.example/")
    assert client.post("/-/mentions/", data={**facts, "source": "https://down.example/"}).status_code == 202
    blog.run_jobs()
    assert not jobs.failed()
    for wrong in (
        {},
        {**facts, "target": "https://other.example/"},
        {**facts, "source": "javascript:alert(1)"},
    ):
        assert client.post("/-/mentions/", data=wrong).status_code == 400
    assert not failed(blog)


def test_recipes_for_posts_from_elsewhere(
    blog: BlogKit, client: Visitor, install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("notepad", "lines")
    form = {"h": "entry", "name": "From the road", "content": "*Rain*", "category[]": ["travel", "rain"]}
    assert client.post("/-/notepad/", data=form).status_code == 401
    assert client.post("/-/notepad/", data=form, headers={"Authorization": "Bearer "}).status_code == 401
    blog.change_plugin("notepad", token="long word")
    headers = {"Authorization": "Bearer long word"}
    assert client.post("/-/notepad/", data={**form, "content": ""}, headers=headers).status_code == 400
    assert (
        client.post("/-/notepad/", data=form, headers={"Authorization": "Bearer longword"}).status_code == 401
    )
    made = client.post("/-/notepad/", data=form, headers=headers)
    assert made.status_code == 201
    shown = client.get(made.headers["Location"]).text
    assert "<em>Rain</em>" in shown
    assert "travel" in shown

    def run(*words: str) -> str:
        result = CliRunner().invoke(group, ["--instance", str(blog.site.config.instance), *words])
        assert result.exit_code == 0, result.output
        return result.output

    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", blog.site.config.database_url)
    blog.write_page("About", "Us.")
    file = tmp_path / "blog.jsonl"
    run("export", "lines", str(file))
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert sorted(row["title"] for row in rows) == ["About", "From the road"]
    for number, row in enumerate(rows):
        row |= {
            "source_id": f"other-{number}",
            "atom_id": "",
            "path": f"/p/other-{number}.html" if row["kind"] == "page" else "",
        }
        row["html"] += "<script>alert(1)</script>"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    run("import", "lines", str(file))
    run("import", "lines", str(file))
    with blog.app():
        pages = [len(posts.all_posts(kind=kind)[0]) for kind in ("post", "page")]
        texts = [post.html for post in posts.all_posts()[0]]
    assert pages == [2, 2]
    assert "script" not in "".join(texts)
    file.write_text("{}", encoding="utf-8")
    result = CliRunner().invoke(
        group, ["--instance", str(blog.site.config.instance), "import", "lines", str(file)]
    )
    assert result.exit_code != 0
    assert "is not what lines writes" in str(result.exception)
    assert not failed(blog)

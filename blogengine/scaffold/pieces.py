"""What a new plugin may begin with: each piece is code, the same for a package and a single file but where it says so."""

from dataclasses import dataclass
from dataclasses import field


@dataclass(frozen=True)
class Piece:
    """One thing that `--with` names. Texts hold `$id`, `$title` and `$module` (`string.Template`)."""

    about: str
    """What it adds, for the README: begins in lower case."""
    code: str
    imports: tuple[str, ...] = ()
    """Lines of the code's imports: `import sqlalchemy as sa`, `flask.Blueprint`."""
    single: str = ""
    """The code in a single file, which has no folder of templates; as `code` where it is empty."""
    single_imports: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    """Texts beside the code of a package, by path."""
    test: str = ""
    test_imports: tuple[str, ...] = ()
    needs_folder: bool = False
    """Whether a single file cannot have it."""


SETTINGS = Piece(
    "settings: the owner changes them in the admin, under Plugins",
    '''
@dataclass(frozen=True)
class Settings:
    """What the owner may set."""

    greeting: str = option("Thank you for reading", "Greeting", max_length=80)


@hookimpl
def register_settings() -> type:
    """Declare the settings."""
    return Settings
''',
    ("dataclasses.dataclass", "blogengine.plugin.hookimpl", "blogengine.plugin.option"),
    test="""
def test_the_owner_sets_the_greeting(blog: BlogKit) -> None:
    blog.enable("$id")
    blog.change_plugin("$id", greeting="Good day")
    with blog.app():
        assert settings_of("$id").greeting == "Good day"
""",
    test_imports=("blogengine.plugin.settings_of", "blogengine.testing.BlogKit"),
)

SLOT = Piece(
    "a slot: a line under every post",
    '''
@hookimpl
def post_footer_html(post: PostView) -> Markup:
    """Say something under every post."""
    return fragment(
        "@$id/footer.html",
        assets=["$id.css"],
        title=post.title,
    )
''',
    (
        "blogengine.plugin.PostView",
        "blogengine.plugin.fragment",
        "blogengine.plugin.hookimpl",
        "markupsafe.Markup",
    ),
    single='''
@hookimpl
def post_footer_html(post: PostView) -> Markup:
    """Say something under every post."""
    words = Markup('<p class="$id">Thank you for reading “{}”.</p>')
    return words.format(post.title)
''',
    single_imports=("blogengine.plugin.PostView", "blogengine.plugin.hookimpl", "markupsafe.Markup"),
    files={
        "templates/footer.html": """{#- Stands under every post; `title` is the post's. -#}
<p class="$id">{{ _('Thank you for reading “%(title)s”.', title=title) }}</p>
""",
        "static/$id.css": ".$id { font-style: italic; }\n",
    },
    test="""
def test_every_post_has_its_line(blog: BlogKit, client: Visitor) -> None:
    blog.enable("$id")
    post_id = blog.write_post("Salt & pepper")
    assert "Thank you for reading “Salt &amp; pepper”." in client.get(blog.path_of(post_id)).text
""",
    test_imports=("blogengine.testing.BlogKit", "blogengine.testing.Visitor"),
)

ROUTE = Piece(
    "a page of its own at `/-/$id/`, kept in memory until a post changes",
    '''
pages = Blueprint("$id", __name__)


@pages.get("/")
@cacheable()
def index() -> Response:
    """List the newest posts."""
    newest = posts.query(PostQuery(max_results=10)).posts
    return public_page(
        "@$id/index.html",
        "$title",
        posts=newest,
    )


@hookimpl
def register_routes() -> Blueprint:
    """Serve the page."""
    return pages
''',
    (
        "blogengine.plugin.PostQuery",
        "blogengine.plugin.cacheable",
        "blogengine.plugin.hookimpl",
        "blogengine.plugin.posts",
        "blogengine.plugin.public_page",
        "flask.Blueprint",
        "flask.Response",
    ),
    single='''
pages = Blueprint("$id", __name__)


@pages.get("/")
@cacheable()
def index() -> Response:
    """List the newest posts, one a line."""
    newest = posts.query(PostQuery(max_results=10)).posts
    return Response("".join(f"{post.title} {post.url}\\n" for post in newest), mimetype="text/plain")


@hookimpl
def register_routes() -> Blueprint:
    """Serve the page."""
    return pages
''',
    single_imports=(
        "blogengine.plugin.PostQuery",
        "blogengine.plugin.cacheable",
        "blogengine.plugin.hookimpl",
        "blogengine.plugin.posts",
        "flask.Blueprint",
        "flask.Response",
    ),
    files={
        "templates/index.html": """{#- The newest posts; `page` is a Page, `posts` a list of PostView. -#}
{% extends 'base.html' %}
{% block main %}
<h1>{{ _('Newest posts') }}</h1>
<ul>
{% for post in posts %}
<li><a href="{{ post.url }}">{{ post.title }}</a></li>
{% else %}
<li>{{ _('There is nothing yet.') }}</li>
{% endfor %}
</ul>
{% endblock %}
"""
    },
    test="""
def test_the_page_follows_the_posts(blog: BlogKit, client: Visitor) -> None:
    blog.enable("$id")
    assert "Salt" not in client.get("/-/$id/").text
    path = blog.path_of(blog.write_post("Salt"))
    answer = client.get("/-/$id/")
    assert answer.status_code == 200
    assert "Salt" in answer.text
    assert path in answer.text
""",
    test_imports=("blogengine.testing.BlogKit", "blogengine.testing.Visitor"),
)

ADMIN = Piece(
    "a page for signed-in authors at `/admin/-/$id/`",
    '''
admin_pages = Blueprint("$id", __name__)


@admin_pages.get("/")
def index_for_authors() -> str:
    """List what changed last."""
    changed, _ = posts.all_posts(limit=20)
    return render_template("@$id/admin.html", posts=changed)


@hookimpl
def register_admin_pages() -> AdminPages:
    """Add an entry to the menu of signed-in authors."""
    return AdminPages(admin_pages, "$title", "index_for_authors")
''',
    (
        "blogengine.plugin.AdminPages",
        "blogengine.plugin.hookimpl",
        "blogengine.plugin.posts",
        "flask.Blueprint",
        "flask.render_template",
    ),
    single='''
admin_pages = Blueprint("$id", __name__)

ADMIN_PAGE = """
{% extends 'admin/base.html' %}
{% block title %}$title{% endblock %}
{% block main %}
<h1>$title</h1>
<ul>{% for post in posts %}<li>{{ post.title }}</li>{% else %}<li>Nothing yet.</li>{% endfor %}</ul>
{% endblock %}
"""


@admin_pages.get("/")
def index_for_authors() -> str:
    """List what changed last."""
    changed, _ = posts.all_posts(limit=20)
    return render_template_string(ADMIN_PAGE, posts=changed)


@hookimpl
def register_admin_pages() -> AdminPages:
    """Add an entry to the menu of signed-in authors."""
    return AdminPages(admin_pages, "$title", "index_for_authors")
''',
    single_imports=(
        "blogengine.plugin.AdminPages",
        "blogengine.plugin.hookimpl",
        "blogengine.plugin.posts",
        "flask.Blueprint",
        "flask.render_template_string",
    ),
    files={
        "templates/admin.html": """{#- What changed last; `posts` are stored posts. -#}
{% extends 'admin/base.html' %}
{% block title %}{{ _('$title') }}{% endblock %}
{% block main %}
<h1>{{ _('$title') }}</h1>
<ul>
{% for post in posts %}
<li>{{ post.title }}</li>
{% else %}
<li>{{ _('Nothing yet.') }}</li>
{% endfor %}
</ul>
{% endblock %}
"""
    },
    test="""
def test_authors_see_what_changed_last(blog: BlogKit, client: Visitor, owner_client: Visitor) -> None:
    blog.enable("$id")
    blog.write_post("Salt", publish=False)
    assert "Salt" in owner_client.get("/admin/-/$id/").text
    assert "Salt" not in client.get("/admin/-/$id/").text
""",
    test_imports=("blogengine.testing.BlogKit", "blogengine.testing.Visitor"),
)

JOB = Piece(
    "a job that is done every hour",
    '''
@hookimpl
def register_jobs() -> Mapping[str, Job]:
    """Count the posts every hour."""
    return {"count": Job(count, every=timedelta(hours=1))}


def count(payload: dict[str, Any]) -> None:
    """Keep how many posts are public; done twice, it does no harm."""
    total = posts.query(PostQuery(max_results=1)).total
    write(lambda tx: write_meta(tx, "blog", 0, "$id", "posts", total))
''',
    (
        "blogengine.plugin.Job",
        "blogengine.plugin.PostQuery",
        "blogengine.plugin.hookimpl",
        "blogengine.plugin.posts",
        "blogengine.plugin.write",
        "blogengine.plugin.write_meta",
        "collections.abc.Mapping",
        "datetime.timedelta",
        "typing.Any",
    ),
    test="""
def test_the_posts_are_counted_every_hour(blog: BlogKit, clock: FrozenClock) -> None:
    blog.enable("$id")
    blog.write_post("Salt")
    blog.run_jobs()
    clock.tick(hours=1)
    blog.run_jobs()
    with blog.app():
        assert read_meta("blog", [0], "$id")[0]["posts"] == 1
""",
    test_imports=(
        "blogengine.plugin.read_meta",
        "blogengine.testing.BlogKit",
        "blogengine.testing.FrozenClock",
    ),
)

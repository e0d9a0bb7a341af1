"""A theme keeps its contract or is told where it does not, and the blog wears none that fails unasked."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from blogengine.cli.main import group
from blogengine.errors import Refused
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from blogengine.testing import hidden_fields
from blogengine.web import themecheck

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def write(blog: BlogKit, files: dict[str, str]) -> None:
    """Write the theme `mine` into the blog's folder."""
    for name, text in {"theme.toml": 'name = "Mine"\nparent = "plain"\n', **files}.items():
        file = blog.site.config.instance / "themes" / "mine" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def check(blog: BlogKit, theme: str = "mine") -> str:
    with blog.app():
        return "\n".join(themecheck.check(theme))


@pytest.mark.parametrize("theme", ["classic", "paper", "plain"])
def test_the_themes_that_come_with_the_engine_keep_the_contract(blog: BlogKit, theme: str) -> None:
    assert check(blog, theme) == ""


CORE = Path(themecheck.__file__).parent.parent / "templates"

FAULTS = [
    (
        "templates/post.html",
        ("{{ slot('post_footer', post=post) }}", ""),
        "post.html: it shows the slot post_footer not at all; it belongs once under the text",
    ),
    (
        "templates/layout.html",
        ("{{ slot('footer', page=page) }}", "{{ slot('footer', page=page) }}" * 2),
        "it shows the slot footer 2 times",
    ),
    (
        "templates/listing.html",
        ("{{ under[post.id] }}", ""),
        "listing.html: it does not show the slot listing_posts once for each item",
    ),
    (
        "templates/_comment.html",
        ("{{ under[c.id] }}", ""),
        "post.html: it does not show the slot comments once for each",
    ),
    (
        "templates/layout.html",
        ("{{ boxes(sidebar) }}", ""),
        "it does not show the gadgets of the area sidebar",
    ),
    ("templates/layout.html", ("{{ head_assets() }}", ""), "its head lacks head_assets()"),
    (
        "templates/_comment_form.html",
        ("{{ asked(form, field) }}", ""),
        "the comment form does not show what plugins ask",
    ),
    (
        "templates/_comment_form.html",
        ('name="email_again"', 'name="other"'),
        "the comment form lacks email_again",
    ),
    ("templates/layout.html", ("</main>", ""), "line"),
    ("templates/layout.html", ("<main ", '<main style="color: red" '), "has a style attribute"),
    ("templates/layout.html", ("<main ", '<main onclick="x()" '), "has onclick"),
    (
        "templates/layout.html",
        ("</head>", "<script>x()</script><style>p{}</style></head>"),
        "an inline <script>",
    ),
    (
        "templates/layout.html",
        ('<main id="main"', '<main id="main"><p id="main"></p'),
        "the id 'main' is there twice",
    ),
    ("templates/error.html", ("page.heading", "page.headign"), "error.html cannot be shown: UndefinedError"),
    ("templates/error.html", ("{% endblock %}", "{% endblok %}"), "error.html: line"),
    (
        "templates/error.html",
        ("{{ page.message }}", "{{ page.message|safe }}"),
        "|safe shows what nobody cleaned",
    ),
    (
        "templates/error.html",
        ("{{ page.message }}", "{% if 0 %}{{ asset('nothing.css') }}{% endif %}"),
        "There is no static file 'nothing.css'",
    ),
    (
        "templates/error.html",
        ("{% extends 'base.html' %}", "{% extends 'bass.html' %}"),
        "There is no template bass.html in ",
    ),
]


@pytest.mark.parametrize(("name", "change", "said"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_of_a_template_is_named_with_its_place(
    blog: BlogKit, name: str, change: tuple[str, str], said: str
) -> None:
    text = (CORE / Path(name).name).read_text(encoding="utf-8")
    assert change[0] in text
    write(blog, {name: text.replace(*change)})
    assert said in check(blog)


TOML = [
    ('name = "Mine"\nparent = "gone"\n', "There is no theme 'gone'"),
    ('name = "Mine"\nparent = "plain"\n[settings.a]\ntype = "colour"\n', "has the type 'colour'"),
    (
        'name = "Mine"\nparent = "plain"\n[settings.a]\ntype = "color"\ndefault = "12"\n',
        "its default does not fit",
    ),
    ('name = "Mine"\nparent = "plain"\n[settings.a]\ntype = "choice"\ndefault = "x"\n', "needs choices"),
    ('name = "Mine"\nparent = "plain"\n[settings]\na = "red"\n', "must be a table: [settings.a]"),
]


@pytest.mark.parametrize(("toml", "said"), TOML, ids=range(len(TOML)))
def test_a_fault_of_the_description_is_named(blog: BlogKit, toml: str, said: str) -> None:
    write(blog, {"theme.toml": toml})
    assert said in check(blog)


def test_style_sheets_are_small_and_fetch_nothing_from_elsewhere(blog: BlogKit) -> None:
    large = "".join(
        f".c{number * 7919 % 99991} {{ order: {number * 104729 % 99991} }}\n" for number in range(2500)
    )
    write(blog, {"static/plain.css": f"@import url(https://fonts.example/x.css);\n{large}"})
    said = check(blog)
    assert "plain.css: '@import' asks for something" in said
    assert "bytes when packed" in said


@pytest.fixture
def faulty(blog: BlogKit) -> BlogKit:
    text = (CORE / "post.html").read_text(encoding="utf-8")
    write(blog, {"templates/post.html": text.replace("{{ slot('post_footer', post=post) }}", "")})
    return blog


def run(blog: BlogKit, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        group,
        ["--instance", str(blog.site.config.instance), *words],
        env={"BLOGENGINE_DATABASE_URL": blog.site.config.database_url},
    )
    return result.exit_code, f"{result.output}{result.exception or ''}"


def test_the_command_refuses_a_faulty_theme_unless_forced(faulty: BlogKit) -> None:
    code, said = run(faulty, "themes", "check", "mine")
    assert (code, "post_footer" in said, "1 to mend" in said) == (1, True, True)
    code, said = run(faulty, "themes", "use", "mine")
    assert code == 1
    assert "The theme mine was not taken: post.html: it shows the slot post_footer not at all" in said
    assert run(faulty, "settings", "theme=mine")[0] == 1
    assert run(faulty, "themes", "check")[0] == 0
    assert run(faulty, "themes", "use", "mine", "--force")[0] == 0
    assert "has 1 faults, the first: post.html" in run(faulty, "doctor")[1]


def test_the_owner_is_asked_before_the_blog_wears_a_faulty_theme(
    faulty: BlogKit, owner_client: Visitor, client: Visitor
) -> None:
    token = hidden_fields(owner_client.get("/admin/settings").text, "settings")
    asked = owner_client.send("/admin/themes", {"csrf_token": token["csrf_token"], "theme": "mine"})
    assert asked.status_code == 409
    assert "it shows the slot post_footer not at all" in asked.text
    assert faulty.site.current().blog.site.theme == "classic"
    refused = owner_client.send("/admin/settings", {**token, "theme": "mine"})
    assert refused.status_code == 422
    form = hidden_fields(asked.text, "confirm")
    owner_client.send(form.pop("__action__"), form)
    assert faulty.site.current().blog.site.theme == "mine"


def test_a_theme_that_fails_the_check_raises_a_refusal_that_says_how_to_see_all(faulty: BlogKit) -> None:
    with faulty.app(), pytest.raises(Refused, match="blogengine themes check mine"):
        themecheck.refuse_faulty("mine")

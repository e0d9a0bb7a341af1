"""The pieces that bring more than code: tables, gadgets, themes."""

from blogengine.scaffold.pieces import Piece

_MODEL = '''
class Base(DeclarativeBase):
    """Base of the plugin's models."""

    metadata = tables.metadata


class Version(Base):
    """How long a post was when it was saved."""

    __tablename__ = "$table"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int] = mapped_column(tables.reference("post"), index=True)
    length: Mapped[int]
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)


@hookimpl
def register_tables() -> Tables:
    """Declare the table; it is made when the plugin is enabled."""
    return tables


@hookimpl
def post_saved(post_id: int, draft: PostDraft, tx: Transaction) -> None:
    """Note the length, in the transaction that saves the post."""
    tx.session.add(Version(post_id=post_id, length=len(draft.source), saved_at=now()))


def lengths(post_id: int) -> list[int]:
    """Return how long a post was each time it was saved."""
    wanted = sa.select(Version.length).where(Version.post_id == post_id).order_by(Version.id)
    return list(session().scalars(wanted))
'''

_STEPS = """op.create_table(
        "$table",
        sa.Column("id", BigId, nullable=False),
        sa.Column("post_id", BigId, nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("saved_at", UTCDateTime, nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"],
            ["post.id"],
            name="fk_${table}_post_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_$table"),
    )
    op.create_index(
        "ix_${table}_post_id",
        "$table",
        ["post_id"],
    )
"""

_TABLE_IMPORTS = (
    "import sqlalchemy as sa",
    "blogengine.plugin.BigId",
    "blogengine.plugin.PostDraft",
    "blogengine.plugin.Tables",
    "blogengine.plugin.Transaction",
    "blogengine.plugin.UTCDateTime",
    "blogengine.plugin.hookimpl",
    "blogengine.plugin.now",
    "blogengine.plugin.session",
    "datetime.datetime",
    "sqlalchemy.orm.DeclarativeBase",
    "sqlalchemy.orm.Mapped",
    "sqlalchemy.orm.mapped_column",
)

TABLE = Piece(
    "a table of its own, on SQLite and PostgreSQL, with its migration",
    f"""
tables = Tables("$id")

{_MODEL}""",
    _TABLE_IMPORTS,
    single=f'''
def make_table(op: Any) -> None:
    """Make the table."""
    {_STEPS}

def drop_table(op: Any) -> None:
    """Drop it."""
    op.drop_table("$table")


tables = Tables("$id", migrations=[(make_table, drop_table)])

{_MODEL}''',
    single_imports=(*_TABLE_IMPORTS, "typing.Any"),
    files={
        "migrations/0001_version_of_post.py": f'''"""How long posts were when they were saved."""

import sqlalchemy as sa
from alembic import op
from blogengine.plugin import BigId
from blogengine.plugin import UTCDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    {_STEPS}

def downgrade() -> None:
    """Drop it."""
    op.drop_table("$table")
'''
    },
    test="""
@pytest.mark.databases("sqlite", "postgresql")
def test_each_saving_is_noted(blog: BlogKit) -> None:
    blog.enable("$id")
    post_id = blog.write_post("Salt", "one")
    blog.edit_post(post_id, source="three")
    with blog.app():
        assert lengths(post_id)[-1] == 5
""",
    test_imports=("import pytest", "blogengine.testing.BlogKit", "$module.lengths"),
)

GADGET = Piece(
    "a gadget: a box that the owner puts into sidebar or footer",
    '''
@dataclass(frozen=True)
class Box:
    """Settings of one box."""

    words: str = option("Good day", "Words", max_length=200)


def box(settings: Box, page: Page) -> Markup | None:
    """Show the words; without any, the box is left out."""
    return Markup("<p>{}</p>").format(settings.words) if settings.words else None


@hookimpl
def register_gadgets() -> Sequence[Gadget]:
    """Offer the box."""
    return [Gadget("box", "$title", box, Box, "A few words.")]
''',
    (
        "blogengine.plugin.Gadget",
        "blogengine.plugin.Page",
        "blogengine.plugin.hookimpl",
        "blogengine.plugin.option",
        "collections.abc.Sequence",
        "dataclasses.dataclass",
        "markupsafe.Markup",
    ),
    test="""
def test_the_box_shows_its_words(blog: BlogKit, client: Visitor) -> None:
    blog.enable("$id")
    blog.place_gadget("$id.box", words="Salt & pepper")
    assert "<p>Salt &amp; pepper</p>" in client.get("/").text
""",
    test_imports=("blogengine.testing.BlogKit", "blogengine.testing.Visitor"),
)

THEME = Piece(
    "a theme, to choose under Themes",
    '''
@hookimpl
def register_themes() -> Sequence[Path]:
    """Bring the theme along."""
    return [Path(__file__).parent / "themes" / "$id"]
''',
    ("blogengine.plugin.hookimpl", "collections.abc.Sequence", "pathlib.Path"),
    files={
        "themes/$id/theme.toml": """name = "$title"
version = "0.1.0"
parent = "plain"
summary = "The theme plain with colours of its own."

[settings.accent]
type = "color"
default = "#1f6f54"
label = "Links and buttons"
""",
        "themes/$id/templates/base.html": """{#- What all pages of this theme share; `page` is a Page of any kind. -#}
{% extends 'layout.html' %}
{% block stylesheets %}
{{ super() }}
<link rel="stylesheet" href="{{ asset('$id-theme.css') }}">
{% endblock %}
""",
        "themes/$id/static/$id-theme.css": """@import url("plain.css");

a { color: var(--accent); }
""",
    },
    test="""
def test_the_blog_can_wear_the_theme(blog: BlogKit, client: Visitor) -> None:
    blog.enable("$id")
    blog.change_settings(theme="$id")
    assert "$id-theme.css" in client.get("/").text
""",
    test_imports=("blogengine.testing.BlogKit", "blogengine.testing.Visitor"),
    needs_folder=True,
)

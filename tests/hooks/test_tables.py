"""Own tables of plugins: made when the plugin is enabled, read and written through the one session, and left behind."""

import sqlalchemy as sa

from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

NOTES = """
import sqlalchemy as sa
from sqlalchemy.orm import Mapped
from sqlalchemy.orm import mapped_column

def make(op):
    op.create_table(
        "p_notes_note",
        sa.Column("id", BigId, primary_key=True),
        sa.Column("post_id", BigId, sa.ForeignKey("post.id", ondelete="CASCADE")),
        sa.Column("text", sa.Text, nullable=False),
    )

tables = Tables("notes", migrations=[(make, lambda op: op.drop_table("p_notes_note"))])

class Note(tables.Base):
    __tablename__ = "p_notes_note"
    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    post_id: Mapped[int | None] = mapped_column(tables.reference("post"))
    text: Mapped[str] = mapped_column(sa.Text)

@hookimpl
def register_tables():
    return tables

@hookimpl
def register_routes():
    pages = Blueprint("notes", __name__)

    @pages.get("/add/<words>")
    def add(words):
        write(lambda tx: tx.session.add(Note(text=words)))
        return "stored"

    return pages

@hookimpl
def listing_footer_html(page):
    rows = session().scalars(sa.select(Note).order_by(Note.id))
    return Markup("<p>Notes: {}</p>").format(" ".join(note.text for note in rows))
"""


def tables_of(blog: BlogKit) -> set[str]:
    return {name for name in sa.inspect(blog.site.engine).get_table_names() if name.startswith("p_")}


def test_hook_register_tables(blog: BlogKit, client: Visitor) -> None:
    run(blog, "notes", NOTES)
    assert tables_of(blog) == {"p_notes_note", "p_notes_version"}
    assert "Notes: </p>" in client.get("/").text
    assert blog.site.cache.hits == 0
    assert "Notes: </p>" in client.get("/").text
    assert blog.site.cache.hits == 1
    assert client.get("/-/notes/add/one").text == "stored"
    assert "Notes: one</p>" in client.get("/").text
    blog.disable("notes")
    assert "Notes" not in client.get("/").text
    assert tables_of(blog) == {"p_notes_note", "p_notes_version"}
    blog.enable("notes")
    assert "Notes: one</p>" in client.get("/").text

"""The owner's page: how far the index is, and making it again."""

from flask import Blueprint
from flask import flash
from flask import redirect
from flask import render_template
from flask import url_for
from werkzeug import Response

from blogengine.plugin import enqueue
from blogengine.plugin import write
from blogengine_search import indexing

pages = Blueprint("search", __name__)


@pages.get("/")
def index() -> str:
    """Show how many posts are indexed."""
    indexed, there = indexing.progress()
    return render_template("@search/overview.html", indexed=indexed, there=there)


@pages.post("/again")
def again() -> Response:
    """Make the index again; until it is whole, the engine searches without it."""
    indexing.start_again()
    write(lambda tx: enqueue(tx, "search.catch_up", {}, key="search:all"))
    flash("The index is being made again. Searches work meanwhile, but take longer.")
    return redirect(url_for(".index"))

"""Finds posts by words: an index in the blog's own database, FTS5 on SQLite and tsvector on PostgreSQL.

Words are cut and folded here and not by the database, so both find the same: letters without accents, the beginnings
of words, `"exact phrases"`, `-without`. Posts with all words in the title stand first, then the newest.
"""

import sys
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import click
from click import Command
from markupsafe import Markup

from blogengine.plugin import AdminPages
from blogengine.plugin import Event
from blogengine.plugin import Gadget
from blogengine.plugin import HealthCheck
from blogengine.plugin import Job
from blogengine.plugin import Search
from blogengine.plugin import Tables
from blogengine.plugin import Transaction
from blogengine.plugin import enqueue
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine_search import indexing
from blogengine_search.models import tables
from blogengine_search.overview import pages
from blogengine_search.reading import matching

__all__ = [
    "installed",
    "post_deleted",
    "post_saved",
    "register_admin_pages",
    "register_commands",
    "register_gadgets",
    "register_health_checks",
    "register_jobs",
    "register_search",
    "register_tables",
]


@hookimpl
def register_tables() -> Tables:
    """Keep the index."""
    return tables


@hookimpl
def register_search() -> Search:
    """Answer searches from it."""
    return Search(matching)


@hookimpl
def register_jobs() -> Mapping[str, Callable[[dict[str, Any]], None] | Job]:
    """Index what was saved, and look now and then for what was not noticed, such as imported posts."""
    return {"index": indexing.index, "catch_up": Job(indexing.catch_up, every=timedelta(minutes=10))}


@hookimpl
def installed(tx: Transaction, from_version: str) -> None:
    """Index all posts there are."""
    enqueue(tx, "search.catch_up", {}, key="search:all")


@hookimpl
def post_saved(post_id: int, tx: Transaction) -> None:
    """Index a post anew."""
    enqueue(tx, "search.index", {"post_ids": [post_id]}, key=f"search:{post_id}")


@hookimpl
def post_deleted(post_id: int, event: Event) -> None:
    """Forget a post."""
    indexing.forget([post_id])


@hookimpl
def register_gadgets() -> Sequence[Gadget]:
    """Offer the search box."""
    return [Gadget("box", "Search", box, summary="A field in which readers look for words.")]


@click.command()
@click.option("--anew", is_flag=True, help="Forget the index first.")
def index(anew: bool) -> None:
    """Index all posts that are not in the index yet, now."""
    if anew:
        indexing.start_again()
    indexed, there = indexing.progress()
    with click.progressbar(length=there - indexed, label="Indexing", file=sys.stderr) as bar:
        for count in indexing.batches():
            bar.update(count)
    click.echo(f"{there} posts and pages are in the index.")


def box(settings: None, page: object) -> Markup:
    """Return the search box."""
    return fragment("@search/box.html")


@hookimpl
def register_commands() -> Sequence[Command]:
    """Offer to index at once."""
    return [index]


@hookimpl
def register_health_checks() -> Sequence[HealthCheck]:
    """Say when posts are missing in the index."""
    return [HealthCheck("index", indexing.health)]


@hookimpl
def register_admin_pages() -> AdminPages:
    """Say how far the index is."""
    return AdminPages(pages, "Search")

"""What matches: a select of post ids and ranks, in the words of each database."""

from typing import Any
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from blogengine.plugin import session
from blogengine_search.indexing import progress
from blogengine_search.models import FTS
from blogengine_search.models import VECTORS
from blogengine_search.words import Term
from blogengine_search.words import fts5
from blogengine_search.words import terms_of
from blogengine_search.words import tsquery


def matching(question: str) -> "sa.Select[Any] | None":
    """Return which posts match, with 1 where all stands in the title and 0 for others; None while posts are missing."""
    terms = terms_of(question)
    if not [term for term in terms if not term.is_excluded]:
        nothing: Any = sa.select(sa.literal(0), sa.literal(0)).where(sa.false())
        return cast("sa.Select[Any]", nothing)
    indexed, there = progress()
    if indexed < there:
        return None
    return _fts5(terms) if session().get_bind().dialect.name == "sqlite" else _tsvector(terms)


def _fts5(terms: list[Term]) -> "sa.Select[Any]":
    table: sa.ColumnClause[Any] = sa.literal_column(FTS.name)
    in_title = sa.select(FTS.c.rowid).where(table.op("MATCH")(f"title : ({fts5(terms)})"))
    rank = sa.case((FTS.c.rowid.in_(in_title), 1), else_=0)
    return sa.select(FTS.c.rowid, rank.label("rank")).where(table.op("MATCH")(fts5(terms)))


def _tsvector(terms: list[Term]) -> "sa.Select[Any]":
    asked, in_title = (sa.cast(tsquery(terms, weight=weight), postgresql.TSQUERY) for weight in ("", "A"))
    rank = sa.case((VECTORS.c.words.op("@@")(in_title), 1), else_=0)
    return sa.select(VECTORS.c.post_id, rank.label("rank")).where(VECTORS.c.words.op("@@")(asked))

"""The filter that the owner teaches: a naive Bayes classifier on log-odds (Robinson 2003), its counts in the database."""

import math
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects import sqlite

from blogengine.plugin import Transaction
from blogengine.plugin import session
from blogengine_antispam.models import Token

FEWEST = 20
"""Comments of each kind before the filter says anything."""
TELLING = 25
"""Words of a comment that count: those that say most."""
FORM = 2
"""Marks of a comment's form that count: most say the same again (a website, a name with a website, its ending)."""
LEAST = 0.7
"""Log-odds below which a word says nothing."""
STRENGTH = 1.0
"""How many comments it takes before a word is believed (Robinson's s)."""
HIGHEST = 6.0
"""The most points that the filter gives. It takes none off: with them, unseen spam in a reader's words passed (10 %)."""
SCALE = 0.5
"""Points for one of log-odds."""
TOTAL = 0

Counts = Mapping[int, tuple[int, int]]
"""Comments with a word, by its id: spam, ham; `TOTAL` has those of all."""


def weigh(words: Mapping[int, str], counts: Counts) -> tuple[float, list[str]]:
    """Return the points of a comment with these words, and the words that said most.

    0 while too little is known, or where nothing speaks for spam.
    """
    all_spam, all_ham = counts.get(TOTAL, (0, 0))
    if min(all_spam, all_ham) < FEWEST:
        return 0.0, []
    odds: dict[bool, list[tuple[float, str]]] = {True: [], False: []}
    for number, word in words.items():
        spam, ham = counts.get(number, (0, 0))
        if spam + ham == 0 or word[0] == "=":
            continue
        share = (spam / all_spam) / (spam / all_spam + ham / all_ham)
        believed = (STRENGTH * 0.5 + (spam + ham) * share) / (STRENGTH + spam + ham)
        value = math.log(believed / (1 - believed))
        if abs(value) >= LEAST:
            odds[word[0] == "#"].append((value, word))
    for group in odds.values():
        group.sort(key=lambda pair: abs(pair[0]), reverse=True)
    telling = [*odds[False][:TELLING], *odds[True][:FORM]]
    points = min(HIGHEST, SCALE * sum(value for value, _ in telling))
    if points < 0.05:
        return 0.0, []
    said = [word for value, word in telling if value > 0 and word[0] not in "#@" and ":" not in word]
    return points, said[:4]


def read(numbers: Iterable[int]) -> Counts:
    """Return the counts of these words, and of all comments."""
    wanted = [TOTAL, *numbers]
    rows = session().execute(sa.select(Token.id, Token.spam, Token.ham).where(Token.id.in_(wanted)))
    return {row[0]: (row[1], row[2]) for row in rows}


def count(tx: Transaction, kind: str, numbers: Iterable[int], by: int) -> None:
    """Add a comment of a kind (`by` 1), or take it back (-1)."""
    connection = tx.session.connection()
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    spam, ham = (by, 0) if kind == "spam" else (0, by)
    # Sorted, so that two transactions on PostgreSQL never wait for each other's rows in a ring.
    rows = [{"id": number, "spam": spam, "ham": ham} for number in sorted({TOTAL, *numbers})]
    insert = dialect.insert(Token)
    statement = insert.on_conflict_do_update(
        index_elements=["id"],
        set_={"spam": Token.spam + insert.excluded.spam, "ham": Token.ham + insert.excluded.ham},
    )
    connection.execute(statement, rows)
    if by < 0:
        tx.session.execute(
            sa.delete(Token).where(Token.id.in_([row["id"] for row in rows]), Token.spam <= 0, Token.ham <= 0)
        )

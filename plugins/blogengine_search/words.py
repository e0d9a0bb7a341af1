"""Cutting texts and questions into words, the same for every database."""

import re
import unicodedata
from dataclasses import dataclass

from blogengine.plugin import text

LONGEST = 40
"""Characters of a word that count."""
MOST = 16_000
"""Words of a text that are indexed (PostgreSQL keeps no position above 16,383)."""
QUESTION = 20
"""Words and phrases of a question that count."""
PREFIX = 3
"""Characters from which on the beginning of a word finds it."""

_WORD = re.compile(r"[^\W_]+")
_PART = re.compile(r'(-?)(?:"([^"]*)"|([^\s"]+))')
# Scripts without spaces between words: each character is a word, a word of the question a phrase of them.
_ALONE = re.compile(
    "([\u2e80-\u2fdf\u3005-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)


def words_of(plain: str) -> list[str]:
    """Return the words of a text, folded: small letters, no accents."""
    folded = unicodedata.normalize("NFKD", text.fold(plain))
    bare = "".join(character for character in folded if not unicodedata.combining(character))
    found = []
    for match in _WORD.finditer(_ALONE.sub(r" \1 ", unicodedata.normalize("NFC", bare))):
        found.append(match[0][:LONGEST])
        if len(found) == MOST:
            break
    return found


@dataclass(frozen=True, slots=True)
class Term:
    """What must stand in a text, or must not: words one after the other, the last one only begun where `is_prefix`."""

    words: tuple[str, ...]
    is_prefix: bool = False
    is_excluded: bool = False


def terms_of(question: str) -> list[Term]:
    """Return what a reader asks for: words, `"phrases"`, and with `-` before it what must not be there."""
    found = []
    for minus, phrase, word in _PART.findall(question):
        words = tuple(words_of(phrase or word))
        if not words:
            continue
        begins = bool(word) and len(words[-1]) >= PREFIX and not _ALONE.match(words[-1])
        found.append(Term(words, begins, bool(minus)))
    return found[:QUESTION]


def fts5(terms: list[Term]) -> str:
    """Return the question in the words of SQLite's FTS5; every term stands in quotes, so no word is an operator."""
    wanted = [_fts5_term(term) for term in terms if not term.is_excluded]
    unwanted = [_fts5_term(term) for term in terms if term.is_excluded]
    asked = " AND ".join(wanted)
    return f"({asked}) NOT ({' OR '.join(unwanted)})" if unwanted else asked


def _fts5_term(term: Term) -> str:
    return f'"{" ".join(term.words)}"' + ("*" if term.is_prefix else "")


def tsquery(terms: list[Term], *, weight: str = "") -> str:
    """Return the question as a PostgreSQL tsquery whose words are taken as they are; `weight` A asks for the title only."""
    return " & ".join(
        f"{'!' if term.is_excluded else ''}({_tsquery_term(term, '' if term.is_excluded else weight)})"
        for term in terms
    )


def _tsquery_term(term: Term, weight: str) -> str:
    marks = [weight] * (len(term.words) - 1) + [weight + ("*" if term.is_prefix else "")]
    return " <-> ".join(
        f"'{word}'" + (f":{mark}" if mark else "") for word, mark in zip(term.words, marks, strict=True)
    )


def tsvector(title: list[str], body: list[str]) -> str:
    """Return the words with their places in the form of a PostgreSQL tsvector; a gap keeps phrases within their part."""
    places: dict[str, list[str]] = {}
    for position, word in enumerate(title, 1):
        places.setdefault(word, []).append(f"{position}A")
    for position, word in enumerate(body, len(title) + 2):
        if position > 16_383:
            break
        places.setdefault(word, []).append(str(position))
    return " ".join(f"'{word}':{','.join(found[:255])}" for word, found in sorted(places.items()))


def has_phrase(words: list[str], term: Term) -> bool:
    """Whether `term` stands in `words`: what both databases must agree with."""
    length = len(term.words)
    for begin in range(len(words) - length + 1):
        part = words[begin : begin + length]
        if list(part[:-1]) == list(term.words[:-1]) and (
            part[-1].startswith(term.words[-1]) if term.is_prefix else part[-1] == term.words[-1]
        ):
            return True
    return False

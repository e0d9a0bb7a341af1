"""The editor's help: find a post, put its card into the text, and see what the cards in the text will say."""

import html as entities
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from urllib.parse import quote

from flask import g
from markupsafe import Markup

from blogengine.plugin import PostDraft
from blogengine.plugin import PostQuery
from blogengine.plugin import PostView
from blogengine.plugin import fragment
from blogengine.plugin import posts
from blogengine.plugin import text
from blogengine_also_on import cards
from blogengine_also_on.addresses import NAME
from blogengine_also_on.addresses import Reference
from blogengine_also_on.addresses import read

_SHOWN = 20
_LINE = re.compile(rf"^[ \t]*+(?:<p>)?\[\[{NAME}:((?:(?!\]\])[^\n])*+)\]\]", re.MULTILINE)


@dataclass(slots=True)
class Search:
    """What the author asked for, and what came of it."""

    q: str = ""
    found: list[PostView] = field(default_factory=list)
    picked: str = ""
    """Path of the chosen post."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A card as the author typed it, and what it will say; `problem` where readers will not see one."""

    typed: str
    card: cards.Card | None
    problem: str = ""


def act(draft: PostDraft, action: str, values: Mapping[str, str]) -> None:
    """Do what the pressed button says: `also_on:find` or `also_on:insert`."""
    search = Search(values.get("also_on_q", "").strip()[:2000], picked=values.get("also_on_pick", ""))
    g.also_on_search = search
    if action == "also_on:find":
        _find(search)
    elif action == "also_on:insert":
        _insert(draft, search)


def _find(search: Search) -> None:
    if _is_elsewhere(search.q):
        search.message = "This is the address of a page elsewhere: insert it as it is."
        return
    search.found = posts.query(PostQuery(q=search.q, max_results=_SHOWN)).posts
    if not search.found:
        search.message = (
            f"No public post has the words “{search.q}”." if search.q else "No post is public yet."
        )


def _insert(draft: PostDraft, search: Search) -> None:
    if search.picked and search.picked in posts.public_by_paths([search.picked]):
        address = search.picked
    elif not search.picked and _is_elsewhere(search.q):
        address = quote(search.q, safe="/%:=&~+!$,;'@()*?#")
    else:
        _find(search)
        search.message = search.message or "Choose one of these posts first."
        return
    marker = f"[[{NAME}: {address}]]"
    if draft.source_format == "html":
        marker = entities.escape(marker, quote=False)
    before = draft.source.rstrip()
    draft.source = f"{before}\n\n{marker}\n" if before else f"{marker}\n"
    search.q = search.picked = ""
    search.message = "The card stands at the end of the text. Move its line to where readers shall see it."


def _is_elsewhere(q: str) -> bool:
    return q.startswith(("http://", "https://")) and read(q) is not None


def show(draft: PostDraft) -> Markup:
    """Return the fields and buttons, what was found, and the cards in the text."""
    search = g.pop("also_on_search", None) or Search()
    return fragment("@also_on/editor.html", search=search, lines=_lines(draft))


def _lines(draft: PostDraft) -> list[Line]:
    typed = [found[1].strip() for found in _LINE.finditer(draft.source)]
    if draft.source_format == "html":
        typed = [text.unescape(arguments) for arguments in typed]
    references: dict[str, Reference | None] = {arguments: read(arguments) for arguments in typed}
    found = cards.find(reference for reference in references.values() if reference is not None)
    return [_line(arguments, reference, found) for arguments, reference in references.items()]


def _line(typed: str, reference: Reference | None, found: dict[Reference, cards.Card | None]) -> Line:
    if reference is None:
        return Line(
            typed, None, "This is no address, so it stays as typed. Write a path of this blog or https://…"
        )
    card = found[reference]
    if card is None:
        return Line(typed, None, "No post is public at this path: readers see no card until one is.")
    return Line(typed, card)

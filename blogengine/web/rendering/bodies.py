"""The text of posts: markers replaced by what plugins answer, and the part until the jump break."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from markupsafe import Markup
from markupsafe import escape

from blogengine import markup
from blogengine.pages import PostView
from blogengine.runtime import blog
from blogengine.sanitize import trusted

JUMP_BREAK = '<a name="more"></a>'
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)[^>]*?>")
_VOID = frozenset({"area", "br", "col", "hr", "img", "source", "track", "wbr", "embed", "input"})


def fill_bodies(posts: Iterable[PostView], *, until_jump: bool = False) -> None:
    """Set `body` of all `posts`: markers are replaced in one call for all; `until_jump` cuts at the jump break."""
    split = [(post, markup.split_markers(_cut(post) if until_jump else post.html)) for post in posts]
    markers = [part for _, parts in split for part in parts if isinstance(part, markup.Marker)]
    answers: dict[int, Any] = {}
    if markers:
        for answer in reversed(blog().hook.markers_html(markers=markers)):
            answers.update(answer)
    position = 0
    for post, parts in split:
        pieces: list[Markup] = []
        for part in parts:
            if isinstance(part, markup.Marker):
                shown = answers.get(position)
                pieces.append(_as_typed(part) if shown is None else escape(shown))
                position += 1
            else:
                pieces.append(trusted(part))
        post.body = Markup("").join(pieces)


def _as_typed(marker: markup.Marker) -> Markup:
    return Markup("<p>[[{}:{}]]</p>").format(marker.name, f" {marker.arguments}" if marker.arguments else "")


def _cut(post: PostView) -> str:
    """Return the part before the jump break, closed properly, with a link to the whole; all of it without one."""
    head, found, _ = post.html.partition(JUMP_BREAK)
    if not found:
        return post.html
    opened: list[str] = []
    for match in _TAG.finditer(head):
        name = match[2]
        if name in _VOID:
            continue
        if match[1]:
            if opened and opened[-1] == name:
                opened.pop()
        else:
            opened.append(name)
    closing = "".join(f"</{name}>" for name in reversed(opened))
    return f'{head}{closing}<p class="jump-link"><a href="{escape(post.url)}#more">Read more »</a></p>'


def label_url(label: str) -> str:
    """Return the path of a label's page."""
    return _label_path(label)


@lru_cache(maxsize=1024)
def _label_path(label: str) -> str:
    return f"/search/label/{quote(label, safe='')}"

"""Slots: what plugins put into the places of templates, for one page or for all items of a list at once."""

from collections.abc import Callable
from typing import Any

import pluggy
from markupsafe import Markup
from markupsafe import escape

from blogengine.pages import ErrorPage
from blogengine.runtime import blog

_NOTHING = Markup("")


class Fills(dict[int, Markup]):
    """What plugins put under the items of a list, by id; nothing where they put nothing."""

    def __missing__(self, item_id: int) -> Markup:
        return _NOTHING


def slot(name: str, **values: Any) -> Markup:
    """Return what all plugins put into the place `name`: clean HTML one after the other; other text is escaped.

    A place that this engine does not know is empty: a theme may be newer than the engine.
    """
    caller = _caller(name)
    if caller is None or is_out_of_order(values.get("page")):
        return _NOTHING
    pieces = [piece for piece in caller(**values) if piece is not None]
    if len(pieces) == 1:
        return escape(pieces[0])
    return Markup("\n").join(pieces) if pieces else _NOTHING


def batch_slot(name: str, **values: Any) -> Fills:
    """Return what all plugins put under the items of a list: clean HTML by the item's id, asked for once for all items."""
    fills = Fills()
    caller = _caller(name)
    if caller is None or not all(values.get(key, True) for key in ("posts", "comments", "comment_ids")):
        return fills
    for answer in caller(**values):
        for item_id, piece in answer.items():
            if piece is not None:
                html = piece if type(piece) is Markup else escape(piece)
                fills[item_id] = Markup("\n").join((fills[item_id], html)) if item_id in fills else html
    return fills


def _caller(name: str) -> Callable[..., list[Any]] | None:
    """Return what calls the plugins that fill a place; None where none does, as most do in most places."""
    caller: pluggy.HookCaller | None = getattr(blog().hook, f"{name}_html", None)
    return caller if caller is not None and caller.get_hookimpls() else None


def is_out_of_order(page: Any) -> bool:
    """Whether `page` says that the blog itself failed: no plugin is asked then, for what it needs may be what failed."""
    return isinstance(page, ErrorPage) and page.status >= 500

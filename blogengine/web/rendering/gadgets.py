"""Gadgets: the boxes that the owner has put into the areas of the theme, rendered once for each page."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from markupsafe import Markup
from markupsafe import escape

from blogengine.pages import Page
from blogengine.plugins.gadgets import Box
from blogengine.web.rendering.slots import is_out_of_order

BOXES = "blogengine_boxes"
"""Key in `app.extensions`: the boxes of each area."""


@dataclass(frozen=True, slots=True)
class GadgetView:
    """A box as themes show it: `kind` is a class (`gadget-gadgets-archive`), `title` may be empty."""

    id: int
    kind: str
    title: str
    html: Markup


def gadgets(area: str, page: Page) -> list[GadgetView]:
    """Return the boxes of an area of `page`, without those that have nothing to show here."""
    boxes: Sequence[Box] = current_app.extensions[BOXES].get(area, ())
    if not boxes or is_out_of_order(page):
        return []
    shown = []
    for box in boxes:
        html = box.offered.html(box.settings, page)
        if html:
            kind = f"gadget-{box.placed.gadget.replace('.', '-').replace('_', '-')}"
            shown.append(GadgetView(box.placed.id, kind, box.placed.title, escape(html)))
    return shown

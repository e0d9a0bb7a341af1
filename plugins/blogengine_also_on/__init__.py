"""Cards to other posts and pages inside a post, and a list of related posts under it.

An author writes `[[also-on: URL or path | optional site name]]` on a line of its own, or picks a post in
the editor, and readers see a card with the other post's title in that place. A card to a post of this blog
follows its title and its address, and is gone while that post is not public. For a page elsewhere, title and
site are fetched once, after the author has saved; until then, and where there is nothing to fetch, the card
says what the address says.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from markupsafe import Markup

from blogengine.plugin import Asset
from blogengine.plugin import Link
from blogengine.plugin import Marker
from blogengine.plugin import PostDraft
from blogengine.plugin import PostView
from blogengine.plugin import Transaction
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine.plugin import posts
from blogengine_also_on import cards
from blogengine_also_on import hookspecs
from blogengine_also_on import looking
from blogengine_also_on import picking
from blogengine_also_on.addresses import NAME
from blogengine_also_on.addresses import host_of
from blogengine_also_on.addresses import read
from blogengine_also_on.addresses import words_of
from blogengine_also_on.settings import Settings
from blogengine_also_on.settings import current

__all__ = [
    "editor_html",
    "listing_posts_html",
    "markers_html",
    "post_footer_html",
    "post_header_html",
    "post_saved",
    "prepare_draft",
    "register_assets",
    "register_hooks",
    "register_jobs",
    "register_settings",
]


@hookimpl
def register_settings() -> type:
    """Let the owner switch the list of related posts, and name the site of own cards."""
    return Settings


@hookimpl
def register_hooks() -> ModuleType:
    """Let other plugins say which addresses elsewhere are posts of this blog."""
    return hookspecs


@hookimpl
def register_jobs() -> Mapping[str, Callable[[dict[str, Any]], None]]:
    """Fetch titles after the commit."""
    return {"look": looking.look}


@hookimpl
def register_assets() -> Sequence[Asset]:
    """Lay out the editor's list of found posts, which stands in every editor."""
    return [Asset("editor.css", "editor")]


@hookimpl
def post_header_html(post: PostView) -> Markup | None:
    """Say where a title leads that leads to another site."""
    return _elsewhere(post)


@hookimpl
def listing_posts_html(posts: Sequence[PostView]) -> Mapping[int, Markup]:
    """Say so in lists too: a click on such a title leaves the blog."""
    return {post.id: said for post in posts if (said := _elsewhere(post)) is not None}


def _elsewhere(post: PostView) -> Markup | None:
    if not post.title_link.startswith(("http://", "https://")):
        return None
    return fragment("@also_on/elsewhere.html", url=post.title_link, host=host_of(post.title_link))


@hookimpl
def markers_html(markers: Sequence[Marker]) -> Mapping[int, Markup]:
    """Show a card for each marker that points somewhere; a malformed one stays as it was typed."""
    asked = {
        position: reference
        for position, marker in enumerate(markers)
        if marker.name == NAME and (reference := read(marker.arguments)) is not None
    }
    found = cards.find(asked.values())
    return {position: _card(found[reference]) for position, reference in asked.items()}


def _card(card: cards.Card | None) -> Markup:
    return fragment("@also_on/card.html", card=card) if card is not None else Markup("")


@hookimpl
def post_saved(post_id: int, tx: Transaction) -> None:
    """Ask for the titles of pages elsewhere that the post has cards to."""
    looking.ask_for(tx, posts.get(post_id).html)


@hookimpl
def post_footer_html(post: PostView) -> Markup | None:
    """List the posts that share labels with this one."""
    settings = current()
    if not settings.related or not settings.how_many or post.kind != "post":
        return None
    links = [Link(path, title or words_of(path)) for path, title in posts.related(post, settings.how_many)]
    return fragment("@also_on/related.html", links=links) if links else None


@hookimpl
def editor_html(draft: PostDraft) -> Markup:
    """Offer to find a post and to put its card into the text."""
    return picking.show(draft)


@hookimpl
def prepare_draft(draft: PostDraft, action: str, values: Mapping[str, str]) -> None:
    """Find posts, or put the card of the chosen one at the end of the text."""
    picking.act(draft, action, values)

"""`prepare_*`: documents that a plugin may change before they are used."""

from collections.abc import Mapping

from blogengine.hookspecs.marks import hookspec
from blogengine.pages import Meta
from blogengine.pages import Page
from blogengine.pages import PostDraft


@hookspec
def prepare_draft(draft: PostDraft, action: str, values: Mapping[str, str]) -> None:
    """Change the text in the editor when a plugin's button was pressed.

    :param draft: the text as it stands; change it in place.
    :param action: what follows `<plugin id>:` in the button's value, with the id: `also_on:insert`.
    :param values: all fields of the form.

    Called before the editor is shown again; nothing is saved. Since 0.1.
    """


@hookspec
def prepare_meta(meta: Meta, page: Page) -> None:
    """Change what goes into the head of a page: title, description, links.

    :param meta: change it in place.
    :param page: the page, complete but for its rendered text.

    Called once for each public page that is rendered. Since 0.1.
    """

"""Past participles and the other verbs: what plugins hear of, and what they are asked when nobody else answers."""

from blogengine.db import Transaction
from blogengine.hookspecs.marks import hookspec
from blogengine.pages import PostDraft


@hookspec
def post_saved(post_id: int, draft: PostDraft, tx: Transaction) -> None:
    """Hear that a post was saved, inside the same transaction.

    :param post_id: the post's id.
    :param draft: what was saved.
    :param tx: write your own rows with it; put anything slow off with `enqueue`.

    Each plugin runs in a savepoint of its own: when it raises, its rows are taken back and the post is saved. Since 0.1.
    """

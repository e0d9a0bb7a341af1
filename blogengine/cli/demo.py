"""`blogengine demo`: an invented blog to look at."""

from datetime import datetime
from datetime import timedelta

import click

from blogengine import accounts
from blogengine import clock
from blogengine import comments
from blogengine import posts
from blogengine.cli.demo_texts import COMMENTS
from blogengine.cli.demo_texts import PAGES
from blogengine.cli.demo_texts import POSTS
from blogengine.cli.instance import Opener
from blogengine.cli.instance import pass_opener
from blogengine.errors import Refused
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft


@click.command()
@pass_opener
def demo(opener: Opener) -> None:
    """Fill an empty blog with invented posts and comments."""
    with opener.app(create=True):
        if posts.all_posts(limit=1)[0] or posts.all_posts(kind="page", limit=1)[0]:
            raise Refused(
                "This blog has posts already; nothing was added.", hint="Try it on another --instance."
            )
        paths: dict[str, str] = {}
        with click.progressbar([*POSTS, *PAGES], label="Writing posts") as texts:
            for text in texts:
                paths[text.title] = _write(
                    text.title, text.source, text.labels, text.days_ago, text.kind, paths
                )
        owned = accounts.has_owner()
        count = sum(_comment(title, paths) for title in COMMENTS)
    click.echo(
        f"{len(POSTS)} posts, {len(PAGES)} page and {count} comments were written. They are all made up."
    )
    if not owned:
        click.echo(
            "Nobody owns it yet: `blogengine init`, or the link that `blogengine serve` prints, changes that."
        )


def _write(
    title: str, source: str, labels: tuple[str, ...], days_ago: float, kind: str, paths: dict[str, str]
) -> str:
    """Write and publish one post; `{Title}` in its text becomes the path of the earlier post of that title."""
    for known, path in paths.items():
        source = source.replace("{" + known + "}", path)
    at: datetime = clock.now() - timedelta(days=days_ago)
    post_id = posts.save(PostDraft(title=title, source=source, labels=list(labels), kind=kind))
    posts.publish(post_id, at=at)
    stored = posts.get(post_id).path
    assert stored is not None
    return stored


def _comment(title: str, paths: dict[str, str]) -> int:
    post = posts.by_path(paths[title])
    assert post is not None
    parent: int | None = None
    facts = CommentFacts(has_origin_evidence=True, address_key="", honeypot_filled=False, signed_in=False)
    for name, website, text, answers in COMMENTS[title]:
        outcome = comments.submit(CommentDraft(text, name, website, parent if answers else None), post, facts)
        comments.approve([outcome.comment_id])
        parent = outcome.comment_id
    return len(COMMENTS[title])

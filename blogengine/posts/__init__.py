"""Posts and static pages: reading them, and the rules of their life."""

from blogengine.feeds import PostList
from blogengine.feeds import PostQuery
from blogengine.posts.addresses import PostAddress
from blogengine.posts.addresses import address_blocks
from blogengine.posts.addresses import addresses
from blogengine.posts.labelling import date_labels
from blogengine.posts.labelling import labels_in_use
from blogengine.posts.labelling import related
from blogengine.posts.listing import all_posts
from blogengine.posts.listing import draft_of
from blogengine.posts.listing import get
from blogengine.posts.listing import showing
from blogengine.posts.months import Month
from blogengine.posts.months import archive
from blogengine.posts.paths import free_path
from blogengine.posts.queries import query
from blogengine.posts.reading import by_id
from blogengine.posts.reading import by_path
from blogengine.posts.reading import in_period
from blogengine.posts.reading import neighbours
from blogengine.posts.reading import newest
from blogengine.posts.reading import newest_titles
from blogengine.posts.reading import public_by_ids
from blogengine.posts.reading import public_by_paths
from blogengine.posts.reading import redirect_for
from blogengine.posts.reading import static_pages
from blogengine.posts.renewing import put_off as put_off_rendering
from blogengine.posts.renewing import renew
from blogengine.posts.writing import delete_forever
from blogengine.posts.writing import publish
from blogengine.posts.writing import publish_due
from blogengine.posts.writing import restore
from blogengine.posts.writing import save
from blogengine.posts.writing import schedule
from blogengine.posts.writing import trash
from blogengine.posts.writing import unpublish

__all__ = [
    "Month",
    "PostAddress",
    "PostList",
    "PostQuery",
    "address_blocks",
    "addresses",
    "all_posts",
    "archive",
    "by_id",
    "by_path",
    "date_labels",
    "delete_forever",
    "draft_of",
    "free_path",
    "get",
    "in_period",
    "labels_in_use",
    "neighbours",
    "newest",
    "newest_titles",
    "public_by_ids",
    "public_by_paths",
    "publish",
    "publish_due",
    "put_off_rendering",
    "query",
    "redirect_for",
    "related",
    "renew",
    "restore",
    "save",
    "schedule",
    "showing",
    "static_pages",
    "trash",
    "unpublish",
]

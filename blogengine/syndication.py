"""Feeds between those who write them and those who add to them."""

from blogengine.feeds import FeedView
from blogengine.runtime import blog


def finish_feed(feed: FeedView) -> None:
    """Let plugins change the entries of `feed`; whoever writes feeds calls it before writing one."""
    if feed.entries:
        blog().hook.prepare_feed_entries(entries=feed.entries, feed=feed)

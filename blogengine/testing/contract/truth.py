"""Whether what a plugin shows is true for everybody, and for as long as the page says."""

from collections.abc import Callable
from datetime import timedelta

from blogengine import comments
from blogengine import posts
from blogengine.testing.coherence import TOKEN
from blogengine.testing.coherence import Oracle
from blogengine.testing.contract.trial import LABEL
from blogengine.testing.contract.trial import Trial
from blogengine.testing.visitors import Visitor

LATER = (timedelta(seconds=61), timedelta(hours=3), timedelta(days=40))
AGE = timedelta(days=800)
"""So old is everything when the clock is moved: the engine's own words ("2 years ago") hardly change any more."""
PAGES = 6
"""Pages that are looked at after each write."""
ANOTHER = {
    "User-Agent": "Another/2.0",
    "Accept-Language": "ar, fr;q=0.5",
    "Referer": "http://localhost/elsewhere",
    "X-Forwarded-For": "192.0.2.7",
    "DNT": "1",
}


def for_one_only(trial: Trial) -> list[str]:
    """Return the kept pages that are not the same for another visitor."""
    found = []
    for path in trial.public_paths():
        first = _made(trial, trial.client, path, {})
        if (path, b"") not in trial.blog.site.cache._entries:
            continue  # it says itself that it is for one visitor
        other = Visitor(trial.blog.site)
        other.set_cookie("seen", "before")
        if _made(trial, other, path, ANOTHER) != first:
            found.append(f"{path} is kept for all, but shows another visitor something else: ")
    return found


def untimely(trial: Trial) -> list[str]:
    """Return the pages that are still kept when they would be made otherwise."""
    found = []
    paths = trial.public_paths()
    present = trial.clock.moment
    old = present + AGE
    for span in LATER:
        trial.clock.moment = old
        trial.blog.site.cache.clear()
        before = {path: TOKEN.sub("", trial.client.get(path).text) for path in paths}
        trial.clock.moment = old + span
        kept = [path for path in paths if trial.blog.site.cache.get((path, b"")) is not None]
        for path in kept:
            now = TOKEN.sub("", _made(trial, trial.client, path, {}))
            if now != before[path]:
                found.append(
                    f"{path} is kept, but reads otherwise {span} later; call expires(moment) where the time is read: "
                    f"{difference(before[path], now)}"
                )
    trial.clock.moment = present
    trial.blog.site.cache.clear()
    return found


def _made(trial: Trial, visitor: Visitor, path: str, headers: dict[str, str]) -> str:
    trial.blog.site.cache.clear()
    return visitor.get(path, headers=headers).text


def difference(before: str, after: str) -> str:
    """Return the first lines in which two pages differ."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    one, other = next(((a, b) for a, b in pairs if a != b), (before[-80:], after[-80:]))
    return f"{one.strip()[:200]!r} became {other.strip()[:200]!r}"


def check_after_writes(trial: Trial) -> None:
    """Look at all pages after each kind of write. Raises `AssertionError` for one that is kept and not true."""
    oracle = Oracle(trial.blog, trial.client, most=PAGES)
    try:
        oracle.check("the first look")
        for name, write in _writes(trial):
            write()
            oracle.check(name)
    finally:
        oracle.close()


def _writes(trial: Trial) -> list[tuple[str, Callable[[], object]]]:
    blog, first = trial.blog, trial.posts[0]

    def in_app(service: Callable[..., object], *arguments: object) -> Callable[[], None]:
        def act() -> None:
            with blog.app():
                service(*arguments)

        return act

    def comment() -> None:
        made = blog.write_comment(first, "Another comment.")
        with blog.app():
            comments.approve([made.comment_id])

    return [
        ("a comment", comment),
        ("an edited post", lambda: blog.edit_post(first, title="Edited", source="Edited text.", labels=[])),
        ("a new post", lambda: trial.write_post("New")),
        ("an unpublished post", in_app(posts.unpublish, first)),
        ("a published post", in_app(posts.publish, first)),
        ("a label", lambda: blog.edit_post(first, labels=[LABEL], title="Post 0", source=trial.post_source)),
        ("a setting of the blog", lambda: blog.change_settings(title="Another title")),
        ("jobs", blog.run_jobs),
        ("another time", lambda: trial.clock.tick(days=1, minutes=1)),
    ]

"""The HTML of pages with and without a plugin: whole, and within the content security policy."""

import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from urllib.parse import urlsplit

from blogengine import htmlscan
from blogengine.testing.contract.trial import Trial
from blogengine.web.security import policy

VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
DATA = ("application/ld+json", "application/json")
"""Types of script elements that hold data and run nothing."""
LOADING = {"embed": "src", "frame": "src", "iframe": "src", "object": "data", "script": "src", "track": "src"}

Check = Callable[[str], Iterator[str]]


def added_by(trial: Trial, check: Check) -> list[str]:
    """Return what `check` finds in pages with the plugin and does not find in the same pages without it."""
    cycle = trial.cycle()
    return [
        f"{path}: {what}"
        for (path, by_owner), page in cycle.pages.items()
        for what in Counter(check(page.html)) - Counter(check(cycle.pages_without[path, by_owner].html))
    ]


def broken(html: str) -> Iterator[str]:
    """Yield what is not closed, closed without having been open, or named twice."""
    opened: list[str] = []
    ids: Counter[str] = Counter()
    for tag in htmlscan.tags(htmlscan.without_scripts(html)):
        ids.update(value for name, value in tag.attributes if name == "id" and not tag.closing)
        if tag.name in VOID or tag.name == "!":
            continue
        if not tag.closing:
            opened.append(tag.name)
        elif opened and opened[-1] == tag.name:
            opened.pop()
        elif tag.name in opened:
            while (left := opened.pop()) != tag.name:
                yield f"<{left}> has no end before </{tag.name}>"
        else:
            yield f"</{tag.name}> ends nothing"
    yield from (f"<{left}> has no end" for left in opened)
    yield from (f'id="{name}" stands {times} times' for name, times in ids.items() if times > 1)


def against_the_policy(html: str) -> Iterator[str]:
    """Yield what a browser would refuse: it may do nothing that is not on the blog itself."""
    for tag in htmlscan.tags(html):
        values = dict(tag.attributes)
        if tag.closing:
            continue
        if tag.name == "script" and "src" not in values and values.get("type") not in DATA:
            yield "an inline <script>"
        if tag.name in ("style", "base"):
            yield f"<{tag.name}>"
        if "style" in values:
            yield f'style="{values["style"]}" on <{tag.name}>'
        yield from (f"{name} on <{tag.name}>" for name in values if re.fullmatch(r"on[a-z]+", name))
        addresses = [values.get(LOADING.get(tag.name, ""), "")]
        if tag.name == "link" and "stylesheet" in values.get("rel", "").lower().split():
            addresses.append(values.get("href", ""))
        if tag.name == "form":
            addresses.append(values.get("action", ""))
        yield from (f"<{tag.name}> with {address}" for address in addresses if _is_elsewhere(address))
        if values.get("href", "").strip().lower().startswith("javascript:"):
            yield f"a javascript: address on <{tag.name}>"


def _is_elsewhere(address: str) -> bool:
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme not in ("",)


def changed_policies(trial: Trial) -> list[str]:
    """Return the pages whose header allows more than the engine's."""
    with trial.blog.app():
        wanted = policy()
    return [
        f"{path} is sent with another policy: {page.policy}"
        for (path, _), page in trial.cycle().pages.items()
        if not page.policy.startswith(wanted)
    ]

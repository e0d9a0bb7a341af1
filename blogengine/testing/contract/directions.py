"""A plugin in a blog that reads from right to left: sides are named by where a line starts and ends."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from blogengine.testing.contract import html
from blogengine.testing.contract.trial import Trial

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{};]*)\{([^{}]*)\}")
_ONE_WAY = re.compile(r"\[dir\b|:dir\(")
"""In the selector of a rule for pages of one direction, which may name sides."""
_NAMES = {"left": "inset-inline-start", "right": "inset-inline-end"}
_PARTS = re.compile(r"(?:scroll-)?(?:margin|padding)-(?:left|right)|border-(?:left|right)(?:-\w+)?")
_CORNERS = re.compile(r"border-(?:top|bottom)-(?:left|right)-radius")
_VALUES = ("text-align", "float", "clear")
LANGUAGE = "ar"


def sides_of(css: str) -> Iterator[tuple[int, str]]:
    """Yield line and sentence for each declaration that names left or right where start or end can be named."""
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), css)
    for rule in _RULE.finditer(text):
        if _ONE_WAY.search(rule[1]):
            continue
        at = rule.start(2)
        for declaration in rule[2].split(";"):
            name, _, value = declaration.partition(":")
            name, value = name.strip().lower(), value.strip().lower()
            better = _better(name, value)
            if better:
                start = at + len(declaration) - len(declaration.lstrip())
                yield (
                    text.count("\n", 0, start) + 1,
                    f"{name}: {value} is on one side in every language; write {better}",
                )
            at += len(declaration) + 1


def _better(name: str, value: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    if _PARTS.fullmatch(name):
        return name.replace("left", "inline-start").replace("right", "inline-end")
    if _CORNERS.fullmatch(name):
        return "border-start-start-radius and its like"
    word = value.removesuffix("!important").strip()
    if name in _VALUES and word in ("left", "right"):
        logical = {"left": "start", "right": "end"}[word]
        return f"{name}: {logical}" if name == "text-align" else f"{name}: inline-{logical}"
    return ""


def one_sided(trial: Trial) -> list[str]:
    """Return what of the plugin's style sheets and pages is made for one direction only."""
    folder = trial.blog.site.current().blog.plugins.folder_of(trial.plugin_id)
    found = [
        f"{file.name}, line {line}: {what}"
        for file in sorted(Path(folder).rglob("*.css"))
        for line, what in sides_of(file.read_text(encoding="utf-8"))
    ]
    found += html.added_by(trial, _aligned)
    before = trial.blog.site.current().blog.site.language
    trial.blog.change_settings(language=LANGUAGE)
    trial.blog.site.failures.take()
    try:
        for path in trial.public_paths():
            found += [f"{path} in a blog in Arabic: {problem}" for problem in _problems(trial, path)]
    finally:
        trial.blog.change_settings(language=before)
    noted = trial.blog.site.failures.take()
    raised = {f"{one.hook} raised {one.message}" for one in noted if one.plugin_id == trial.plugin_id}
    return found + [f"in a blog in Arabic {what}" for what in sorted(raised)]


def _aligned(page: str) -> Iterator[str]:
    yield from re.findall(r"<[^>]+\balign=[\"']?(?:left|right)\b[^>]*>", page)


def _problems(trial: Trial, path: str) -> Iterator[str]:
    """Yield what is wrong with a page now and was not in English."""
    trial.blog.site.cache.clear()
    answer = trial.client.get(path)
    if answer.status_code >= 500:
        yield f"it answers {answer.status_code}"
    if answer.mimetype == "text/html":
        yield from Counter(html.broken(answer.text)) - Counter(
            html.broken(trial.cycle().pages[path, False].html)
        )

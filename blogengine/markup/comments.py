"""Comments: a visitor's text as clean HTML."""

import re

from markupsafe import Markup

from blogengine import sanitize
from blogengine.htmlscan import check_length

GENERATED = 5
"""What is generated is longer than its source; its tags and entities are bounded like any other's."""

_INLINE_TAGS = "a|b|i|em|strong|code|del"
_BLOCK_TAGS = "pre|blockquote|p|ul|ol|li"
_COMMENT_TAG = re.compile(
    rf"<(/?)(?:({_BLOCK_TAGS})|(br)|{_INLINE_TAGS})(?:[\s/](?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)?>",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^>]*>")


def render_comment(source: str) -> Markup:
    """Return the clean HTML of a visitor's text: a blank line ends a paragraph, a line break is one.

    The few tags that `sanitize.clean_comment` allows work; every other `<` is shown as it was typed, so that
    `a < b` and `<foo>` lose no word. Raises `Refused` (`too_long`, `too_deep`, `too_much_markup`).
    """
    limits = sanitize.COMMENT.limits
    check_length(source, limits)
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    blocks = _Blocks()
    position = 0
    for found in _COMMENT_TAG.finditer(source):
        blocks.text(source[position : found.start()].replace("<", "&lt;"))
        position = found.end()
        if found[2]:
            blocks.tag(found[2].lower(), closing=bool(found[1]), spelled=found[0])
        else:
            blocks.text("\n" if found[3] else found[0].replace("\n", " "))
            position += bool(found[3]) and source.startswith("\n", position)
    blocks.text(source[position:].replace("<", "&lt;"))
    return sanitize.clean_comment(blocks.close(), characters=limits.characters * GENERATED)


class _Blocks:
    """A comment's blocks as they fill: loose text becomes paragraphs, a visitor's own blocks stay."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.loose: list[str] = []
        self.open: list[str] = []

    def text(self, text: str) -> None:
        self.loose.append(text)

    def tag(self, name: str, *, closing: bool, spelled: str) -> None:
        self._settle()
        if not closing:
            self.open.append(name)
        elif name in self.open:
            while self.open.pop() != name:
                pass
        self.done.append(spelled)

    def close(self) -> str:
        self._settle()
        return "".join(self.done)

    def _settle(self) -> None:
        text = "".join(self.loose)
        self.loose.clear()
        if "pre" in self.open:
            self.done.append(text)
            return
        paragraphs = [
            "<br>\n".join(line.strip() for line in paragraph.split("\n"))
            for paragraph in re.split(r"\n[ \t]*+\n\s*", text.strip())
        ]
        if not self.open or self.open[-1] == "blockquote":
            self.done.extend(
                f"<p>{lines}</p>" if _ANY_TAG.sub("", lines).strip() else lines for lines in paragraphs
            )
        else:
            self.done.append("<br>\n<br>\n".join(paragraphs))

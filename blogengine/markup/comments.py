"""Comments: a visitor's text as clean HTML."""

import re
from html import escape

from markupsafe import Markup

from blogengine import sanitize
from blogengine.htmlscan import check_length
from blogengine.markup import signs

GENERATED = 5
"""What is generated is longer than its source; its tags and entities are bounded like any other's."""

LINKS = 200
"""Addresses that are made links; where a comment has more, none is: it costs time, and nobody follows them."""

_INLINE_TAGS = "a|b|i|em|strong|code|del"
_BLOCK_TAGS = "pre|blockquote|p|ul|ol|li"
_COMMENT_TAG = re.compile(
    rf"`[^`\n]+`|<(/?)(?:({_BLOCK_TAGS})|(br)|{_INLINE_TAGS})(?:[\s/](?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)?>",
    re.IGNORECASE,
)
_CODE_TAG = re.compile(r"</?code\b", re.IGNORECASE)
_LINK_TAG = re.compile(r"</?a\b", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]*>")


def render_comment(source: str) -> Markup:
    """Return the clean HTML of a visitor's text: a blank line ends a paragraph, a line break is one.

    A few signs of Markdown and the few tags that `sanitize.clean_comment` allows work; every other `<` is shown as it was
    typed, so that `a < b` and `<foo>` lose no word. Raises `Refused` (`too_long`, `too_deep`, `too_much_markup`).
    """
    limits = sanitize.COMMENT.limits
    check_length(source, limits)
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    blocks = _Blocks(links=source.count("://") <= LINKS)
    for is_code, part in signs.fenced(source):
        if is_code:
            blocks.code(part)
        else:
            _read(part, blocks)
    return sanitize.clean_comment(blocks.close(), characters=limits.characters * GENERATED)


def _read(source: str, blocks: "_Blocks") -> None:
    position = 0
    is_code = is_link = False
    for found in _COMMENT_TAG.finditer(source):
        blocks.words(source[position : found.start()], is_code=is_code, is_link=is_link)
        position = found.end()
        if found[0].startswith("`"):
            blocks.words(found[0], is_code=is_code, is_link=is_link)
        elif found[2]:
            blocks.tag(found[2].lower(), closing=bool(found[1]), spelled=found[0])
        else:
            blocks.text("\n" if found[3] else found[0].replace("\n", " "))
            position += bool(found[3]) and source.startswith("\n", position)
            if _CODE_TAG.match(found[0]):
                is_code = not found[1]
            elif _LINK_TAG.match(found[0]):
                is_link = not found[1]
    blocks.words(source[position:], is_code=is_code, is_link=is_link)


class _Blocks:
    """A comment's blocks as they fill: loose text becomes paragraphs, a visitor's own blocks stay."""

    def __init__(self, *, links: bool) -> None:
        self.links = links
        self.done: list[str] = []
        self.loose: list[str] = []
        self.open: list[str] = []

    def text(self, text: str) -> None:
        self.loose.append(text)

    def words(self, words: str, *, is_code: bool, is_link: bool) -> None:
        is_plain = is_code or "pre" in self.open
        self.loose.append(
            words.replace("<", "&lt;") if is_plain else signs.inline(words, links=self.links and not is_link)
        )

    def code(self, code: str) -> None:
        self._settle()
        self.done.append(f"<pre><code>{escape(code, quote=False)}</code></pre>")

    def tag(self, name: str, *, closing: bool, spelled: str) -> None:
        self._settle()
        if name == "li" and not {"ul", "ol"}.intersection(self.open):
            return  # it would end an item of the list that the page itself is
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
        paragraphs = re.split(r"\n[ \t]*+\n\s*", text.strip())
        if not self.open or self.open[-1] == "blockquote":
            for is_quoted, lines in (part for paragraph in paragraphs for part in signs.quotes(paragraph)):
                broken = _broken(lines)
                whole = f"<p>{broken}</p>" if _ANY_TAG.sub("", broken).strip() else broken
                self.done.append(f"<blockquote>{whole}</blockquote>" if is_quoted else whole)
        else:
            self.done.append("<br>\n<br>\n".join(map(_broken, paragraphs)))


def _broken(lines: str) -> str:
    return "<br>\n".join(line.strip() for line in lines.split("\n"))

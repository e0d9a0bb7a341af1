"""A post's text on its way from source to clean HTML, as plugins see it."""

import copy
import json
from dataclasses import dataclass
from dataclasses import field
from typing import Any
from xml.etree.ElementTree import Element

from blogengine import markup

FACTS_LIMIT = 20_000
"""Characters of JSON that one plugin may keep with a post through its document."""


@dataclass(slots=True)
class Document:
    """The text of a post or static page while it is made into HTML."""

    source: str
    """As typed, until `prepare_source` has changed it."""
    format: str
    """`markdown` or `html`."""
    kind: str = "post"
    """`post` or `page`."""
    post_id: int | None = None
    """None for a post that is not stored yet."""
    anchor: str = ""
    """Four letters that this post keeps for ever. End the ids that you make with it: a page may show many posts."""
    tree: Element = field(default_factory=lambda: Element("post"))
    """The clean HTML: one tree for all plugins, empty before `prepare_html`. Its root stands for the text."""
    data: dict[str, Any] = field(default_factory=dict)
    """What the plugin whose turn it is keeps with the post: anything JSON, by key; replaced each time."""
    facts: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    """`data` of all plugins by id; the engine's."""
    failed: set[str] = field(default_factory=set, repr=False)
    """Ids of the plugins whose part is missing; the engine's."""
    _turn: tuple[str, str, str] = field(default=("", "", ""), repr=False)
    _engines: tuple[Any, ...] = field(default=(), repr=False)

    def begin(self, plugin_id: str) -> Any:
        """Keep all as it is, and put the plugin's own data into its place."""
        turn = self._turn = (plugin_id, self.source, self.format)
        self._engines = (self.kind, self.post_id, self.anchor, self.facts, self.failed)
        engines = (self._engines, turn, dict(self.facts), set(self.failed))
        before = (self.source, self.format, copy.deepcopy(self.tree), dict(self.facts.get(plugin_id, {})))
        self.data = self.facts.setdefault(plugin_id, {})
        return engines, before

    def check(self) -> None:
        """Refuse what is no text, no tree, no JSON, or more than a post may hold."""
        engines = (self.kind, self.post_id, self.anchor, self.facts, self.failed)
        if any(now is not before for now, before in zip(engines, self._engines, strict=True)):
            raise TypeError("of a document only source, format, tree and data may be changed")
        if not isinstance(self.source, str) or not isinstance(self.format, str):
            raise TypeError("document.source and document.format must be text")
        self.source.encode()
        plugin_id, source, source_format = self._turn
        if (self.source, self.format) != (source, source_format):
            markup.check_source(self.source, self.format)
        if not isinstance(self.tree, Element):
            raise TypeError(f"document.tree must be an Element, not {self.tree!r:.200}")
        html = markup.as_html(self.tree)
        html.encode()
        markup.check_html(html)
        if not isinstance(self.data, dict) or not all(isinstance(key, str) for key in self.data):
            raise TypeError("document.data must be a dictionary with texts as keys")
        as_json = json.dumps(self.data, ensure_ascii=False, allow_nan=False)
        as_json.encode()
        if len(as_json) > FACTS_LIMIT or "\\u0000" in as_json:
            raise ValueError(f"document.data may hold {FACTS_LIMIT:,} characters of JSON without NUL")
        self.facts[plugin_id] = self.data

    def undo(self, plugin_id: str, before: Any) -> None:
        """Put everything back, and remember whose part is missing."""
        (self._engines, self._turn, facts, failed), before = before
        self.kind, self.post_id, self.anchor, self.facts, self.failed = self._engines
        self.facts.clear()
        self.facts.update(facts)
        self.failed.clear()
        self.failed.update(failed)
        self.source, self.format, self.tree, self.data = before
        self.facts[plugin_id] = self.data
        self.missed(plugin_id)

    def missed(self, plugin_id: str) -> None:
        """Remember whose part is missing."""
        self.failed.add(plugin_id)

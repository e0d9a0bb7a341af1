"""From a post's source to its clean HTML, with the plugins that take part in it, and which HTML is out of date."""

import hashlib
import json
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import is_dataclass
from typing import Any

from blogengine import markup
from blogengine.db import Transaction
from blogengine.documents import Document
from blogengine.meta import write_meta
from blogengine.plugins.discovery import Candidate
from blogengine.runtime import Blog
from blogengine.runtime import blog

HOOKS = ("prepare_source", "prepare_html")
FACTS = "document"
"""Key under which the engine keeps a plugin's `document.data` as the post's meta."""
ANCHOR_LENGTH = 4


@dataclass(frozen=True, slots=True)
class Rendered:
    """What became of a document."""

    html: str
    """Clean."""
    pipeline: int
    """Number of the pipeline that made it; below zero where a plugin's part is missing."""
    facts: dict[str, dict[str, Any]]
    """What each plugin keeps with the post."""


def anchor_of(atom_id: str) -> str:
    """Return the letters that end the ids in a post, made from what stays the same wherever the blog moves."""
    return "".join(
        "abcdefghijklmnop"[byte % 16] for byte in hashlib.sha256(atom_id.encode()).digest()[:ANCHOR_LENGTH]
    )


def render(document: Document) -> Rendered:
    """Return the clean HTML of `document`. A plugin that fails is left out; raises `Refused` for the author's own text."""
    if blog().hook.prepare_source.get_hookimpls():
        markup.check_source(document.source, document.format)
        blog().hook.prepare_source(document=document)
    html = markup.render_post(document.source, document.format)
    if blog().hook.prepare_html.get_hookimpls():
        document.tree = markup.as_tree(html)
        before = markup.as_html(document.tree)
        blog().hook.prepare_html(document=document)
        changed = markup.as_html(document.tree)
        # Whatever plugins put in goes through both cleaners again: none can open a hole by accident.
        html = html if changed == before else markup.clean(changed)
    pipeline = blog().pipeline
    return Rendered(str(html), -pipeline if document.failed else pipeline, document.facts)


def is_current(pipeline: int) -> bool:
    """Whether HTML with this number was made by the present pipeline, be it without the part of a plugin that failed."""
    return abs(pipeline) == blog().pipeline


def write_facts(tx: Transaction, post_id: int, facts: dict[str, dict[str, Any]]) -> None:
    """Keep what plugins found out about a post, in place of what they kept before."""
    for plugin_id, values in facts.items():
        write_meta(tx, "post", post_id, plugin_id, FACTS, values or None)


def pipeline_of(running: Blog) -> int:
    """Return the number of the pipeline of an app: the engine's own while no plugin takes part.

    Plugins that take part change it with their version, settings and code, so that posts are made again without
    anybody saving them. Fits into 31 bits.
    """
    plugins = running.plugins
    parts = []
    for setup in sorted(running.setup.plugins, key=lambda setup: setup.id):
        if any(plugins.implements(setup.id, hook) for hook in HOOKS):
            candidate = plugins.candidates[setup.id]
            settings = plugins.settings(setup.id) if setup.id in plugins.settings_classes else None
            values = asdict(settings) if is_dataclass(settings) and not isinstance(settings, type) else None
            parts.append([setup.id, candidate.manifest.version, repr(values), _digest_of_code(candidate)])
    if not parts:
        return markup.PIPELINE
    digest = hashlib.sha256(json.dumps([markup.PIPELINE, parts]).encode()).digest()
    return int.from_bytes(digest[:4], "big") & 0x7FFFFFFF | 0x40000000


def _digest_of_code(candidate: Candidate) -> str:
    """Digest a plugin's modules: the same on every machine, whatever the dates of its files."""
    digest = hashlib.sha256()
    for file in candidate.code_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()

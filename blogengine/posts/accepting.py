"""What is accepted as a post: lengths, formats, labels; a refusal says in which field of the editor."""

from typing import Any

from blogengine.errors import Refused
from blogengine.pages import PostDraft
from blogengine.text import accept_text
from blogengine.text import clean_slug

TITLE_LIMIT = 500
SOURCE_LIMIT = 500_000
LABEL_LIMIT = 200
LABELS_LIMIT = 50


def accept(draft: PostDraft) -> PostDraft:
    """Return `draft` with its texts checked and tidied; raises `Refused`."""
    labels: list[str] = []
    for label in draft.labels:
        name = _words("Label", label, LABEL_LIMIT)
        if name and name not in labels:
            labels.append(name)
    if len(labels) > LABELS_LIMIT:
        raise Refused(f"A post has at most {LABELS_LIMIT} labels; this one has {len(labels)}.")
    facts: dict[str, Any] = {
        "title": _words("Title", draft.title, TITLE_LIMIT),
        "source": _words("Text", draft.source, SOURCE_LIMIT, multiline=True),
        "custom_slug": clean_slug(draft.custom_slug)[:200],
        "description": _words("Search description", draft.description, 500, multiline=True).strip(),
        "title_link": _words("Title link", draft.title_link, 2000),
    }
    if draft.source_format not in ("markdown", "html"):
        raise Refused("The text must be Markdown or HTML.")
    if draft.comment_mode not in ("allow", "existing", "hide"):
        raise Refused("Comments must be allowed, shown or hidden.")
    if draft.kind not in ("post", "page"):
        raise Refused("This must be a post or a page.")
    link = facts["title_link"]
    if link and not link.startswith(("http://", "https://")):
        raise Refused("The title link must begin with http:// or https://.")
    return PostDraft(
        source_format=draft.source_format,
        kind=draft.kind,
        labels=labels,
        comment_mode=draft.comment_mode,
        published_at=draft.published_at,
        **facts,
    )


def _words(field: str, value: str, limit: int, *, multiline: bool = False) -> str:
    """Return a text as it is stored; a refusal says in which field of the editor."""
    try:
        value = accept_text(value, limit=limit, multiline=multiline)
    except Refused as refusal:
        raise Refused(f"{field}: {refusal.message}", code=refusal.code, hint=refusal.hint) from refusal
    return value if multiline else value.strip()

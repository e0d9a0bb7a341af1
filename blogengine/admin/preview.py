"""The preview: what is typed, shown by the same pipeline and template as the page that readers get."""

from dataclasses import dataclass
from dataclasses import field

from flask import Response
from flask import request
from markupsafe import Markup

from blogengine import clock
from blogengine import content
from blogengine.admin.drafts import EditorForm
from blogengine.documents import Document
from blogengine.models import Post
from blogengine.pages import PostDraft
from blogengine.pages import PostPage
from blogengine.pages import PostView
from blogengine.posts.accepting import SOURCE_LIMIT
from blogengine.posts.accepting import TITLE_LIMIT
from blogengine.text import accept_text
from blogengine.web import frame as public_frame
from blogengine.web import rendering
from blogengine.web import security


@dataclass(slots=True)
class PreviewPage(PostPage):
    """A post page that is not stored, with the editor's fields to go back with."""

    action: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)


def page_of(form: EditorForm, draft: PostDraft, stored: Post | None) -> Response:
    """Answer with the page that readers would get. Raises `Refused` for a text that cannot be shown."""
    view = _view(draft, stored)
    rendering.fill_bodies([view])
    page = PreviewPage(
        blog=public_frame.blog_view(),
        meta=public_frame.meta(f"Preview: {view.title}"),
        signed_in=True,
        flashes=[],
        post=view,
        comments=[],
        form=None,
        older_comments=None,
        newer_comments=None,
        older_post=None,
        newer_post=None,
        pages=public_frame.static_links(),
        action=request.path,
        fields=form.pairs(),
    )
    return rendering.respond("admin/preview.html", page)


def _view(draft: PostDraft, stored: Post | None) -> PostView:
    now = clock.now()
    user = security.current_user()
    author = stored.author_name if stored is not None else user.name if user is not None else ""
    source = accept_text(draft.source, limit=SOURCE_LIMIT)
    anchor = content.anchor_of(stored.atom_id) if stored is not None else ""
    document = Document(
        source, draft.source_format, draft.kind, stored.id if stored is not None else None, anchor
    )
    return PostView(
        id=stored.id if stored is not None else 0,
        kind=draft.kind,
        title=accept_text(draft.title, limit=TITLE_LIMIT, multiline=False).strip(),
        url=(stored.path or "") if stored is not None else "",
        status="published",
        published_at=draft.published_at or now,
        updated_at=stored.updated_at if stored is not None else None,
        modified_at=now,
        author_name=author,
        author_url=stored.author_url if stored is not None else "",
        html=content.render(document).html,
        body=Markup(""),
        labels=draft.labels,
        comment_count=0,
        comment_mode="hide",
        description=draft.description,
        title_link=draft.title_link if draft.title_link.startswith(("http://", "https://")) else "",
        author_id=user.id if user is not None else None,
    )

"""What `blogengine dev` adds to pages: a box with what went wrong, and a page while the blog cannot run."""

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any
from typing import NamedTuple

from markupsafe import Markup
from markupsafe import escape

SHEET = "/-/dev/dev.css"
CSS = """
.blogengine-dev { position: relative; margin: 1rem; padding: 0.75rem 1rem; border: 3px solid #b00020; border-radius: 4px;
  background: #fff4f4; color: #1a1a1a; font: 14px/1.4 system-ui, sans-serif; text-align: left; }
.blogengine-dev h2 { margin: 0 0 0.25rem; font-size: 16px; color: #b00020; }
.blogengine-dev p { margin: 0.25rem 0; }
.blogengine-dev summary { cursor: pointer; }
.blogengine-dev pre { overflow: auto; max-height: 24rem; margin: 0.5rem 0; padding: 0.5rem;
  background: #1a1a1a; color: #f2f2f2; font: 12px/1.4 ui-monospace, monospace; }
"""

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Trouble(NamedTuple):
    """Something that went wrong: where, what, and the traceback if there is one."""

    where: str
    what: str
    trace: str = ""


def box(troubles: Iterable[Trouble]) -> str:
    """Return the box, or nothing where all is well."""
    parts = [_one(trouble) for trouble in troubles]
    if not parts:
        return ""
    return Markup('<aside class="blogengine-dev" aria-label="blogengine dev">{}</aside>').format(
        Markup("").join(parts)
    )


def _one(trouble: Trouble) -> Markup:
    head = Markup("<h2>{}</h2><p>{}</p>").format(trouble.where, trouble.what)
    if not trouble.trace:
        return head
    return head + Markup("<details open><summary>Traceback</summary><pre>{}</pre></details>").format(
        trouble.trace
    )


def put_in(body: bytes, troubles: list[Trouble]) -> bytes:
    """Return a page with the box at the beginning of its body, and the style sheet in its head."""
    shown = box(troubles)
    if not shown:
        return body
    text = body.decode("utf-8", "replace")
    head, found, rest = text.partition("</head>")
    if found:
        text = f'{head}<link rel="stylesheet" href="{SHEET}">{found}{rest}'
    start = text.find("<body")
    at = text.find(">", start) + 1 if start != -1 else 0
    return f"{text[:at]}{shown}{text[at:]}".encode()


def page(title: str, troubles: list[Trouble]) -> bytes:
    """Return a page that has nothing but troubles."""
    head = f'<head><meta charset="utf-8"><title>{escape(title)}</title></head>'
    return put_in(f'<!doctype html><html lang="en">{head}<body></body></html>'.encode(), troubles)


def stand_in(code: int, said: list[str]) -> WSGI:
    """Return what answers while the blog's process cannot run."""
    what = (
        "Mend it and save: it starts again by itself. If it is a plugin: blogengine plugins disable NAME, or "
        "blogengine dev --safe."
    )
    trouble = Trouble(f"The blog's process ended ({code})", what, "".join(said))

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == SHEET:
            start_response("200 OK", [("Content-Type", "text/css; charset=utf-8")])
            return [CSS.encode()]
        start_response(
            "500 Internal Server Error",
            [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")],
        )
        return [page("The blog cannot run", [trouble])]

    return answer

"""The endpoint: takes the two addresses, answers at once, and leaves the look to a job (Webmention §3.2)."""

import hashlib
from typing import Any
from urllib.parse import urldefrag
from urllib.parse import urlsplit

from flask import Blueprint
from flask import redirect
from flask import request

from blogengine.plugin import Invalid
from blogengine.plugin import PostView
from blogengine.plugin import Refused
from blogengine.plugin import Transaction
from blogengine.plugin import blog
from blogengine.plugin import check_web_address
from blogengine.plugin import enqueue
from blogengine.plugin import posts
from blogengine.plugin import public_form
from blogengine.plugin import public_page
from blogengine.plugin import visitor_key
from blogengine.plugin import write
from blogengine_webmention.checking import JOB

pages = Blueprint("webmention", __name__)

ENDPOINT = "/-/webmention/"
LONGEST = 2000
"""Characters of an address."""


@pages.get("/")
def form() -> Any:
    """A form for people whose blog sends no webmentions."""
    return _form(request.args.get("target", "")[:LONGEST], said=request.args.get("said", ""))


@pages.post("/")
@public_form(rate=30, machines=True)
def take() -> Any:
    """Take a mention; whether it is one is looked at later."""
    source, target = (request.form.get(name, "").strip() for name in ("source", "target"))
    is_person = bool(request.form.get("form"))
    try:
        source, post = _accepted(source, target)
    except Invalid as invalid:
        if is_person:
            return _form(target[:LONGEST], source[:LONGEST], invalid.problems, 422)
        raise
    facts = {"source": source, "target": urldefrag(target)[0], "post_id": post.id, "network": visitor_key()}
    key = hashlib.sha256(f"{source} {post.id}".encode()).hexdigest()[:32]

    def change(tx: Transaction) -> None:
        enqueue(tx, JOB, facts, key=f"webmention:{key}")

    write(change)
    if is_person:
        return redirect(f"{ENDPOINT}?said=taken", 303)
    return "It will be looked at.\n", 202, {"Content-Type": "text/plain; charset=utf-8"}


def post_at(address: str) -> PostView | None:
    """Return the post of this blog that an address leads to; None where it is none that takes comments."""
    home, wanted = urlsplit(blog().url or request.host_url), urlsplit(address)
    if (wanted.scheme, wanted.netloc.lower()) != (home.scheme, home.netloc.lower()):
        return None
    post = posts.by_path(wanted.path)
    return post if post is not None and post.takes_comments else None


def _accepted(source: str, target: str) -> tuple[str, PostView]:
    problems = {}
    try:
        source = urldefrag(check_web_address(source))[0]
        if not source or len(source) > LONGEST:
            raise Refused("No address")
    except (Refused, ValueError):
        problems["source"] = (
            "source must be the address of the page that links, like https://example.org/page."
        )
    try:
        post = post_at(target) if len(target) <= LONGEST else None
    except ValueError:
        post = None
    if post is None:
        problems["target"] = "target must be the address of a post here that takes comments."
    elif source == urldefrag(target)[0]:
        problems["source"] = "source and target must be two pages."
    if problems or post is None:
        raise Invalid(problems)
    return source, post


def _form(
    target: str, source: str = "", problems: dict[str, str] | None = None, status: int = 200, said: str = ""
) -> Any:
    return public_page(
        "@webmention/form.html",
        "Webmention",
        private=True,
        status=status,
        target=target,
        source=source,
        problems={"source": "", "target": ""} | (problems or {}),
        is_taken=said == "taken",
    )

"""Whoever gives an e-mail address with a comment can have a link sent to it, and with that link, without an account, see,
change, take back, export and erase what is stored under the address, and follow posts.

A GET changes nothing: programs that look for viruses open every link in a mail.
"""

from collections.abc import Callable
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint
from markupsafe import Markup

from blogengine.plugin import CommentFormView
from blogengine.plugin import DataSubject
from blogengine.plugin import Job
from blogengine.plugin import Tables
from blogengine.plugin import Transaction
from blogengine.plugin import fragment
from blogengine.plugin import hookimpl
from blogengine_commenter_pass import links
from blogengine_commenter_pass import people
from blogengine_commenter_pass.follows import Hooks
from blogengine_commenter_pass.models import tables
from blogengine_commenter_pass.pages import pages
from blogengine_commenter_pass.settings import Settings
from blogengine_commenter_pass.settings import is_ready

__all__ = [
    "comment_form_html",
    "erase_personal_data",
    "export_personal_data",
    "prepare_comment_form",
    "register_hooks",
    "register_jobs",
    "register_routes",
    "register_settings",
    "register_tables",
]


@hookimpl
def register_settings() -> type:
    """Let the owner choose for how long."""
    return Settings


@hookimpl
def register_hooks() -> type:
    """Let other plugins say what is followed."""
    return Hooks


@hookimpl
def register_tables() -> Tables:
    """Keep whom links were sent to."""
    return tables


@hookimpl
def register_routes() -> Blueprint:
    """Serve the pages behind the link, and the one where it is asked for."""
    return pages


@hookimpl
def register_jobs() -> Mapping[str, Job | Callable[[dict[str, Any]], None]]:
    """Send links, and forget whom they were sent to."""
    return {"send": links.send, "forget": Job(links.forget_old, every=timedelta(days=1))}


@hookimpl
def prepare_comment_form(form: CommentFormView) -> None:
    """Ask for an address where links can be sent."""
    if not form.signed_in_name and is_ready():
        form.asks_email = True


@hookimpl
def comment_form_html(signed_in: bool) -> Markup | None:
    """Say where a link is to be had."""
    return None if signed_in or not is_ready() else fragment("@commenter_pass/hint.html")


@hookimpl
def export_personal_data(person: DataSubject) -> list[dict[str, Any]]:
    """Show that a link was sent."""
    return people.stored(person)


@hookimpl
def erase_personal_data(person: DataSubject, tx: Transaction) -> int:
    """Forget it, and end the link."""
    return people.erase(tx, person)

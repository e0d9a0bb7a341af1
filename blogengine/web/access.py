"""Whether who is signed in may do something; asked once for each permission and resource of a request."""

from collections.abc import Iterable

from flask import g
from flask import has_request_context

from blogengine import access
from blogengine.models import Post
from blogengine.pages import PostView
from blogengine.permissions import BLOG
from blogengine.permissions import Actor
from blogengine.permissions import Resource
from blogengine.runtime import blog
from blogengine.web import security


def can(permission: str, resource: Resource | None = None) -> bool:
    """Return whether who is signed in may do `permission`, with `resource` where that is about one thing.

    Visitors may nothing, and outside of a request nobody is signed in.
    """
    return bool(among(permission, [resource or BLOG]))


def among(permission: str, resources: Iterable[Resource]) -> set[Resource]:
    """Return those of `resources` for which who is signed in has `permission`; plugins are asked once for all."""
    wanted = list(resources)
    actor = _actor()
    if actor is None:
        return set()
    if access.is_judging():  # the answer then leaves out all judges: it is not what others get
        return access.allowed(actor, permission, wanted)
    known: dict[tuple[str, Resource], bool] = g.setdefault("permits", {})
    new = [one for one in dict.fromkeys(wanted) if (permission, one) not in known]
    if new:
        given = access.allowed(actor, permission, new)
        known.update({(permission, one): one in given for one in new})
    return {one for one in wanted if known[permission, one]}


def about(post: Post | PostView) -> Resource:
    """Return a post as what a permission is wanted for."""
    return Resource("post", post.id, post.author_id)


def denied(permission: str) -> str:
    """Return the sentence for somebody who lacks `permission`."""
    known = blog().permissions.get(permission)
    what = f"“{known.label}” ({known.name})" if known is not None else "a permission that nobody has"
    return f"This needs {what}, which you do not have here. An owner of this blog can give it to you."


def _actor() -> Actor | None:
    user = security.current_user() if has_request_context() else None
    return access.actor_of(user) if user is not None else None

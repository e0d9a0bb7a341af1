"""Which answers may be kept: views say so, and name the query parameters that their pages depend on."""

import functools
from collections.abc import Callable
from typing import Any
from typing import TypeVar

from flask import make_response
from flask import request

from blogengine.pagecache import current_view
from blogengine.web import personal

F = TypeVar("F", bound=Callable[..., Any])


def cacheable(*query: str) -> Callable[[F], F]:
    """Let answers of a view be kept, one for each set of values of the parameters `query`.

    A request with any other parameter is answered afresh. The view must read nothing of the request but its path and
    these parameters; an answer that sets a cookie or varies by one is never kept.
    """
    allowed = frozenset(query)

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*arguments: Any, **values: Any) -> Any:
            view = current_view()
            if view is not None:
                view.cacheable = _is_plain(allowed)
            response = make_response(function(*arguments, **values))
            if view is not None and view.cacheable and "Set-Cookie" in response.headers:
                personal.note_cookie(function, (request.endpoint or "").partition(".")[0])
            is_shared = view is not None and not view.personal
            shared = "public, max-age=0, must-revalidate"
            response.headers.setdefault("Cache-Control", shared if is_shared else "no-store")
            return response

        return call  # type: ignore[return-value]

    return decorate


def _is_plain(allowed: frozenset[str]) -> bool:
    """Whether the query has only parameters of `allowed`, each once; `?&&&` is not kept beside the page itself."""
    names = [name for name, _ in request.args.items(multi=True)]
    return (
        allowed.issuperset(names)
        and len(names) == len(set(names))
        and bool(names or not request.query_string)
    )

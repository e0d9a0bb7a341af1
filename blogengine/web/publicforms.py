"""Forms of plugins that stand on kept pages: let in by where they come from and how often, not by a token."""

import functools
import threading
from collections.abc import Callable
from typing import Any
from typing import TypeVar

from flask import current_app
from flask import g
from flask import request
from werkzeug.exceptions import Forbidden
from werkzeug.exceptions import TooManyRequests

from blogengine import clock
from blogengine import comments
from blogengine.pagecache import current_view
from blogengine.web import security

WINDOW = 600
"""Seconds over which requests are counted."""
NETWORKS = 20_000
"""Networks that are counted at a time; where more send, counting begins anew."""

F = TypeVar("F", bound=Callable[..., Any])


class _Counter:
    """How often each network used each form in this window, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._sent: dict[tuple[str, str], int] = {}

    def add(self, form: str, network: str) -> int:
        """Count one more and return how many there are."""
        window = int(clock.timestamp()) // WINDOW
        with self._lock:
            if window != self._window or len(self._sent) >= NETWORKS:
                self._window, self._sent = window, {}
            count = self._sent.get((form, network), 0) + 1
            self._sent[form, network] = count
            return count


def public_form(*, rate: int = 30, machines: bool = False) -> Callable[[F], F]:
    """Let a view take forms without a CSRF token, so that the form may stand on a page that is kept for everybody.

    Instead the request must come from a page of this blog, and a network (/24 or /56) may send `rate` of them in ten
    minutes to each process; then the answer is 429. `rate=0` does not count. A signed-in author is a visitor to such a view.
    With `machines` it takes requests, too, that no browser sent: other servers and apps, which say nothing of where they
    come from. The view then checks by itself who they are. Write it below the route.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def call(*arguments: Any, **values: Any) -> Any:
            if request.method not in security.SAFE:
                _check(rate, machines)
            return function(*arguments, **values)

        return security.public(call)  # type: ignore[return-value]

    return decorate


def visitor_key() -> str:
    """Return the keyed digest of the visitor's network: enough to count by, not enough to find a person.

    Empty where the server does not know an address. A page that reads it is not kept.
    """
    view = current_view()
    if view is not None:
        view.cacheable, view.personal = False, True
    return comments.address_key(security.client_address())


def _check(rate: int, machines: bool) -> None:
    if not (machines or g.has_origin_evidence):
        raise Forbidden(
            "Your browser did not say from which page this form was sent. Open the page of this blog and send it again; "
            "an extension of your browser may hold that back."
        )
    g.user = None
    network = visitor_key()
    if not rate or not network:
        return
    counter = current_app.extensions.setdefault("blogengine.public_forms", _Counter())
    if counter.add(request.endpoint or "", network) > rate:
        left = WINDOW - int(clock.timestamp()) % WINDOW
        raise TooManyRequests(
            f"Too much was sent from where you are. Try again in {left // 60 + 1} minutes.", retry_after=left
        )

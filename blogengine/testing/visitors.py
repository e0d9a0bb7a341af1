"""Visitors of a blog in a test: browsers without JavaScript."""

import re
from collections.abc import Mapping
from typing import Any

from werkzeug.test import Client
from werkzeug.test import TestResponse


class Visitor(Client):
    """A visitor's browser without JavaScript: follows nothing by itself, sends forms as a browser does."""

    def open(self, *arguments: Any, buffered: bool = True, **options: Any) -> TestResponse:
        """Ask for a page; the answer is read to its end, so no file stays open."""
        return super().open(*arguments, buffered=buffered, **options)

    def send(self, path: str, form: Mapping[str, Any], **options: Any) -> TestResponse:
        """Post `form` with the headers of a browser that is on this site."""
        headers = {
            "Sec-Fetch-Site": "same-origin",
            "Origin": "http://localhost",
            **options.pop("headers", {}),
        }
        return self.post(path, data=dict(form), headers=headers, **options)

    def fill_in(self, path: str, form_id: str, **fields: Any) -> TestResponse:
        """Fill `fields` into the form `form_id` of the page at `path`, whose hidden fields go along, and send it."""
        form = hidden_fields(self.get(path).text, form_id)
        action = form.pop("__action__") or path
        return self.send(action, {**form, **fields})

    def comment(self, path: str, text: str = "A comment.", **fields: Any) -> TestResponse:
        """Fill in the comment form of the page at `path` and send it."""
        return self.fill_in(path, "comment-form", **{"text": text, "action": "post", **fields})


def hidden_fields(html: str, form_id: str) -> dict[str, str]:
    """Return the hidden fields of the form with this id, and its address as `__action__`."""
    found = re.search(rf'<form\b[^>]*\bid="{re.escape(form_id)}".*?</form>', html, re.DOTALL)
    assert found is not None, f"there is no form {form_id!r} in this page"
    tag = found[0]
    action = re.search(r'action="([^"]*)"', tag)
    fields = {"__action__": action[1] if action else ""}
    for hidden in re.findall(r'<input\b[^>]*\btype="hidden"[^>]*>', tag):
        name, value = re.search(r'name="([^"]*)"', hidden), re.search(r'value="([^"]*)"', hidden)
        if name:
            fields[name[1]] = value[1] if value else ""
    return fields

"""Forms as a browser without JavaScript sees them: found in a page, filled in, sent."""

import warnings
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from werkzeug.test import TestResponse

from blogengine.testing import Visitor


@dataclass
class Form:
    """A form of a page with what it would send; `buttons` are (name, value, words)."""

    action: str
    fields: dict[str, list[str]]
    buttons: list[tuple[str, str, str]]


def parse(html: str) -> Element:
    """Return the tree of a page; fails where HTML5's grammar does."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree: Element = parser.parse(html)
    return tree


def words(element: Element) -> str:
    """Return the text of an element on one line."""
    return " ".join("".join(element.itertext()).split())


def text_of(response: TestResponse) -> str:
    """Return the words of a page's main part."""
    main = parse(response.text).find(".//main")
    assert main is not None
    return words(main)


def form_in(html: str, form_id: str = "", action: str = "") -> Form:
    """Return the form with this id, or that goes to this address."""
    for element in parse(html).iter("form"):
        if (form_id and element.get("id") == form_id) or (action and element.get("action") == action):
            return _read(element)
    raise AssertionError(f"this page has no form {form_id or action!r}")


def _read(form: Element) -> Form:
    fields: dict[str, list[str]] = {}
    buttons = []
    for element in form.iter():
        name = element.get("name", "")
        if element.tag == "button":
            buttons.append((name, element.get("value", ""), words(element)))
        elif not name:
            continue
        elif element.tag == "textarea":
            fields.setdefault(name, []).append("".join(element.itertext()))
        elif element.tag == "select":
            chosen = [option for option in element.iter("option") if option.get("selected") is not None]
            fields.setdefault(name, []).append(str(chosen[0].get("value")))
        elif element.tag == "input" and (
            element.get("type") not in ("checkbox", "radio") or element.get("checked") is not None
        ):
            fields.setdefault(name, []).append(element.get("value", ""))
    return Form(form.get("action", ""), fields, buttons)


def send(visitor: Visitor, page: TestResponse, form_id: str, **changes: Any) -> TestResponse:
    """Fill in the form of `page` with `changes` and send it; None leaves a field out."""
    form = form_in(page.text, form_id)
    fields: dict[str, Any] = {**form.fields, **changes}
    return visitor.send(form.action, {name: value for name, value in fields.items() if value is not None})


def press(visitor: Visitor, page: TestResponse, action: str, **changes: Any) -> TestResponse:
    """Send the form of `page` that goes to the address `action`."""
    form = form_in(page.text, action=action)
    return visitor.send(form.action, {**form.fields, **changes})


def follow(visitor: Visitor, response: TestResponse) -> TestResponse:
    """Open the page a form redirected to."""
    assert response.status_code == 303, (response.status_code, text_of(response))
    return visitor.get(response.headers["Location"])

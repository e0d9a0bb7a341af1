"""What hooks may return, and documents that are put back when a plugin left nonsense in them."""

import dataclasses
import math
import operator
import types
import typing
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Literal
from typing import NamedTuple
from typing import Union

from markupsafe import Markup

from blogengine.documents import Document
from blogengine.permissions import check_judgement
from blogengine.redirects import Redirect
from blogengine.secret import redact
from blogengine.verdicts import Verdict

EXPECTED: dict[str, type] = {
    "answer_not_found": Redirect,
    "comment_authors_html": Mapping,
    "comments_html": Mapping,
    "judge_comment": Verdict,
    "listing_posts_html": Mapping,
    "markers_html": Mapping,
    "moderation_html": Mapping,
}
"""What hooks return beside None; `*_html` return text, and hooks that are not here anything."""


def checked(hook: str, result: Any) -> Any:
    """Return the result of an implementation of `hook`, its containers copied. Raises `TypeError` for nonsense."""
    if result is None:
        return None
    if hook == "judge_permission":
        return check_judgement(result)
    is_html = hook.endswith("_html")
    expected = EXPECTED.get(hook, str if is_html else object)
    if not isinstance(result, expected):
        raise TypeError(f"{hook} must return {expected.__name__} or None, not {_shown(result)}")
    if isinstance(result, str):
        return checked_text(hook, result)
    if isinstance(result, Mapping):
        result = dict(result)
        if is_html:
            for value in result.values():
                if value is not None:
                    checked_text(hook, value)
    elif isinstance(result, Sequence) and expected is Sequence:
        result = list(result)
    elif dataclasses.is_dataclass(result):
        check_fields(hook, result)
    return result


def checked_text(hook: str, text: Any) -> Any:
    """Return `text` if it can be sent: text that knows how to be HTML by a class of its own cannot be trusted."""
    if type(text) is not Markup and type(text) is not str:
        raise TypeError(f"{hook} must return Markup or str, not {_shown(text)}")
    if not text.isascii():
        text.encode()  # half a surrogate pair would end the whole page
    return text


def check_fields(hook: str, document: Any, depth: int = 3) -> None:
    """Raise `TypeError` when a field of a dataclass holds what its annotation does not say."""
    for name, fits in zip(*_fields_of(type(document))[:2], strict=True):
        value = getattr(document, name)
        if not fits(value, depth):
            raise TypeError(f"{hook} left {type(document).__name__}.{name} as {_shown(value)}")


class Kept:
    """The documents among a hook's arguments as they were before a plugin had them.

    The first argument of a `prepare_*` hook is its document: the plugin may change it, and what it leaves in it must
    fit. The others are for reading: what a plugin puts into their fields is taken back.
    """

    def __init__(
        self, plugin_id: str, hook: str, names: Sequence[str], arguments: Sequence[Any], document: str
    ) -> None:
        self._plugin_id = plugin_id
        self._hook = hook
        self._turns: list[tuple[Document, Any]] = []
        self._documents: list[Any] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._kept: list[tuple[Any, tuple[Any, ...], dict[int, Any]]] = []
        for name, argument in zip(names, arguments, strict=True):
            if isinstance(argument, Document):
                self._turns.append((argument, argument.begin(plugin_id)))
            elif name == document:
                batch = argument if isinstance(argument, list) else [argument]
                self._documents = [item for item in batch if _is_document(item)]
                for item in self._documents:
                    self._keep(item)
                if isinstance(argument, list):
                    self._lists.append((argument, list(argument)))
            elif _is_document(argument):
                self._keep(argument)

    def _keep(self, document: Any) -> None:
        values = _fields_of(type(document)).read(document)
        copies = {at: value.copy() for at, value in enumerate(values) if type(value) in (list, dict, set)}
        self._kept.append((document, values, copies))

    def check(self) -> None:
        """Raise `TypeError` or another error when something does not fit any more."""
        for text, _ in self._turns:
            text.check()
        for batch, before in self._lists:
            if any(type(now) is not type(item) for now, item in zip(batch, before, strict=False)):
                raise TypeError(f"{self._hook} put something else into its list")
        for document, values, copies in self._kept:
            fields = _fields_of(type(document))
            for at, value in enumerate(fields.read(document)):
                if value is values[at] and (at not in copies or value == copies[at]):
                    continue
                name = fields.names[at]
                mine = any(document is item for item in self._documents)
                allowed = mine or name in _open_fields_of(type(document))
                if not allowed or not fields.fits[at](value, 3):
                    raise TypeError(
                        f"{self._hook} left {type(document).__name__}.{name} as {_shown(value)}"
                        + ("" if allowed else ", which is not its to change")
                    )

        for document in self._documents:
            if hasattr(document, "check"):
                document.check()

    def restore(self) -> None:
        """Put everything back as it was."""
        for text, before in self._turns:
            text.undo(self._plugin_id, before)
        for batch, items in self._lists:
            batch[:] = items
        for document, values, copies in self._kept:
            for at, name in enumerate(_fields_of(type(document)).names):
                setattr(document, name, values[at])
                if at in copies:
                    _refill(values[at], copies[at])


def _refill(container: Any, copy: Any) -> None:
    container.clear()
    if isinstance(container, list):
        container.extend(copy)
    else:
        container.update(copy)


def _is_document(value: Any) -> bool:
    return (
        dataclasses.is_dataclass(value)
        and not isinstance(value, type)
        and not type(value).__dataclass_params__.frozen  # type: ignore[attr-defined]
    )


def _shown(value: Any) -> str:
    try:
        return redact(repr(value))[:200]
    except BaseException:
        return f"a {type(value).__name__} that cannot be shown"


Fits = Callable[[Any, int], bool]


class _Fields(NamedTuple):
    names: tuple[str, ...]
    fits: tuple[Fits, ...]
    """What tells whether a value fits; strange annotations accept everything."""
    read: Callable[[Any], tuple[Any, ...]]
    """Returns all values of a document."""


_fields: dict[Any, _Fields] = {}


def _open_fields_of(cls: Any) -> set[str]:
    """Return the fields that plugins may change although the rest is for reading: `field(metadata={"open": True})`."""
    return {item.name for item in dataclasses.fields(cls) if item.metadata.get("open")}


def _fields_of(cls: Any) -> _Fields:
    if cls not in _fields:
        try:
            hints = typing.get_type_hints(cls)
        except Exception:
            hints = {}
        names = tuple(item.name for item in dataclasses.fields(cls))
        read = (
            operator.attrgetter(*names)
            if len(names) > 1
            else lambda one: tuple(getattr(one, name) for name in names)
        )
        _fields[cls] = _Fields(names, tuple(_fits(hints.get(name, Any)) for name in names), read)
    return _fields[cls]


def _fits(hint: Any) -> Fits:
    inner = typing.get_args(hint)
    origin: Any = typing.get_origin(hint)
    if origin in (Union, types.UnionType):
        options = [_fits(part) for part in inner]
        return lambda value, depth: any(option(value, depth) for option in options)
    if origin is Literal:
        return lambda value, depth: value in inner
    if isinstance(origin, type) and issubclass(origin, Mapping):
        keys, values = (_fits(part) for part in inner)
        return lambda value, depth: (
            isinstance(value, origin)
            and all(keys(key, depth) and values(item, depth) for key, item in value.items())
        )
    if isinstance(origin, type):
        return _fits_container(origin, _fits(inner[0]) if inner else _fits(Any))
    if hint is str:
        return lambda value, depth: type(value) in (str, Markup) and _is_sendable(value)
    if hint is Markup:
        return lambda value, depth: type(value) is Markup and _is_sendable(value)
    if hint is int:
        return lambda value, depth: isinstance(value, int) and not isinstance(value, bool)
    if hint is float:
        return lambda value, depth: type(value) in (int, float) and math.isfinite(value)
    if hint is Any or not isinstance(hint, type):  # `Any` is a class since Python 3.11
        return lambda value, depth: True
    if dataclasses.is_dataclass(hint):
        return _fits_dataclass(hint)
    return lambda value, depth: isinstance(value, hint)


def _fits_container(kind: Any, items: Fits) -> Fits:
    return lambda value, depth: isinstance(value, kind) and all(items(item, depth) for item in value)


def _fits_dataclass(cls: type) -> Fits:
    def fits(value: Any, depth: int) -> bool:
        if not isinstance(value, cls):
            return False
        return depth <= 0 or all(
            inner(getattr(value, name), depth - 1)
            for name, inner in zip(*_fields_of(type(value))[:2], strict=True)
        )

    return fits


def _is_sendable(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

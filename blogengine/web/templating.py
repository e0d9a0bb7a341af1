"""The Jinja environment: strict, escaping, with the words of the interface."""

from collections.abc import MutableMapping
from functools import lru_cache
from types import BuiltinMethodType
from types import CodeType
from types import FunctionType
from typing import Any

import flask.templating
from jinja2 import BytecodeCache
from jinja2 import nodes
from jinja2.bccache import Bucket
from jinja2.compiler import CodeGenerator
from jinja2.compiler import Frame
from jinja2.runtime import Context
from jinja2.runtime import Macro
from markupsafe import Markup
from markupsafe import escape

try:
    from markupsafe._speedups import _escape_inner as escape_text
except ImportError:  # a machine for which MarkupSafe has no compiled part
    from html import escape as escape_text


class PlainContext(Context):
    """A context that calls functions and macros at once: Jinja asks each first whether it wants to be given the context."""

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  Jinja's names
        """Call `__obj` as Jinja does."""
        kind = type(__obj)
        if kind is Macro or kind is BuiltinMethodType or (kind is FunctionType and not __obj.__dict__):
            kwargs.pop("_loop_vars", None)
            kwargs.pop("_block_vars", None)
            return __obj(*args, **kwargs)
        return super().call(__obj, *args, **kwargs)


class Environment(flask.templating.Environment):
    """Flask's environment whose output nodes make plain text, not `Markup`: half the time of a page with 50 comments."""

    context_class = PlainContext

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Return the globals of a template as one dictionary: Jinja's chain of two is slow to copy, ten times a page."""
        return {**self.globals, **(d or {})}

    class code_generator_class(CodeGenerator):  # noqa: N801  Jinja's name
        """Takes clean HTML as it is, writes `environment.output(…)` where Jinja writes `escape(…)`, and reads attributes
        without a call.
        """

        def __init__(self, *arguments: Any, **values: Any) -> None:
            super().__init__(*arguments, **values)
            self._shown: list[str] = []

        def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
            if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
                super()._output_child_pre(node, frame, finalize)
            else:
                self._shown.append(self.temporary_identifier())
                self.write(f"({self._shown[-1]} if type({self._shown[-1]} := ")

        def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
            if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape or finalize.src is not None:
                super()._output_child_post(node, frame, finalize)
            else:
                self.write(f") is Markup else environment.output({self._shown.pop()}))")

        def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802  Jinja's name
            if self.environment.is_async:
                super().visit_Getattr(node, frame)
                return
            value, found = self.temporary_identifier(), self.temporary_identifier()
            self.write(f"({found} if ({found} := getattr(({value} := ")
            self.visit(node.node, frame)
            self.write(
                f"), {node.attr!r}, missing)) is not missing else environment.getattr({value}, {node.attr!r}))"
            )

    @staticmethod
    def output(value: Any) -> str:
        """Return `value` as it goes into a page: clean HTML as it is, everything else escaped."""
        kind = type(value)
        if kind is str:
            return escape_text(value)
        if kind is Markup or kind is int:
            return str(value)
        return str(escape(value))


class CompiledTemplates(BytecodeCache):
    """Compiled templates by their content: an app that replaces another does not compile them again."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give `bucket` the code of a template with the same name and content, if there is one."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of `bucket`."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


COMPILED = CompiledTemplates()


@lru_cache(maxsize=4096)
def _words(message: str) -> Markup:
    """Return a text of the interface in the blog's language, once."""
    return Markup(message % {})  # noqa: S704  written by the template's author


def gettext(message: str, **values: Any) -> Markup:
    """Return a text of the interface with `%(name)s` filled in, escaped."""
    return _filled(message, values) if values else _words(message)


def ngettext(one: str, many: str, num: int, **values: Any) -> Markup:
    """Return the form of a text for `num` things."""
    return _filled(one if num == 1 else many, {"num": num, **values})


def _filled(message: str, values: dict[str, Any]) -> Markup:
    # `Markup(message) % values` wraps each value in an object of its own, and takes three times as long.
    shown = {name: value if type(value) is int else escape(value) for name, value in values.items()}
    return Markup(message % shown)  # noqa: S704  written by the template's author

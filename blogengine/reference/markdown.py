"""Pieces of code as Markdown: signatures, docstrings, the fields of a class, tables."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable
from typing import Any


def function(value: Any) -> list[str]:
    """Return a function's signature and docstring."""
    node = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    assert isinstance(node, ast.FunctionDef)
    return function_of(node)


def function_of(node: ast.FunctionDef) -> list[str]:
    """Return the signature and docstring of a function that was only read."""
    return [signature(node), prose(node)]


def signature(node: ast.FunctionDef, before: str = "") -> str:
    """Return a function's head as a block of code, after the line `before`."""
    arguments = re.sub(r"^self(, )?", "", ast.unparse(node.args))
    returns = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"```python\n{before}def {node.name}({arguments}){returns}: ...\n```"


def prose(node: ast.FunctionDef | ast.ClassDef | ast.Module) -> str:
    """Return a docstring, its lines `:param name:` as a list."""
    lines = (ast.get_docstring(node) or "").splitlines()
    return "\n".join(re.sub(r"^:param (\w+): ", r"* `\1`: ", line) for line in lines)


def class_(value: type) -> list[str]:
    """Return a class: its docstring, its fields, its methods, and the class of the same module that it extends."""
    node = ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]
    assert isinstance(node, ast.ClassDef)
    docstring, *rest = members(node)
    base = value.__bases__[0]
    if base.__module__ != value.__module__:
        return [docstring, *rest]
    inherits = f"Has everything of [{base.__name__}](#{base.__name__.lower()})"
    return [docstring, f"{inherits}, and:" if rest else f"{inherits}.", *rest]


def members(node: ast.ClassDef) -> list[str]:
    """Return a class's docstring, a table of its fields and properties, and its public methods."""
    fields, methods = [], []
    for item, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(item, ast.AnnAssign):
            name, kind = ast.unparse(item.target), ast.unparse(item.annotation)
            if not name.startswith("_"):
                fields.append((f"`{name}`", f"`{kind}`", _default(item), _text(following)))
        elif isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
            if "property" in [ast.unparse(mark) for mark in item.decorator_list]:
                kind = ast.unparse(item.returns) if item.returns is not None else ""
                fields.append((f"`{item.name}`", f"`{kind}`", "read only", ast.get_docstring(item) or ""))
            else:
                methods += [signature(item), prose(item)]
    described = [table(("field", "type", "default", "meaning"), fields)] if fields else []
    return [prose(node), *described, *methods]


def _text(node: ast.stmt | None) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return str(node.value.value)
    return ""


def _default(item: ast.AnnAssign) -> str:
    if item.value is None:
        return ""
    text = ast.unparse(item.value)
    if text == "field(repr=False)":
        return ""
    made = re.fullmatch(r"field\(default_factory=(\w+)\)", text)
    return f"`{ {'list': '[]', 'dict': '{}'}.get(made[1], made[1]) if made else text }`"


def flat(text: str) -> str:
    """Return `text` on one line."""
    return " ".join(text.split())


def contents(names: Iterable[str]) -> str:
    """Return links to the headings `names` of the same page."""
    return " · ".join(f"[{name}](#{name.lower()})" for name in names)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(flat(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
    )

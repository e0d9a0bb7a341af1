"""Code of steps in the layout of `ruff format`, so that what is written passes the checks of a plugin's own project."""

import ast
import io
import tokenize

WIDTH = 110
"""Characters of a line, as in the projects that `blogengine plugins new` makes."""


def laid_out(code: str) -> str:
    """Return the body of a function, whose lines Alembic indents but the first; comments are lost."""
    body = ast.parse(f"if True:\n    {code.strip()}").body[0]
    assert isinstance(body, ast.If)
    return "\n".join(line for one in body.body for line in _statement(one, 4))


def _statement(node: ast.stmt, indent: int) -> list[str]:
    margin = " " * indent
    if isinstance(node, ast.With):
        heads = ", ".join(_plain(item) for item in node.items)
        return [
            f"{margin}with {heads}:",
            *(line for one in node.body for line in _statement(one, indent + 4)),
        ]
    if isinstance(node, ast.Expr):
        return _expression(node.value, indent, "", "")
    return [margin + line for line in _plain(node).splitlines()]


def _expression(node: ast.expr, indent: int, before: str, after: str) -> list[str]:
    """Return `node` between `before` and `after`: on one line where that fits, else each of its parts on its own."""
    margin = " " * indent
    whole = f"{margin}{before}{_plain(node)}{after}"
    parts: list[tuple[str, ast.expr]] = []
    opening, closing = "[", "]"
    if isinstance(node, ast.Call):
        parts = [("", part) for part in node.args]
        parts += [(f"{part.arg}=", part.value) for part in node.keywords]
        opening, closing = f"{_plain(node.func)}(", ")"
    elif isinstance(node, ast.List):
        parts = [("", part) for part in node.elts]
    if len(whole) <= WIDTH or not parts:
        return [whole]
    lines = [line for name, part in parts for line in _expression(part, indent + 4, name, ",")]
    return [f"{margin}{before}{opening}", *lines, f"{margin}{closing}{after}"]


def _plain(node: ast.AST) -> str:
    """Return code on one line, its texts in double quotes."""
    code = ast.unparse(node)
    lines = code.splitlines(keepends=True)
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
        if token.type == tokenize.STRING and token.string.startswith("'") and '"' not in token.string:
            row, (start, end) = token.start[0] - 1, (token.start[1], token.end[1])
            text = '"' + token.string[1:-1].replace("\\'", "'") + '"'
            lines[row] = lines[row][:start] + text + lines[row][end:]
    return "".join(lines)

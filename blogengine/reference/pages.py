"""The text of each reference page."""

import ast
import inspect
import re
import types
from pathlib import Path

import click

from blogengine import head
from blogengine import hookspecs
from blogengine import pages as page_values
from blogengine import plugin as api
from blogengine import schema
from blogengine import verdicts
from blogengine.cli.main import group
from blogengine.reference import facts
from blogengine.reference import markdown
from blogengine.reference.services import PUBLIC
from blogengine.runtime import Blog
from blogengine.settings import plugin_prefix
from blogengine.setup import SiteSettings

ORIGIN = "<!-- Made from the code by `blogengine docs`: change the docstrings there, not this page. -->"
VALUES = (head.__name__, page_values.__name__, verdicts.__name__)
"""Modules whose classes stand in pages.md."""
CONTRACT = """```text
from blogengine.testing import PluginContract


class TestContract(PluginContract):
    plugin_id = "reading_time"
```"""
BESIDE: dict[str, type] = {"blog": Blog, "option": schema.Option}
"""Classes that plugins meet but do not import, by the name under which they are described."""


def reference() -> dict[str, str]:
    """Return the text of each reference page by its file name."""
    bodies = {
        "commands.md": commands(),
        "contract.md": contract(),
        "hooks.md": hooks(),
        "pages.md": values(),
        "plugin-api.md": plugin_api(),
        "settings.md": settings(),
        "templates.md": templates(),
        "testing.md": testing(),
    }
    return {name: f"{ORIGIN}\n\n" + "\n\n".join(parts).strip() + "\n" for name, parts in bodies.items()}


def hooks() -> list[str]:
    """Return the page of the hooks."""
    nodes = {
        node.name: node
        for family in hookspecs.FAMILIES
        for node in ast.parse(inspect.getsource(family)).body
        if isinstance(node, ast.FunctionDef)
    }
    names = facts.hook_names()
    parts = ["# Hooks", inspect.getdoc(hookspecs) or "", markdown.contents(names)]
    for name in names:
        parts += [f"## {name}", markdown.signature(nodes[name], "@hookimpl\n"), markdown.prose(nodes[name])]
        parts.append(f"Bundled plugins that use it: {', '.join(facts.users_of(name))}.")
    return parts


def plugin_api() -> list[str]:
    """Return the page of everything in `blogengine.plugin`."""
    names = sorted(api.__all__, key=str.lower)
    parts = [
        "# `blogengine.plugin`",
        "A plugin imports from here and from nowhere else in the engine. The hooks "
        "stand in [hooks.md](hooks.md), the values that they are given in [pages.md](pages.md).",
        markdown.contents(names),
    ]
    for name in names:
        parts += [f"## {name}", *_public(name, getattr(api, name))]
        if name in BESIDE:
            parts += [f"### {BESIDE[name].__name__}", *markdown.class_(BESIDE[name])]
    return parts


def _public(name: str, value: object) -> list[str]:
    if isinstance(value, types.ModuleType):
        return [inspect.getdoc(value) or "", *_module(value)]
    if inspect.isclass(value) and value.__module__ in VALUES:
        sentence = markdown.flat((inspect.getdoc(value) or "").split("\n\n")[0])
        return [f"{sentence} Its fields: [pages.md](pages.md#{name.lower()})."]
    if inspect.isclass(value):
        return markdown.class_(value)
    if inspect.isfunction(value):
        return markdown.function(value)
    if value is hookspecs.hookimpl:
        return ["Decorator of the functions by which a plugin implements [hooks](hooks.md)."]
    if value is hookspecs.hookspec:
        return [
            "Decorator of the functions by which a plugin declares [hooks of its own](hooks.md#register_hooks)."
        ]
    if isinstance(value, types.UnionType):
        return [
            f"Any of: {', '.join(f'[{part.__name__}](#{part.__name__.lower()})' for part in value.__args__)}."
        ]
    return [f"`{value!r}`"]


def _module(module: types.ModuleType) -> list[str]:
    short = module.__name__.rpartition(".")[2]
    parts = []
    for name in PUBLIC[short]:
        value = getattr(module, name)
        written = markdown.class_(value) if inspect.isclass(value) else markdown.function(value)
        parts += [f"### {short}.{name}", *written]
    return parts


def values() -> list[str]:
    """Return the page of the values that templates and hooks are given."""
    classes = [
        value
        for module in (head, page_values, verdicts)
        for value in vars(module).values()
        if inspect.isclass(value) and value.__module__ == module.__name__
    ]
    parts = ["# Page values", inspect.getdoc(page_values) or ""]
    parts += [
        f"This is version {page_values.PAGES_VERSION}.",
        markdown.contents(cls.__name__ for cls in classes),
    ]
    for cls in classes:
        parts += [f"## {cls.__name__}", *markdown.class_(cls)]
    return parts


def templates() -> list[str]:
    """Return the page of what templates may use."""
    filters, words = facts.template_words()
    rows = [
        (f"`{name}`", f"[{name}_html](hooks.md#{name}_html)", ", ".join(f"`{place}`" for place in places))
        for name, places in facts.slots().items()
    ]
    return [
        "# What templates may use",
        "How a theme is made: [themes.md](../themes.md). What is on each page: [pages.md](pages.md).",
        "## Filters",
        markdown.table(("filter", "does"), [(f"`{name}`", text) for name, text in filters.items()]),
        "## Globals",
        markdown.table(("name", "does"), [(f"`{name}`", text) for name, text in words.items()]),
        "## In plugins' own pages",
        markdown.table(("call", "does"), [(f"`{call}`", text) for call, text in facts.FOR_PLUGINS.items()]),
        "## The frame of the owner's pages",
        "A plugin's page for people who are signed in extends `admin/base.html` and "
        "fills its blocks. `admin_forms` is there in each of them.",
        markdown.table(
            ("block", "is for"), [(f"`{name}`", facts.FRAME[name]) for name in facts.frame_blocks()]
        ),
        "Classes that its style sheet knows: "
        + ", ".join(f"`{name}` ({what})" for name, what in facts.FRAME_CLASSES.items())
        + ". What the page looks like may change; these names are kept.",
        "## Slots",
        "`slot('name', …)` shows what plugins put there with the hook of that name.",
        markdown.table(("slot", "hook", "stands in"), rows),
    ]


def settings() -> list[str]:
    """Return the page of all settings."""
    parts = [
        "# Settings",
        "A **secret** is never shown again; a **list** has one entry a line. The environment wins over what is stored: the "
        "variables named here, or with `_FILE` after them the name of a file that holds the value. What is given there "
        "is locked in the forms.",
        "The blog's own, under Settings or by `blogengine settings NAME=VALUE` (environment: `BLOGENGINE_` and the name "
        "in capitals, `BLOGENGINE_POSTS_PER_PAGE`):",
        _options(SiteSettings),
    ]
    parts.append(
        "Those of the bundled plugins, under Plugins or by `blogengine plugins settings PLUGIN NAME=VALUE`:"
    )
    for plugin_id, module in facts.bundled_plugins().items():
        if hasattr(module, "register_settings"):
            example = f"`{plugin_prefix(plugin_id)}` and the name in capitals"
            parts += [f"## {plugin_id}", f"Environment: {example}.", _options(module.register_settings())]
    return parts


def _options(cls: type) -> str:
    rows = []
    for item in schema.describe(cls):
        accepts = ", ".join(f"`{choice}`" for choice in item.choices) or item.kind
        if item.kind == "list":
            accepts += f" of at most {item.option.max_items}"
        if item.option.minimum is not None or item.option.maximum is not None:
            accepts += f" from {item.option.minimum} to {item.option.maximum}"
        default = ("on" if item.default else "off") if item.kind == "switch" else item.default
        default = "" if item.kind == "secret" else ", ".join(default) if item.kind == "list" else default
        meaning = f"{item.option.label}. {item.option.help}"
        rows.append((f"`{item.name}`", accepts, "empty" if default == "" else f"`{default}`", meaning))
    return markdown.table(("name", "accepts", "default", "meaning"), rows)


def commands() -> list[str]:
    """Return the page of the command line."""
    return [
        "# Commands",
        "In a checkout the command is `.venv/bin/blogengine`. Every command says on the error output which instance it "
        "uses; what goes wrong is one sentence there, and the exit code is 1.",
        *_command(group, click.Context(group, info_name="blogengine")),
    ]


def _command(command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"## {context.command_path}", inspect.cleandoc(command.help or ""), f"```\n{usage}\n```"]
    records = [option.get_help_record(context) for option in command.params]
    rows = [(f"`{record[0]}`", record[1]) for record in records if record is not None and record[1]]
    if rows:
        parts.append(markdown.table(("option", "meaning"), rows))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None and not inner.hidden:
                parts += _command(inner, click.Context(inner, info_name=name, parent=context))
    return parts


def testing() -> list[str]:
    """Return the page of the test kit, which is read, not imported: it needs pytest, and a blog that runs has none."""
    folder = Path(page_values.__file__).with_name("testing")
    kit = ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))
    nodes = _definitions(folder)
    fixtures, helpers = [], []
    for name in _exported(kit):
        node = nodes.get(name)
        if name == "PluginContract":
            helpers += [f"## {name}", "The [contract tests](contract.md)."]
        elif isinstance(node, ast.ClassDef):
            helpers += [f"## {name}", *markdown.members(node)]
        elif isinstance(node, ast.FunctionDef) and any(
            "fixture" in ast.unparse(mark) for mark in node.decorator_list
        ):
            kind = re.sub(r"^Iterator\[(.*)\]$", r"\1", ast.unparse(node.returns)) if node.returns else ""
            fixtures.append((f"`{name}`", f"`{kind}`", ast.get_docstring(node) or ""))
        elif isinstance(node, ast.FunctionDef) and not name.startswith("pytest_"):
            helpers += [f"## {name}", *markdown.function_of(node)]
    table = markdown.table(("fixture", "is", "gives"), fixtures)
    return ["# `blogengine.testing`", markdown.prose(kit), "## Fixtures", table, *helpers]


def contract() -> list[str]:
    """Return the page of the contract tests."""
    source = Path(page_values.__file__).with_name("testing") / "contract" / "__init__.py"
    kit = ast.parse(source.read_text(encoding="utf-8"))
    node = next(node for node in kit.body if isinstance(node, ast.ClassDef))
    methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    tests = [item for item in methods if item.name.startswith("test_")]
    node.body = [item for item in node.body if item not in tests]
    rows = [(f"`{item.name}`", ast.get_docstring(item) or "") for item in tests]
    return [
        "# Contract tests",
        "What every plugin must hold. A class of three lines in a test file runs them all:",
        CONTRACT,
        "A plugin that cannot be enabled fails the first test, and the others are skipped.",
        markdown.table(("test", "passes when"), rows),
        f"## {node.name}",
        *markdown.members(node),
    ]


def _definitions(folder: Path) -> dict[str, ast.stmt]:
    """Return the classes and functions at the top of the modules in `folder`, by name."""
    return {
        node.name: node
        for path in sorted(folder.rglob("*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


def _exported(module: ast.Module) -> list[str]:
    lists = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    return [name for names in lists for name in names]

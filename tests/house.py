"""The house rules, read from sources: each returns a sentence per breach that says how to mend it."""

import ast
import re
from collections.abc import Callable
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError
from graphlib import TopologicalSorter
from pathlib import Path

from blogengine.reference.services import PUBLIC

FLOORS = {
    "blogengine": 5,
    "blogengine.plugin": 5,
    "blogengine.testing": 5,
    "blogengine.scaffold": 4,
    "blogengine.cli": 5,
    "blogengine.reference": 5,
    "blogengine.__main__": 5,
    "blogengine.app": 4,
    "blogengine.assembly": 4,
    "blogengine.keeping": 4,
    "blogengine.lives": 4,
    "blogengine.site": 4,
    "blogengine.trying": 4,
    "blogengine.warden": 4,
    "blogengine.safemode": 4,
    "blogengine.door": 4,
    "blogengine.upgrading": 4,
    "blogengine.server": 4,
    "blogengine.web": 3,
    "blogengine.admin": 3,
    "blogengine.posts": 2,
    "blogengine.people": 2,
    "blogengine.privacy": 2,
    "blogengine.comments": 2,
    "blogengine.media": 2,
    "blogengine.content": 2,
    "blogengine.syndication": 2,
    "blogengine.meta": 2,
    "blogengine.access": 2,
    "blogengine.accounts": 2,
    "blogengine.attempts": 2,
    "blogengine.browsers": 2,
    "blogengine.lost_passwords": 2,
    "blogengine.profile": 2,
    "blogengine.settings": 2,
    "blogengine.inventory": 2,
    "blogengine.checkups": 2,
    "blogengine.themes": 2,
    "blogengine.layout": 2,
    "blogengine.jobs": 2,
    "blogengine.rescue": 2,
    "blogengine.installing": 2,
    "blogengine.mail": 2,
    "blogengine.removing": 2,
    "blogengine.restoring": 2,
    "blogengine.importing": 2,
    "blogengine.events": 2,
    "blogengine.exporting": 2,
    "blogengine.fetch": 1,
    "blogengine.models": 1,
    "blogengine.plugins": 1,
    "blogengine.pagecache": 1,
    "blogengine.sequence": 1,
    "blogengine.tracking": 1,
    "blogengine.runtime": 1,
    "blogengine.signing": 2,
    "blogengine.sealing": 2,
    "blogengine.migrations": 1,
    "blogengine.health": 0,
    "blogengine.hookspecs": 0,
    "blogengine.columns": 0,
    "blogengine.db": 0,
    "blogengine.prepared": 0,
    "blogengine.config": 0,
    "blogengine.schema": 0,
    "blogengine.tables": 0,
    "blogengine.searching": 0,
    "blogengine.setup": 0,
    "blogengine.htmlscan": 0,
    "blogengine.bare": 0,
    "blogengine.pictures": 0,
    "blogengine.sanitize": 0,
    "blogengine.strict": 0,
    "blogengine.text": 0,
    "blogengine.markup": 0,
    "blogengine.documents": 0,
    "blogengine.feeds": 0,
    "blogengine.head": 0,
    "blogengine.pages": 0,
    "blogengine.verdicts": 0,
    "blogengine.pageviews": 0,
    "blogengine.permissions": 0,
    "blogengine.redirects": 0,
    "blogengine.interchange": 0,
    "blogengine.places": 0,
    "blogengine.assets": 0,
    "blogengine.clock": 0,
    "blogengine.tryouts": 0,
    "blogengine.work": 0,
    "blogengine.secret": 0,
    "blogengine.subjects": 0,
    "blogengine.addresses": 0,
    "blogengine.errors": 0,
}
"""Each room and the floor it is on; rooms inside a room are on its floor."""

LONGEST = 330
"""Lines after which a module is two rooms (about 300, with room to finish a sentence)."""

DOOR = "blogengine.plugin"

NO_WEB = ("flask", "werkzeug", "flask_wtf", "wtforms", "flask_babel")
"""What services and models must not know."""

MAY_CALL_SAFE = ("blogengine.sanitize", "blogengine.web.rendering", "blogengine.web.templating")

RAW_SQL = ("text", "exec_driver_sql", "execute", "executescript")

MAY_BUILD_SQL = ("blogengine.db", "blogengine.migrations")


@dataclass
class Module:
    """One source file of ours, by the name it is imported by."""

    name: str
    source: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.name)

    @property
    def room(self) -> str | None:
        """The longest name in `FLOORS` that this module is in."""
        return room_of(self.name)

    def is_in(self, *rooms: str) -> bool:
        return any(self.name == room or self.name.startswith(room + ".") for room in rooms)


def room_of(name: str) -> str | None:
    while name not in FLOORS:
        name, _, last = name.rpartition(".")
        if not last or name == "blogengine":
            return None
    return name


def read(folder: Path, prefix: str = "") -> dict[str, Module]:
    """Return the modules of the packages in `folder` whose names start with `prefix`."""
    modules = {}
    for path in sorted(folder.glob(f"{prefix}*/**/*.py")):
        parts = list(path.relative_to(folder).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        if is_package:
            parts.pop()
        name = ".".join(parts)
        modules[name] = Module(name, path.read_text(encoding="utf-8"), is_package)
    return modules


def ours(root: Path) -> dict[str, Module]:
    """Return all modules of the engine and of the bundled plugins."""
    core = {name: module for name, module in read(root, "blogengine").items() if module.is_in("blogengine")}
    return core | read(root / "plugins", "blogengine_")


def imports(module: Module, known: dict[str, Module], nodes: list[ast.AST] | None = None) -> Iterator[str]:
    """Yield what `module` imports, as the module that it comes from; imports for type checking count too."""
    for node in ast.walk(module.tree) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = module.name.split(".")
                up = node.level - module.is_package
                base = ".".join([*parts[: len(parts) - up], *([base] if base else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in known else base


def climbs(modules: dict[str, Module]) -> list[str]:
    """Imports from a higher floor, and rooms that have no floor yet."""
    found = []
    for module in modules.values():
        if not module.is_in("blogengine"):
            continue
        if module.room is None:
            found.append(f"{module.name} has no floor: add its room to FLOORS in tests/house.py")
            continue
        for name in imports(module, modules):
            room = room_of(name)
            if name.split(".")[0] == "blogengine" and room and FLOORS[room] > FLOORS[module.room]:
                found.append(
                    f"{module.name} (floor {FLOORS[module.room]}) imports {name} (floor {FLOORS[room]}): "
                    "move what both need to the lower floor, or let the upper one hand it down as an argument"
                )
    return found


def cycles(modules: dict[str, Module]) -> list[str]:
    """The first ring of modules that import each other."""
    graph = {
        module.name: {name for name in imports(module, modules) if name in modules and name != module.name}
        for module in modules.values()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        ring = " -> ".join(reversed(error.args[1]))
        return [f"{ring}: move what two of them share into a module below both"]
    return []


def side_doors(modules: dict[str, Module]) -> list[str]:
    """Imports of a plugin that go round the public plugin API."""
    found = []
    for module in modules.values():
        own = module.name.split(".")[0]
        if own == "blogengine":
            continue
        allowed = (DOOR, "blogengine.testing") if ".tests" in module.name else (DOOR,)
        for name in imports(module, modules):
            top = name.split(".")[0]
            if (top == "blogengine" and name not in allowed) or (
                top.startswith("blogengine_") and top != own
            ):
                found.append(
                    f"{module.name} imports {name}: a plugin knows only {DOOR}; what is missing there "
                    "is missing for strangers too, so export it there"
                )
    return found


def unlisted(modules: dict[str, Module]) -> list[str]:
    """What plugins use of a service that is not meant for them: no reference has it, so no stranger could use it."""
    found = []
    for module in modules.values():
        if module.name.split(".")[0] == "blogengine":
            continue
        named = {
            alias.asname or alias.name: alias.name
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ImportFrom) and node.module == DOOR
            for alias in node.names
            if alias.name in PUBLIC
        }
        found += [
            f"{module.name}:{node.lineno} uses {named[node.value.id]}.{node.attr}, which is not in reference.services"
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in named
            and node.attr not in PUBLIC[named[node.value.id]]
        ]
    return found


def hidden_imports(modules: dict[str, Module]) -> list[str]:
    """Imports of our own code inside functions, which dodge the floors and fail late."""
    found = []
    for module in modules.values():
        for function in ast.walk(module.tree):
            if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            for name in imports(module, modules, list(ast.walk(function))):
                if name.split(".")[0].startswith("blogengine"):
                    found.append(
                        f"{module.name}.{function.name} imports {name} when called: import at the top; if "
                        "that makes a ring, the module below should not need it"
                    )
    return found


def web_in_services(modules: dict[str, Module]) -> list[str]:
    """Services and models that know of requests."""
    return [
        f"{module.name} imports {name}: services take plain values and never see a request; "
        "read the request in the view"
        for module in modules.values()
        if module.room and (FLOORS[module.room] == 2 or module.is_in("blogengine.models"))
        for name in imports(module, modules)
        if name.split(".")[0] in NO_WEB
    ]


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def is_glued(node: ast.expr) -> bool:
    """Whether an expression makes a string out of parts."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(
            is_glued(side) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
            for side in (node.left, node.right)
        )
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("format", "join")
        and isinstance(node.func.value, ast.Constant)
    )


def built_sql(modules: dict[str, Module]) -> list[str]:
    """SQL made of strings."""
    return [
        f"{module.name}:{node.lineno} builds SQL from strings: use SQLAlchemy's expressions, or parameters"
        for module in modules.values()
        if not module.is_in(*MAY_BUILD_SQL)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and called(node) in RAW_SQL and node.args and is_glued(node.args[0])
    ]


def safe_calls(modules: dict[str, Module]) -> list[str]:
    """Text called safe HTML elsewhere than where it is made safe; constants may be."""
    return [
        f"{module.name}:{node.lineno} calls text safe HTML: let sanitize do it, or put it into a template"
        for module in modules.values()
        if not module.is_in(*MAY_CALL_SAFE)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and called(node) == "Markup"
        and not all(isinstance(argument, ast.Constant) for argument in node.args)
    ]


def too_long(modules: dict[str, Module]) -> list[str]:
    """Modules that are two rooms."""
    return [
        f"{module.name} has {lines} lines: it is two rooms, split it by noun (about 300 is a room)"
        for module in modules.values()
        if (lines := module.source.count("\n")) > LONGEST and ".migrations.versions." not in module.name
    ]


def nameless(modules: dict[str, Module]) -> list[str]:
    """Modules that do not say what they are, and attics."""
    found = [
        f"{module.name} does not say what it is: begin it with a docstring of one sentence"
        for module in modules.values()
        if module.source.strip() and not ast.get_docstring(module.tree)
    ]
    found += [
        f"{module.name} is an attic: name the module by the noun it is about"
        for module in modules.values()
        if {"utils", "util", "helpers", "misc", "common"} & set(module.name.split("."))
    ]
    return found


def machine_paths(texts: dict[str, str]) -> list[str]:
    """Folders of one machine, written into a file."""
    pattern = re.compile(r"(?<![\w.}/-])/(?:work|root)/\w+|\.\./shared")
    return [
        f"{name} names {match.group()!r}, which is on one machine only: make it an argument or a setting"
        for name, text in texts.items()
        for match in pattern.finditer(text)
    ]


RULES: list[Callable[[dict[str, Module]], list[str]]] = [
    climbs,
    cycles,
    side_doors,
    unlisted,
    hidden_imports,
    web_in_services,
    built_sql,
    safe_calls,
    too_long,
    nameless,
]

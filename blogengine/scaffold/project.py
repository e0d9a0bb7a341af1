"""The files of a new plugin's room, and writing them where nothing is yet."""

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from string import Template

from blogengine.errors import Refused
from blogengine.scaffold import frame
from blogengine.scaffold.more_pieces import GADGET
from blogengine.scaffold.more_pieces import TABLE
from blogengine.scaffold.more_pieces import THEME
from blogengine.scaffold.naming import Name
from blogengine.scaffold.pieces import ADMIN
from blogengine.scaffold.pieces import JOB
from blogengine.scaffold.pieces import ROUTE
from blogengine.scaffold.pieces import SETTINGS
from blogengine.scaffold.pieces import SLOT
from blogengine.scaffold.pieces import Piece
from blogengine.setup import VERSION

PIECES: dict[str, Piece] = {
    "settings": SETTINGS,
    "table": TABLE,
    "route": ROUTE,
    "admin": ADMIN,
    "job": JOB,
    "gadget": GADGET,
    "slot": SLOT,
    "theme": THEME,
}
"""What `--with` may name, in the order in which it stands in the code."""

STANDARD = ("collections", "dataclasses", "datetime", "pathlib", "typing")


def files(name: Name, wanted: Iterable[str], *, single_file: bool) -> dict[str, str]:
    """Return the texts of a new plugin's room by path.

    `wanted` are names of pieces; a slot, when there is none. Raises `Refused` for what a single file cannot hold.
    """
    chosen = set(wanted) or {"slot"}
    names = [piece for piece in PIECES if piece in chosen]
    unfit = [piece for piece in names if PIECES[piece].needs_folder]
    if single_file and unfit:
        raise Refused(
            f"A {unfit[0]} is a folder of files, which a plugin of one file cannot hold.",
            hint="Leave out --single-file.",
        )
    pieces = [PIECES[piece] for piece in names]
    texts = _code(pieces, single_file=single_file)
    texts["tests/conftest.py"] = frame.CONFTEST
    texts["tests/test_contract.py"] = frame.CONTRACT
    texts["tests/test_$id.py"] = _module(
        '"""The plugin does what it says."""',
        [line for piece in pieces for line in piece.test_imports],
        [piece.test for piece in pieces],
    )
    texts["pyproject.toml"] = frame.PYPROJECT + (frame.SINGLE if single_file else frame.PACKAGE)
    texts["README.md"] = frame.README.replace("$abouts", "\n".join(f"* {piece.about}" for piece in pieces))
    texts["LICENSE"] = frame.LICENSE
    texts["CHANGELOG.md"] = frame.CHANGES
    texts[".gitignore"] = frame.IGNORED
    texts[".github/workflows/test.yml"] = frame.TEST_WORKFLOW
    texts[".github/workflows/publish.yml"] = frame.PUBLISH_WORKFLOW
    words = {
        "id": name.id,
        "title": name.title,
        "module": name.module,
        "distribution": name.distribution,
        "engine": ".".join(VERSION.split(".")[:2]),
        "table": f"p_{name.id}_version_of_post",
        "camel": name.id.title().replace("_", ""),
    }
    return {_filled(path, words): _filled(text, words) for path, text in texts.items()}


def _filled(text: str, words: dict[str, str]) -> str:
    return Template(text).substitute(words)


def _code(pieces: list[Piece], *, single_file: bool) -> dict[str, str]:
    """Return the plugin's own files."""
    head = '"""$title: a plugin for blogengine."""'
    if single_file:
        code = [piece.single or piece.code for piece in pieces]
        imports = [line for piece in pieces for line in piece.single_imports or piece.imports]
        return {"$module.py": _module(head, imports, [frame.MANIFEST_IN_CODE, *code])}
    imports = [line for piece in pieces for line in piece.imports]
    texts = {
        "$module/__init__.py": _module(head, imports, [piece.code for piece in pieces]),
        "$module/plugin.toml": frame.MANIFEST,
        "$module/py.typed": "",
    }
    for piece in pieces:
        texts |= {f"$module/{path}": text for path, text in piece.files.items()}
    return texts


def _module(docstring: str, imports: Iterable[str], parts: Iterable[str]) -> str:
    """Return a module in the form that ruff gives it: sorted imports in groups, two blank lines around definitions."""
    groups: dict[int, list[tuple[tuple[object, ...], str]]] = {0: [], 1: [], 2: []}
    for line in sorted(set(imports)):
        if line.startswith("import "):
            module, text = line.split()[1], line
            key: tuple[object, ...] = (0, line)
        else:
            module, _, what = line.rpartition(".")
            kind = 0 if what.isupper() else 1 if what[0].isupper() else 2
            text = f"from {module} import {what}"
            key = (1, module, kind, what)
        top = module.split(".")[0]
        groups[0 if top in STANDARD else 2 if top == "$module" else 1].append((key, text))
    blocks = ["\n".join(text for _, text in sorted(group)) for group in groups.values() if group]
    body = "\n\n\n".join(part.strip("\n") for part in parts)
    head = "\n\n".join([docstring, *blocks])
    gap = "\n\n" if re.match(r"[\w]+ = ", body) else "\n\n\n"
    return re.sub(r"\n{4,}", "\n\n\n", f"{head}{gap}{body}\n")


def write(texts: dict[str, str], folder: Path) -> None:
    """Write all files below `folder`, which must not be there: either all of them or none. Raises `Refused`."""
    if folder.exists() or folder.is_symlink():
        raise Refused(
            f"{folder} is there already; nothing was written.", hint="Choose another name or --into folder."
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise Refused(
            f"{folder.parent} cannot be written: {error.strerror}.", hint="Choose another --into."
        ) from error
    try:
        for name, text in texts.items():
            file = scratch / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        scratch.chmod(0o755)
        scratch.rename(folder)
    except OSError as error:
        raise Refused(
            f"{folder} cannot be written: {error.strerror}.", hint="Choose another --into folder."
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)

"""Importing plugins' modules: a drop-in that was edited into something unusable leaves the last good one running."""

import hashlib
import importlib
import importlib.util
import sys
import threading
import traceback
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from blogengine.plugins.discovery import Candidate
from blogengine.plugins.guards import is_for_us
from blogengine.plugins.manifest import one_line


class PluginProblem(Exception):
    """A plugin cannot be used; the sentence says why and how to mend it. `trace` is where it happened."""

    def __init__(self, sentence: str, trace: str = "") -> None:
        super().__init__(sentence)
        self.trace = trace


class Loaded(NamedTuple):
    """A module that runs, what its manifest said when it was loaded, and a sentence when its files say otherwise now."""

    candidate: Candidate
    module: ModuleType
    note: str = ""
    is_fresh: bool = False
    """Whether it was run just now, so that nobody knows yet whether it is good."""


class _Good(NamedTuple):
    candidate: Candidate
    parts: dict[str, ModuleType]
    """The module and its parts, by their names in `sys.modules`."""
    stamp: object


_lock = threading.RLock()
_good: dict[str, _Good] = {}
"""The drop-ins of this process by their places, as they ran last."""
_before: dict[str, _Good | None] = {}
"""What was good before the module that is being tried."""
_refused: dict[str, tuple[object, str]] = {}
"""Stamps of files that were tried, and why they cannot be used."""
_stamps: dict[str, object] = {}
"""Stamps of installed plugins when they were imported, by module name."""


def load(candidate: Candidate, *, is_trial: bool = False) -> Loaded:
    """Return a plugin's module, imported when it is not yet. Raises `PluginProblem` when it cannot be.

    A drop-in is run again when its files have changed. Where they are unusable, the module that ran before is returned
    with a note; not on trial, when the owner wants to know about these files.
    """
    if candidate.origin != "drop-in":
        return _load_installed(candidate)
    with _lock:
        good = _good.get(candidate.where)
        try:
            if candidate.problem:
                raise PluginProblem(candidate.problem)
            stamp = _stamp(candidate.root)
            if good is not None and good.stamp == stamp:
                _good[candidate.where] = good._replace(candidate=candidate)
                return Loaded(candidate, _put_back(good, candidate))
            refused = _refused.get(candidate.where)
            if refused is not None and refused[0] == stamp and good is not None and not is_trial:
                raise PluginProblem(refused[1])
            module = _run(candidate)
            _before[candidate.where] = good
            _good[candidate.where] = _Good(candidate, _parts(candidate), stamp)
            return Loaded(candidate, module, is_fresh=True)
        except PluginProblem as problem:
            if good is None or is_trial:
                raise
            return Loaded(good.candidate, _put_back(good, candidate), changed(candidate, str(problem)))


def take_back(candidate: Candidate, reason: str) -> bool:
    """Forget a fresh module that turned out to be unusable; return whether there is an older one to go on with."""
    with _lock:
        tried = _good.pop(candidate.where, None)
        good = _before.pop(candidate.where, None)
        _drop_parts(candidate)
        if tried is not None:
            _refused[candidate.where] = (tried.stamp, reason)
        if good is None:
            return False
        _good[candidate.where] = good
        _put_back(good, candidate)
        return True


def changed(candidate: Candidate, reason: str) -> str:
    """Return the sentence about a drop-in that goes on as it was."""
    kind = "file was" if candidate.where.endswith(".py") else "files were"
    return f"The {kind} changed and cannot be loaded: {reason.rstrip('.')}; what was loaded before goes on."


def outdated(candidate: Candidate) -> str:
    """Return a sentence when a running plugin's files are others than those that this process has loaded."""
    good = _good.get(candidate.where)
    known = good.stamp if good is not None else _stamps.get(module_name(candidate))
    try:
        if known is None or _stamp(candidate.root) == known:
            return ""
    except PluginProblem:
        return ""
    if candidate.origin == "drop-in":
        return f"Its files have changed since they were loaded. To load them: blogengine plugins enable {candidate.id}."
    return "Its files have changed since they were loaded: restart the server to run the new ones."


def told(error: BaseException, root: Path) -> str:
    """Return an error as a sentence with file, line and code of the plugin's last frame, and of the very last one."""
    message = one_line(f"{type(error).__name__}: {error}" if str(error) else type(error).__name__, 400)
    if isinstance(error, SyntaxError) and error.filename:
        code = one_line(error.text or "", 80)
        return f"{type(error).__name__}: {error.msg} ({_short(error.filename)}, line {error.lineno}: {code})"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith("<frozen importlib")
    ]
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
    if not own:
        return message
    place = f"{_short(own[-1].filename)}, line {own[-1].lineno}: {one_line(own[-1].line or '', 80)}"
    last = frames[-1]
    if last is not own[-1]:
        place += f"; raised in {_short(last.filename)}, line {last.lineno}"
    return f"{message} ({place})"


def _short(filename: str) -> str:
    path = Path(filename)
    return path.name if path.name != "__init__.py" else f"{path.parent.name}/{path.name}"


def _load_installed(candidate: Candidate) -> Loaded:
    if candidate.problem:
        raise PluginProblem(candidate.problem)
    name = module_name(candidate)
    known = sys.modules.get(name)
    if known is None:
        stamp = _stamp(candidate.root) if candidate.origin == "installed" else None
        try:
            known = importlib.import_module(name)
        except BaseException as error:
            if is_for_us(error):
                raise
            raise PluginProblem(f"{told(error, candidate.root)}.", traceback.format_exc()) from error
        if stamp is not None:
            _stamps[name] = stamp
    return Loaded(candidate, known)


def stamps() -> dict[str, str]:
    """Return of each installed plugin that this process has imported a word for its files, by the module's name."""
    return {name: _word(stamp) for name, stamp in list(_stamps.items())}


def stamp_of(candidate: Candidate) -> str:
    """Return the same for the files that are there now. Raises `PluginProblem` when they cannot be read."""
    return _word(_stamp(candidate.root))


def _word(stamp: object) -> str:
    return hashlib.sha256(repr(stamp).encode()).hexdigest()[:16]


def module_name(candidate: Candidate) -> str:
    """Return the name by which a plugin's module is imported."""
    if candidate.origin != "drop-in":
        return candidate.where.split(":")[0].strip()
    return f"blogengine_dropins_{abs(hash(str(Path(candidate.where).parent)))}.{candidate.id}"


def _stamp(root: Path) -> object:
    """Return a value that is another one when a module's source has changed."""
    try:
        files = [root] if root.suffix == ".py" else sorted(root.rglob("*.py"))
        return tuple((str(file), (facts := file.stat()).st_mtime_ns, facts.st_size) for file in files)
    except OSError as error:
        raise PluginProblem(f"{root} cannot be read: {error.strerror or error}.") from error


def _run(candidate: Candidate) -> ModuleType:
    """Run a drop-in's module under a name of its own, so that two instances never share one."""
    name, file = module_name(candidate), Path(candidate.file)
    is_folder = file.name == "__init__.py"
    spec: ModuleSpec | None = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=[str(file.parent)] if is_folder else None
    )
    if spec is None or spec.loader is None:
        raise PluginProblem(f"{file} cannot be loaded.")
    older = _parts(candidate)
    _drop_parts(candidate)
    importlib.invalidate_caches()
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    # Python knows compiled files by whole seconds and lengths: one written now would hide another edit of this second.
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        _drop_parts(candidate)
        sys.modules.update(older)
        if is_for_us(error):
            raise
        raise PluginProblem(f"{told(error, candidate.root)}.", traceback.format_exc()) from error
    finally:
        sys.dont_write_bytecode = kept
    return module


def _parts(candidate: Candidate) -> dict[str, ModuleType]:
    name = module_name(candidate)
    return {
        part: module
        for part, module in list(sys.modules.items())
        if part == name or part.startswith(f"{name}.")
    }


def _drop_parts(candidate: Candidate) -> None:
    for part in _parts(candidate):
        del sys.modules[part]


def _put_back(good: _Good, candidate: Candidate) -> ModuleType:
    name = module_name(candidate)
    if sys.modules.get(name) is not good.parts[name]:
        _drop_parts(candidate)
        sys.modules.update(good.parts)
    return good.parts[name]

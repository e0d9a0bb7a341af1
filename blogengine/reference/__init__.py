"""The reference pages in `docs/reference/`, made from the code so that the two cannot disagree."""

from pathlib import Path

from blogengine.reference.pages import reference

__all__ = ["differences", "reference", "write"]


def differences(folder: Path) -> list[str]:
    """Return the names of the pages in `folder` that do not say what the code says."""
    there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}
    wanted = reference()
    return sorted(name for name in {*there, *wanted} if there.get(name) != wanted.get(name))


def write(folder: Path) -> list[str]:
    """Write the pages into `folder`, take away what is no page any more, and return the names of what changed."""
    changed = differences(folder)
    texts = reference()
    folder.mkdir(parents=True, exist_ok=True)
    for name in changed:
        if name in texts:
            (folder / name).write_text(texts[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed

"""The theme paper: one column of serif type on warm paper, with a dark side."""

from collections.abc import Sequence
from pathlib import Path

from blogengine.plugin import hookimpl

__all__ = ["register_themes"]


@hookimpl
def register_themes() -> Sequence[Path]:
    """Bring the theme along."""
    return [Path(__file__).parent / "themes" / "paper"]

"""What the documents show: their blocks of code, and the files that these are."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:# |\{#- |/\* )((?:instance|blogengine-reading-time)/[\w./-]+)")


def blocks(page: Path) -> list[tuple[str, str]]:
    """Return language and text of the blocks of code in `page`."""
    return [(found[1], found[2]) for found in BLOCK.finditer(page.read_text(encoding="utf-8"))]


def files(page: Path) -> dict[str, str]:
    """Return the files that `page` shows: each begins with a comment that names it."""
    return {found[1]: text for _, text in blocks(page) if (found := FILE.match(text))}


def in_code(text: str) -> str:
    """Return what `text` shows as code."""
    return "\n".join(
        [*(found[2] for found in BLOCK.finditer(text)), *re.findall(r"`[^`\n]+`", BLOCK.sub("", text))]
    )

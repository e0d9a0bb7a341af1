"""One more press for what is doubtful: what it takes off, and the proof that a browser worked meanwhile (SHA-256)."""

import hashlib
import re

from blogengine.plugin import CommentFacts
from blogengine.plugin import CommentFormView
from blogengine.plugin import Field
from blogengine_antispam.settings import current

NAME = "antispam.work"
LOOKED = -1.5
"""Points for a commenter who came back: a script that knows this engine can do that, so it is not much."""
WORKED = -1.5
"""Points for work, which costs whoever sends thousands."""
_PROOF = re.compile(r"\+[0-9]{1,15}", re.ASCII)


def ask(form: CommentFormView) -> None:
    """Say in the form that asks for one more press how many bits are wanted; a script puts the proof in their place."""
    bits = current().work
    if form.challenge and bits:
        form.add(Field(NAME, kind="hidden", value=str(bits)))


def reliefs(facts: CommentFacts) -> list[tuple[float, str]]:
    """Return the points that are taken off for one more press, and for work, each with its reason."""
    if not facts.challenge:
        return []
    found = [(LOOKED, "Its writer looked at it and pressed once more.")]
    if is_proof(facts.fields.get(NAME, ""), facts.challenge, current().work):
        found.append((WORKED, "The browser worked for it."))
    return found


def is_proof(typed: str, challenge: str, bits: int) -> bool:
    """Whether SHA-256 of the challenge with this proof begins with so many zero bits; no bits are no work."""
    if bits < 1 or not challenge or not _PROOF.fullmatch(typed):
        return False
    digest = hashlib.sha256(f"{challenge}{typed}".encode()).digest()
    return int.from_bytes(digest) >> (256 - bits) == 0

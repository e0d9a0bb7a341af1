"""What judges say of a comment: levels, of which the strictest wins, and points, which add up."""

from dataclasses import dataclass

PUBLISH = 0
ASK = 1
"""One more press is asked of the commenter, who is shown the comment; with it, it is published."""
HOLD = 2
SPAM = 3
REJECT = 4

SILENT = 1000.0
"""A score from here on is a black hole: the comment is spam that is counted nowhere and learned from by nobody."""


@dataclass(frozen=True, slots=True, order=True)
class Verdict:
    """A judgement on a comment; the highest `level` of all plugins wins, scores add up."""

    level: int
    reason: str = ""
    """A sentence for the owner; more than one, each on its line."""
    score: float = 0.0
    """How much speaks for spam, in points: 3 is doubtful, 8 is hardly a comment; below 0 it speaks for the comment."""
    plugin: str = ""
    """Who said so; the engine fills it in."""

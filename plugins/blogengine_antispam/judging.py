"""Adding up what speaks for spam: the owner's lists, alphabet and form, and what the owner decided before."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field

from blogengine.plugin import ASK
from blogengine.plugin import HOLD
from blogengine.plugin import PUBLISH
from blogengine.plugin import SILENT
from blogengine.plugin import SPAM
from blogengine.plugin import CommentDraft
from blogengine.plugin import CommentFacts
from blogengine.plugin import Verdict
from blogengine.plugin import blog
from blogengine_antispam import alphabets
from blogengine_antispam import bayes
from blogengine_antispam import features
from blogengine_antispam import memory
from blogengine_antispam import rules
from blogengine_antispam import words
from blogengine_antispam import working
from blogengine_antispam.features import Seen
from blogengine_antispam.settings import Settings
from blogengine_antispam.settings import current

LISTED = {"hold": 3.0, "spam": 10.0, "silent": SILENT}
"""Points of what is on the owner's lists."""
_LEVELS = {"hold": HOLD, "spam": SPAM, "silent": SPAM}

Read = Callable[[list[int]], bayes.Counts]


@dataclass(slots=True)
class Sum:
    """Points with what they are for."""

    points: float = 0.0
    level: int = PUBLISH
    reasons: list[str] = field(default_factory=list)

    def add(self, points: float, reason: str, level: int = PUBLISH) -> None:
        """Add points with their reason; `level` is the least that happens."""
        self.points += points
        self.level = max(self.level, level)
        self.reasons.append(f"{reason} ({points:+.1f})" if points < SILENT else reason)


def judge(comment: CommentDraft, facts: CommentFacts) -> Verdict | None:
    """Return where a comment belongs, or None where nothing speaks for or against it."""
    settings = current()
    seen = features.look(comment)
    found = Sum()
    for action, reason in rules.hits(seen, facts.address_key):
        found.add(LISTED[action], reason, _LEVELS[action])
    weigh(seen, settings, blog().site.language, bayes.read, found)
    if found.points >= settings.spam_at:
        found.level = max(found.level, SPAM)
    elif found.points >= settings.hold_at:
        found.level = max(
            found.level, HOLD if settings.doubtful == "hold" else _once_more(facts, settings, found)
        )
    if not found.reasons:
        return None
    return Verdict(found.level, "\n".join(found.reasons), round(found.points, 1))


def _once_more(facts: CommentFacts, settings: Settings, found: Sum) -> int:
    """Return the level of a doubtful comment where its writer may be asked for one more press, or has pressed."""
    if not facts.challenge:
        return ASK
    for points, reason in working.reliefs(facts):
        found.add(points, reason)
    return HOLD if found.points >= settings.hold_at else PUBLISH


def weigh(seen: Seen, settings: Settings, language: str, read: Read, found: Sum) -> None:
    """Add to `found` what alphabet, form and the filter say."""
    if settings.alphabet:
        _weigh_alphabet(seen, language, found)
    for points, reason in features.points(seen, settings.links):
        found.add(points, reason)
    if not settings.learn:
        return
    known = words.tokens(seen, settings.links)
    counts = read(list(known))
    for points, reason in memory.points(known, counts):
        found.add(points, reason)
    points, said = bayes.weigh(known, counts)
    if points:
        about = f" ({', '.join(said)})" if said else ""
        found.add(round(points, 1), f"It resembles what you marked as spam{about}.")


def _weigh_alphabet(seen: Seen, language: str, found: Sum) -> None:
    own, used = alphabets.of_language(language), alphabets.main_alphabet(seen.plain)
    if used and used != own:
        points = 1.0 if used == "Latin" else 2.0
        found.add(points, f"Its letters are {used}, those of the blog are {own}.")
    if alphabets.mixed_words(f"{seen.plain} {seen.name}") >= 2:
        found.add(2.0, "It has words of Latin and Cyrillic letters mixed.")

"""A set of comments made by the project, half of it spam, always the same: to measure the filter without anybody's data.

Every kind has at least five templates; each fifth one is used for what is held out and for nothing else, and so are each
fifth name and each fifth word of a list. What the filter is tried with has sentences that it has never seen.
"""

import random
import re
from dataclasses import dataclass

from bench import otherset_ham
from bench import otherset_spam
from bench import spamset_ham
from bench import spamset_spam

SEED = 20261122
EACH = 2000
"""Comments of each side; a fifth of them is held out."""
FOLDS = 5
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One comment of the set."""

    is_spam: bool
    kind: str
    name: str
    website: str
    text: str


def make(
    each: int = EACH, seed: int = SEED, fold: int = FOLDS - 1, *, other: bool = False
) -> tuple[list[Sample], list[Sample]]:
    """Return what may be learned from, and what is held out: half of each is spam, in an order of no meaning.

    `fold` says which fifth of all sentences, names and words is held out, from 0. `other` makes them of the second set,
    which has other kinds, sentences and words, and which nobody looked at while the filter was changed.
    """
    parts = []
    for held_out, share in ((False, 0.8), (True, 0.2)):
        chance = random.Random(f"{seed}:{fold}:{held_out}")
        samples: dict[tuple[str, str, str], Sample] = {}
        sources = (otherset_spam, otherset_ham) if other else (spamset_spam, spamset_ham)
        for is_spam, source in zip((True, False), sources, strict=True):
            maker = _Maker(chance, source.WORDS, _Side(fold, held_out))
            wanted = len(samples) + round(each * share)
            kinds = list(source.KINDS)
            weights = [source.KINDS[kind].weight for kind in kinds]
            while len(samples) < wanted:
                kind = chance.choices(kinds, weights)[0]
                name, website, text = maker.comment(source.KINDS[kind])
                samples[name, website, text] = Sample(is_spam, kind, name, website, text)
        found = list(samples.values())
        chance.shuffle(found)
        parts.append(found)
    return parts[0], parts[1]


class _Maker:
    def __init__(self, chance: random.Random, words: dict[str, list[str]], side: "_Side") -> None:
        self._chance = chance
        self._words = {name: side.of(values) for name, values in words.items()}
        self._side = side

    def comment(self, kind: spamset_ham.Kind) -> tuple[str, str, str]:
        chance = self._chance
        least, most = kind.sentences
        side = self._side.of(kind.texts)
        chosen = chance.sample(side, min(len(side), chance.randint(least, most)))
        text = chance.choice(("\n\n", " ", " ")).join(self._filled(sentence) for sentence in chosen)
        name = self._filled(chance.choice(kind.names))
        website = self._filled(chance.choice(kind.websites))
        return name, website, text

    def _filled(self, template: str) -> str:
        for _ in range(4):
            template, changes = _SLOT.subn(lambda found: self._word(found[1]), template)
            if not changes:
                break
        return template

    def _word(self, name: str) -> str:
        chance = self._chance
        if name == "number":
            return str(chance.randint(2, 990))
        if name == "gibberish":
            return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(6, 10)))
        return chance.choice(self._words[name])


@dataclass(frozen=True, slots=True)
class _Side:
    """Which part of a list is used: one fifth, or the others."""

    fold: int
    is_held_out: bool

    def of(self, values: list[str]) -> list[str]:
        return [
            value for place, value in enumerate(values) if (place % FOLDS == self.fold) == self.is_held_out
        ]

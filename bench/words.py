"""Invented text: the same for the same seed, in the length and shape of real posts and comments."""

import random

_STARTS = (
    "b",
    "br",
    "ch",
    "d",
    "dr",
    "f",
    "g",
    "gl",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "pl",
    "r",
    "s",
    "sh",
    "st",
    "t",
    "v",
    "w",
)
_HEARTS = ("a", "e", "i", "o", "u", "ai", "ea", "oo", "ou")
_ENDS = ("n", "r", "l", "t", "s", "nd", "st", "m", "ck")


def _vocabulary() -> list[str]:
    source = random.Random(1)

    def syllable() -> str:
        return source.choice(_STARTS) + source.choice(_HEARTS)

    words = {
        "".join(syllable() for _ in range(source.choice((1, 1, 2, 2, 3)))) + source.choice(["", *_ENDS])
        for _ in range(5000)
    }
    return sorted(words, key=lambda word: (len(word), word))


_VOCABULARY = _vocabulary()


def words(source: random.Random, count: int) -> list[str]:
    """Return `count` words, short ones more often, as in real languages."""
    size = len(_VOCABULARY)
    return [_VOCABULARY[int(size * source.random() ** 2)] for _ in range(count)]


def sentence(source: random.Random, count: int) -> str:
    """Return a sentence of `count` words."""
    return " ".join(words(source, count)).capitalize() + "."


def title(source: random.Random) -> str:
    """Return the title of a post."""
    return " ".join(words(source, source.randint(3, 7))).capitalize()


def body(source: random.Random, count: int = 650) -> str:
    """Return the Markdown of a post of about `count` words: paragraphs, headings, a list, links, emphasis."""
    parts = []
    left = count
    while left > 0:
        size = min(left, source.randint(50, 110))
        left -= size
        parts.append(_paragraph(source, size))
        if len(parts) == 3:
            parts.append(f"## {title(source)}")
        if len(parts) == 6:
            parts.append("\n".join(f"- {sentence(source, 5)}" for _ in range(4)))
            left -= 20
    return "\n\n".join(parts)


def comment(source: random.Random) -> str:
    """Return the text of a comment of 5 to 90 words."""
    return "\n\n".join(sentence(source, source.randint(5, 30)) for _ in range(source.choice((1, 1, 2, 3))))


def _paragraph(source: random.Random, count: int) -> str:
    chosen = words(source, count)
    at = source.randrange(count)
    chosen[at] = source.choice(
        (f"**{chosen[at]}**", f"*{chosen[at]}*", f"[{chosen[at]}](https://example.org/{chosen[at]})")
    )
    pieces = []
    while chosen:
        size = source.randint(8, 18)
        pieces.append(" ".join(chosen[:size]) + ".")
        chosen = chosen[size:]
    return " ".join(piece[0].upper() + piece[1:] for piece in pieces)

"""Which alphabet a text is written in, and whether that is the blog's: one look at each character."""

import re

_RANGES = {
    "Latin": "A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff",
    "Greek": "\u0370-\u03ff\u1f00-\u1fff",
    "Cyrillic": "\u0400-\u052f",
    "Armenian": "\u0530-\u058f",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff\u0750-\u077f",
    "Indic": "\u0900-\u0dff",
    "Thai": "\u0e00-\u0e7f",
    "Georgian": "\u10a0-\u10ff",
    "East Asian": "\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff",
}
_LETTERS = {name: re.compile(f"[{letters}]") for name, letters in _RANGES.items()}
_OF_LANGUAGE = {
    "Greek": ("el",),
    "Cyrillic": ("ru", "uk", "bg", "be", "mk", "sr", "kk", "ky", "mn", "tg"),
    "Armenian": ("hy",),
    "Hebrew": ("he", "iw", "yi"),
    "Arabic": ("ar", "fa", "ur", "ps", "ckb", "ug"),
    "Indic": ("hi", "mr", "ne", "bn", "ta", "te", "gu", "kn", "ml", "pa", "si", "or", "as", "sa"),
    "Thai": ("th",),
    "Georgian": ("ka",),
    "East Asian": ("zh", "ja", "ko"),
}
_MIXED = re.compile("[A-Za-z][\u0400-\u052f]|[\u0400-\u052f][A-Za-z]")
FEWEST = 8
"""Letters below which nothing is said: a word of thanks may be in any alphabet."""


def of_language(tag: str) -> str:
    """Return the alphabet of a language tag such as `en` or `pt-BR`."""
    language = tag.partition("-")[0].lower()
    return next((name for name, languages in _OF_LANGUAGE.items() if language in languages), "Latin")


def main_alphabet(text: str) -> str:
    """Return the alphabet of most letters of `text`; empty where there are too few of them."""
    counts = {name: len(letters.findall(text)) for name, letters in _LETTERS.items()}
    counts["East Asian"] *= 3  # a character is a syllable or a word
    name = max(counts, key=lambda one: counts[one])
    return name if counts[name] >= FEWEST else ""


def mixed_words(text: str) -> int:
    """Return how often a Latin and a Cyrillic letter stand side by side, as in words made to be overlooked."""
    return len(_MIXED.findall(text))

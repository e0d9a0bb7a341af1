"""What the owner decides about outlines."""

from dataclasses import dataclass

from blogengine.plugin import option


@dataclass(frozen=True, slots=True)
class Settings:
    """What is done to posts and pages when they are saved."""

    headings: int = option(
        0,
        "Table of contents from so many headings on",
        help="It stands before the first heading. 0: only where a post has [[toc]] in a paragraph of its own.",
        minimum=0,
        maximum=100,
    )
    title: str = option("Contents", "Words above a table of contents", max_length=100)
    lazy: bool = option(
        True,
        "Load pictures late",
        help="All but the first picture of a post are loaded when they come near the screen.",
    )

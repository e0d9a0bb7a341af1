"""What the owner may say on every page."""

from dataclasses import dataclass

from blogengine.plugin import option


@dataclass(frozen=True, slots=True)
class Settings:
    """Words on every page; `<b>`, `<i>` and links work in them."""

    announcement: str = option(
        "",
        "Announcement",
        help="Stands under the title of every page, for as long as there is something here. Links work: <a href=…>.",
        multiline=True,
        max_length=1000,
    )
    attribution: str = option(
        "",
        "Line at the end of every page",
        help="Your name, the year, a licence. Links work here too.",
        max_length=500,
    )

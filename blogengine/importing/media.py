"""Takes in pictures, and rewrites the addresses by which posts show them."""

import re
from pathlib import Path

from blogengine import media
from blogengine import pictures
from blogengine.errors import Refused
from blogengine.importing.report import Report
from blogengine.interchange import MediaRecord
from blogengine.text import unescape

_ADDRESS = re.compile(r"(?:https?:)?//[^\s\"'<>]+")


class MediaImport:
    """The pictures of one import."""

    def __init__(self, report: Report, folder: Path) -> None:
        self._report = report
        self._folder = folder
        self._addresses: dict[str, str] = {}

    def take(self, record: MediaRecord) -> None:
        """Store a picture, unless it is there, and remember its old addresses."""
        counts = self._report.counts["media"]
        try:
            with record.open() as file:
                picture = pictures.examine(file)
                name = media.find(picture, source_id=record.source_id)
                if name is not None:
                    counts.already_there += 1
                elif self._report.dry_run:
                    counts.new += 1
                    name = media.name_for(picture, record.title)
                else:
                    counts.new += 1
                    name = media.store(
                        picture,
                        record.title,
                        folder=self._folder,
                        source_id=record.source_id,
                        created_at=record.created_at,
                    ).name
        except Refused as error:
            counts.left_out += 1
            self._report.note("left-out", record.title, record.source_id, str(error))
            return
        self._addresses.update(dict.fromkeys(record.original_urls, media.url(name)))

    def rewrite(self, source: str, where: str) -> str:
        """Return a post's HTML with the old addresses of pictures that came over replaced by ours."""
        if not self._addresses:
            return source
        replaced = 0

        def ours(match: re.Match[str]) -> str:
            nonlocal replaced
            address = self._addresses.get(unescape(match[0]))
            replaced += address is not None
            return address or match[0]

        rewritten = _ADDRESS.sub(ours, source)
        if replaced:
            why = "they lead to the pictures that came over"
            self._report.note("changed", f"{replaced} addresses of pictures", where, why)
        return rewritten

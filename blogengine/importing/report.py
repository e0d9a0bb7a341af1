"""What an import did, or would do."""

from collections.abc import Callable
from dataclasses import asdict
from dataclasses import dataclass
from dataclasses import field
from typing import Any

from blogengine.interchange import Note


@dataclass(slots=True)
class Counts:
    """Of one kind of thing."""

    new: int = 0
    already_there: int = 0
    left_out: int = 0

    @property
    def total(self) -> int:
        """How many were read."""
        return self.new + self.already_there + self.left_out


@dataclass(slots=True)
class Report:
    """Counts for each kind (`post`, `page`, `comment`, `media`, `setting`) and every note, in order.

    With `on_note` the notes go there one by one and `notes` stays empty, which a large import needs.
    """

    dry_run: bool = False
    counts: dict[str, Counts] = field(
        default_factory=lambda: {kind: Counts() for kind in ("setting", "media", "post", "page", "comment")}
    )
    note_counts: dict[str, int] = field(default_factory=lambda: {"kept": 0, "changed": 0, "left-out": 0})
    notes: list[Note] = field(default_factory=list)
    on_note: Callable[[Note], None] | None = None

    @property
    def done(self) -> int:
        """How many records were dealt with."""
        return sum(counts.total for counts in self.counts.values())

    def note(self, level: str, what: str, where: str, why: str) -> None:
        """Add a note."""
        self.add(Note(level, what, where, why))

    def add(self, note: Note) -> None:
        """Add a note."""
        self.note_counts[note.level] = self.note_counts.get(note.level, 0) + 1
        if self.on_note is None:
            self.notes.append(note)
        else:
            self.on_note(note)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain values, for JSON."""
        return {
            "dry_run": self.dry_run,
            "counts": {kind: asdict(counts) for kind, counts in self.counts.items()},
            "note_counts": dict(self.note_counts),
            "notes": [asdict(note) for note in self.notes],
        }

"""From Markdown with footnotes to Markdown without: numbers in the text, a list under it. Linear in the length."""

import re
from dataclasses import dataclass
from dataclasses import field

_DEFINITION = re.compile(r" {0,3}\[\^([^\]\s\[^]{1,60})\]:[ \t]*(.*)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
# Code first, so that what stands in it is passed over; then a backslash, which makes the next sign plain.
_REFERENCE = re.compile(r"(?P<code>`+)|\\.|\[\^(?P<name>[^\]\s\[^]{1,60})\]")
_CONTINUED = re.compile(r"(?: {2,}|\t)\S")


@dataclass(slots=True)
class _Note:
    """A footnote; `number` is 0 while nothing refers to it."""

    lines: list[str]
    number: int = 0
    references: int = 0


@dataclass(slots=True)
class _Notes:
    anchor: str
    by_name: dict[str, _Note] = field(default_factory=dict)
    used: list[_Note] = field(default_factory=list)

    def refer(self, name: str) -> str | None:
        """Return what stands for a reference, or None where there is no such footnote."""
        note = self.by_name.get(name)
        if note is None:
            return None
        if not note.number:
            self.used.append(note)
            note.number = len(self.used)
        note.references += 1
        mark = f' id="{self._place("fnref", note)}"' if note.references == 1 else ""
        return f'<sup{mark}><a href="#{self._place("fn", note)}">{note.number}</a></sup>'

    def listed(self) -> str:
        """Return the list under the text."""
        items = []
        for note in self.used:
            back = f'<a href="#{self._place("fnref", note)}" title="Back to the text">↩</a>'
            items.append(
                f'{note.number}. <span id="{self._place("fn", note)}"></span>{" ".join(note.lines)} {back}'
            )
        return '\n\n<section class="footnotes">\n\n' + "\n".join(items) + "\n\n</section>\n"

    def _place(self, kind: str, note: _Note) -> str:
        return f"{kind}-{note.number}-{self.anchor}" if self.anchor else f"{kind}-{note.number}"


def with_footnotes(source: str, anchor: str) -> str:
    """Return the source with its footnotes numbered in the order in which the text refers to them.

    A reference without a footnote stays as it was typed; a footnote that nothing refers to is left out.
    """
    notes = _Notes(anchor)
    kept = _without_definitions(source.split("\n"), notes)
    if not notes.by_name:
        return source
    text = _numbered(kept, notes)
    for note in notes.used:  # grows while footnotes refer to footnotes
        note.lines = [_numbered([(line, False)], notes) for line in note.lines]
    return f"{text.rstrip()}{notes.listed()}" if notes.used else text


def _without_definitions(lines: list[str], notes: _Notes) -> list[tuple[str, bool]]:
    """Return the lines that stay, each with whether it is code, and take the footnotes out."""
    kept: list[tuple[str, bool]] = []
    fence = ""
    note: _Note | None = None
    for line in lines:
        edge = _FENCE.match(line)
        if fence:
            kept.append((line, True))
            closes = edge is not None and edge[1].startswith(fence) and not line.strip(edge[1][0] + " \t")
            fence = "" if closes else fence
            continue
        found = _DEFINITION.fullmatch(line)
        if found:
            note = _Note([found[2].strip()])
            notes.by_name.setdefault(found[1], note)
        elif note is not None and _CONTINUED.match(line):
            note.lines.append(line.strip())
        else:
            note = None
            if edge:
                fence = edge[1]
            is_code = bool(edge) or line.startswith(("    ", "\t"))
            kept.append((line, is_code))
    return kept


def _numbered(lines: list[tuple[str, bool]], notes: _Notes) -> str:
    done: list[str] = []
    for line, is_code in lines:
        done.append(line if is_code or "[^" not in line else _numbered_line(line, notes))
    return "\n".join(done)


def _numbered_line(line: str, notes: _Notes) -> str:
    parts: list[str] = []
    position = 0
    runs = {run: line.rfind(run) for run in set(re.findall("`+", line))}
    while found := _REFERENCE.search(line, position):
        parts.append(line[position : found.start()])
        position = found.end()
        code = found["code"]
        if code and runs[code] >= position:
            end = re.compile(f"(?<!`){code}(?!`)").search(line, position)
            position = end.end() if end else position
        shown = notes.refer(found["name"]) if found["name"] else None
        parts.append(shown if shown is not None else line[found.start() : position])
    parts.append(line[position:])
    return "".join(parts)

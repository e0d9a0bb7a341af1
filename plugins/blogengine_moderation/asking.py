"""The owner's question in the comment form: who does not answer it waits, and nobody is turned away."""

from blogengine.plugin import CommentFacts
from blogengine.plugin import CommentFormView
from blogengine.plugin import Field
from blogengine.plugin import text
from blogengine_moderation.rules import current

NAME = "moderation.answer"


def ask(form: CommentFormView) -> None:
    """Add the question where the owner has set one, with what it is for."""
    rule = current()
    if rule.question and _answers() and not form.signed_in_name:
        hint = "This keeps robots out. Without the right answer your comment waits for the author."
        form.add(Field(NAME, rule.question, help=hint))


def reason_to_hold(facts: CommentFacts) -> str:
    """Return why a comment is held because of its answer, or an empty text."""
    rule = current()
    if not rule.question or not _answers() or facts.signed_in or facts.is_edit:
        return ""
    typed = _folded(facts.fields.get(NAME, ""))
    if typed in _answers():
        return ""
    return "The question was answered wrongly." if typed else "The question was not answered."


def _answers() -> set[str]:
    return {_folded(line) for line in current().answers.splitlines()} - {""}


def _folded(words: str) -> str:
    return " ".join(text.fold(words).strip(" .!?").split())

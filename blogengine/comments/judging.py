"""What becomes of a comment: the engine's own doubts and the verdicts of plugins, with their reasons and their sum."""

import re
from dataclasses import dataclass
from dataclasses import field

from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostView
from blogengine.runtime import blog
from blogengine.verdicts import ASK
from blogengine.verdicts import HOLD
from blogengine.verdicts import PUBLISH
from blogengine.verdicts import REJECT
from blogengine.verdicts import SPAM
from blogengine.verdicts import Verdict

REASONS = 4000
"""Characters of all reasons that are stored with a comment."""
_OF_PLUGIN = re.compile(r"([a-z][a-z0-9_]{1,30}): (.+)")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a comment waits, or is spam; `plugin` is empty where the engine itself says so."""

    text: str
    plugin: str = ""


@dataclass(slots=True)
class Judgement:
    """What all judges said together: the strictest level, the sum of their scores, and every reason."""

    level: int = PUBLISH
    score: float = 0.0
    reasons: list[Reason] = field(default_factory=list)
    refusal: str = ""
    """What the visitor is told, where a plugin refuses."""

    def add(self, verdict: Verdict) -> None:
        """Take one more verdict into account."""
        if verdict.level >= REJECT and not self.refusal:
            self.refusal = verdict.reason
        self.level = max(self.level, verdict.level)
        self.score += verdict.score
        if verdict.level > PUBLISH or verdict.score:
            lines = filter(None, map(str.strip, verdict.reason.splitlines()))
            self.reasons += [Reason(line, verdict.plugin) for line in lines]

    def stored_reasons(self) -> str:
        """Return the reasons as they are stored: one a line, with the plugin before a colon."""
        lines = [
            f"{reason.plugin}: {reason.text}" if reason.plugin else reason.text for reason in self.reasons
        ]
        return "\n".join(lines)[:REASONS]


def reasons_in(held_reason: str) -> list[Reason]:
    """Return the reasons that were stored with a comment."""
    found = []
    for line in held_reason.splitlines():
        of_plugin = _OF_PLUGIN.fullmatch(line)
        found.append(Reason(of_plugin[2], of_plugin[1]) if of_plugin else Reason(line))
    return found


def judge(draft: CommentDraft, post: PostView, facts: CommentFacts, *, may_ask: bool = False) -> Judgement:
    """Return what becomes of a visitor's comment; where the caller cannot ask for one more press, it is held instead."""
    running = blog()
    found = Judgement()
    if not facts.has_origin_evidence:
        found.add(Verdict(HOLD, "The browser did not say which page the form was sent from."))
    if facts.honeypot_filled:
        found.add(Verdict(SPAM, "The field that people do not see was filled in."))
    if running.config.safe_mode:
        found.add(Verdict(HOLD, "The blog runs in safe mode, without the plugins that judge comments."))
    for status in running.plugins.statuses.values():
        if status.state != "active":
            reason = f"The plugin {status.id} does not run; it may have judged this comment."
            found.add(Verdict(HOLD, reason))
    for plugin_id in running.setup.holding:
        reason = f"The plugin {plugin_id} was switched off by the engine; it may have judged this comment."
        found.add(Verdict(HOLD, reason))
    for answer in running.hook.judge_comment(comment=draft, post=post, facts=facts):
        known = isinstance(answer, Verdict) and answer.level in (PUBLISH, ASK, HOLD, SPAM, REJECT)
        found.add(answer if known else Verdict(HOLD, "A plugin gave an answer that is no verdict."))
    if found.level == ASK and facts.challenge:
        found.level = PUBLISH  # the press that was asked for
    elif found.level == ASK and not may_ask:
        found.level = HOLD
    return found

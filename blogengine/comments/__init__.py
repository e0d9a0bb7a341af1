"""Comments: reading threads, taking a visitor's comment, and the owner's decisions."""

from blogengine.comments.editing import edit
from blogengine.comments.forgetting import Forgetting
from blogengine.comments.judging import Reason
from blogengine.comments.judging import reasons_in
from blogengine.comments.moderation import approve
from blogengine.comments.moderation import delete_all_spam
from blogengine.comments.moderation import delete_forever
from blogengine.comments.moderation import edits_of
from blogengine.comments.moderation import get
from blogengine.comments.moderation import mark_spam
from blogengine.comments.moderation import posts_under
from blogengine.comments.moderation import recount
from blogengine.comments.moderation import remove
from blogengine.comments.moderation import tell_removed
from blogengine.comments.moderation import undo
from blogengine.comments.moderation import waiting_under
from blogengine.comments.places import PAGE_SIZE
from blogengine.comments.places import address_at
from blogengine.comments.places import count_pages
from blogengine.comments.places import page_address
from blogengine.comments.places import page_of
from blogengine.comments.places import permalink
from blogengine.comments.queue import ENGINE
from blogengine.comments.queue import SCORES
from blogengine.comments.queue import Known
from blogengine.comments.queue import comments_for_owner
from blogengine.comments.queue import count_spam
from blogengine.comments.queue import counts
from blogengine.comments.queue import is_known_sender
from blogengine.comments.queue import kinds
from blogengine.comments.queue import known_senders
from blogengine.comments.queue import parents_of
from blogengine.comments.reading import CommentList
from blogengine.comments.reading import by_address
from blogengine.comments.reading import by_id
from blogengine.comments.reading import own_comment
from blogengine.comments.reading import preview
from blogengine.comments.reading import public_by_ids
from blogengine.comments.reading import recent
from blogengine.comments.reading import stored
from blogengine.comments.reading import stored_by_ids
from blogengine.comments.reading import thread
from blogengine.comments.receiving import receive
from blogengine.comments.receiving import received
from blogengine.comments.receiving import retract
from blogengine.comments.repeats import Outcome
from blogengine.comments.repeats import new_digest
from blogengine.comments.submission import NAME_LIMIT
from blogengine.comments.submission import TEXT_LIMIT
from blogengine.comments.submission import address_key
from blogengine.comments.submission import check
from blogengine.comments.submission import submit
from blogengine.comments.threads import next_thread_key
from blogengine.comments.withdrawing import withdraw

__all__ = [
    "ENGINE",
    "NAME_LIMIT",
    "PAGE_SIZE",
    "SCORES",
    "TEXT_LIMIT",
    "CommentList",
    "Forgetting",
    "Known",
    "Outcome",
    "Reason",
    "address_at",
    "address_key",
    "approve",
    "by_address",
    "by_id",
    "check",
    "comments_for_owner",
    "count_pages",
    "count_spam",
    "counts",
    "delete_all_spam",
    "delete_forever",
    "edit",
    "edits_of",
    "get",
    "is_known_sender",
    "kinds",
    "known_senders",
    "mark_spam",
    "new_digest",
    "next_thread_key",
    "own_comment",
    "page_address",
    "page_of",
    "parents_of",
    "permalink",
    "posts_under",
    "preview",
    "public_by_ids",
    "reasons_in",
    "receive",
    "received",
    "recent",
    "recount",
    "remove",
    "retract",
    "stored",
    "stored_by_ids",
    "submit",
    "tell_removed",
    "thread",
    "undo",
    "waiting_under",
    "withdraw",
]

"""The public plugin API, whole: a plugin imports from here and from nowhere else in the engine."""

from blogengine import comments
from blogengine import fetch
from blogengine import mail
from blogengine import media
from blogengine import posts
from blogengine import privacy
from blogengine import sanitize
from blogengine import text
from blogengine.addresses import check_mail_address
from blogengine.addresses import check_web_address
from blogengine.addresses import mail_key
from blogengine.addresses import mailbox_key
from blogengine.admin.frame import say
from blogengine.clock import now
from blogengine.comments import CommentList
from blogengine.db import BigId
from blogengine.db import JSONValue
from blogengine.db import KeyText
from blogengine.db import Transaction
from blogengine.db import UTCDateTime
from blogengine.db import session
from blogengine.db import write
from blogengine.documents import Document
from blogengine.errors import BlogError
from blogengine.errors import Invalid
from blogengine.errors import NotFound
from blogengine.errors import Refused
from blogengine.feeds import Feed
from blogengine.feeds import FeedElement
from blogengine.feeds import FeedEntry
from blogengine.feeds import FeedLink
from blogengine.feeds import FeedView
from blogengine.feeds import InReplyTo
from blogengine.feeds import Person
from blogengine.feeds import PostList
from blogengine.feeds import PostQuery
from blogengine.head import HeadLink
from blogengine.head import Meta
from blogengine.health import Health
from blogengine.health import HealthCheck
from blogengine.hookspecs import hookimpl
from blogengine.hookspecs import hookspec
from blogengine.interchange import CommentRecord
from blogengine.interchange import Exporter
from blogengine.interchange import ExportSource
from blogengine.interchange import ImportBatch
from blogengine.interchange import Importer
from blogengine.interchange import ImportSource
from blogengine.interchange import MediaRecord
from blogengine.interchange import Note
from blogengine.interchange import PostRecord
from blogengine.interchange import Record
from blogengine.interchange import SettingRecord
from blogengine.interchange import Skip
from blogengine.jobs import enqueue
from blogengine.markup import Marker
from blogengine.markup import split_markers
from blogengine.markup import without_markers
from blogengine.meta import read_meta
from blogengine.meta import write_meta
from blogengine.pagecache import depends
from blogengine.pagecache import expires
from blogengine.pagecache import remember
from blogengine.pages import AdminPages
from blogengine.pages import BlogView
from blogengine.pages import CommentAnswerPage
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import CommentFormView
from blogengine.pages import CommentView
from blogengine.pages import ErrorPage
from blogengine.pages import Link
from blogengine.pages import ListingPage
from blogengine.pages import Page
from blogengine.pages import PostDraft
from blogengine.pages import PostPage
from blogengine.pages import PostView
from blogengine.pageviews import PageView
from blogengine.permissions import ALLOW
from blogengine.permissions import DENY
from blogengine.permissions import Actor
from blogengine.permissions import Judgement
from blogengine.permissions import Permission
from blogengine.permissions import Resource
from blogengine.places import Asset
from blogengine.places import Field
from blogengine.places import Gadget
from blogengine.redirects import Redirect
from blogengine.runtime import blog
from blogengine.runtime import call_hook
from blogengine.runtime import settings_of
from blogengine.schema import option
from blogengine.sealing import open_secret
from blogengine.sealing import seal_secret
from blogengine.searching import Search
from blogengine.secret import Secret
from blogengine.setup import VERSION as ENGINE_VERSION
from blogengine.signing import seal
from blogengine.signing import unseal
from blogengine.subjects import DataSubject
from blogengine.syndication import finish_feed
from blogengine.tables import Tables
from blogengine.verdicts import ASK
from blogengine.verdicts import HOLD
from blogengine.verdicts import PUBLISH
from blogengine.verdicts import REJECT
from blogengine.verdicts import SILENT
from blogengine.verdicts import SPAM
from blogengine.verdicts import Verdict
from blogengine.web.access import can
from blogengine.web.caching import cacheable
from blogengine.web.frame import public_page
from blogengine.web.publicforms import public_form
from blogengine.web.publicforms import visitor_key
from blogengine.web.rendering import asset
from blogengine.web.rendering import fill_bodies
from blogengine.web.rendering import fragment
from blogengine.web.rendering import label_url
from blogengine.work import Event
from blogengine.work import Job

__all__ = [
    "ALLOW",
    "ASK",
    "DENY",
    "ENGINE_VERSION",
    "HOLD",
    "PUBLISH",
    "REJECT",
    "SILENT",
    "SPAM",
    "Actor",
    "AdminPages",
    "Asset",
    "BigId",
    "BlogError",
    "BlogView",
    "CommentAnswerPage",
    "CommentDraft",
    "CommentFacts",
    "CommentFormView",
    "CommentList",
    "CommentRecord",
    "CommentView",
    "DataSubject",
    "Document",
    "ErrorPage",
    "Event",
    "ExportSource",
    "Exporter",
    "Feed",
    "FeedElement",
    "FeedEntry",
    "FeedLink",
    "FeedView",
    "Field",
    "Gadget",
    "HeadLink",
    "Health",
    "HealthCheck",
    "ImportBatch",
    "ImportSource",
    "Importer",
    "InReplyTo",
    "Invalid",
    "JSONValue",
    "Job",
    "Judgement",
    "KeyText",
    "Link",
    "ListingPage",
    "Marker",
    "MediaRecord",
    "Meta",
    "NotFound",
    "Note",
    "Page",
    "PageView",
    "Permission",
    "Person",
    "PostDraft",
    "PostList",
    "PostPage",
    "PostQuery",
    "PostRecord",
    "PostView",
    "Record",
    "Redirect",
    "Refused",
    "Resource",
    "Search",
    "Secret",
    "SettingRecord",
    "Skip",
    "Tables",
    "Transaction",
    "UTCDateTime",
    "Verdict",
    "asset",
    "blog",
    "cacheable",
    "call_hook",
    "can",
    "check_mail_address",
    "check_web_address",
    "comments",
    "depends",
    "enqueue",
    "expires",
    "fetch",
    "fill_bodies",
    "finish_feed",
    "fragment",
    "hookimpl",
    "hookspec",
    "label_url",
    "mail",
    "mail_key",
    "mailbox_key",
    "media",
    "now",
    "open_secret",
    "option",
    "posts",
    "privacy",
    "public_form",
    "public_page",
    "read_meta",
    "remember",
    "sanitize",
    "say",
    "seal",
    "seal_secret",
    "session",
    "settings_of",
    "split_markers",
    "text",
    "unseal",
    "visitor_key",
    "without_markers",
    "write",
    "write_meta",
]

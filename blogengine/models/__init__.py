"""Tables: columns, relations, constraints. No URLs, no rules, no hooks."""

from blogengine.models.accounts import AuthSession
from blogengine.models.accounts import LoginAttempt
from blogengine.models.accounts import User
from blogengine.models.comments import Comment
from blogengine.models.posts import Label
from blogengine.models.posts import Media
from blogengine.models.posts import Post
from blogengine.models.posts import Redirect
from blogengine.models.posts import post_label
from blogengine.models.system import Meta
from blogengine.models.system import Outbox
from blogengine.models.system import PluginCost
from blogengine.models.system import PluginError
from blogengine.models.system import PluginPersonal
from blogengine.models.system import PluginState
from blogengine.models.system import Setting

__all__ = [
    "AuthSession",
    "Comment",
    "Label",
    "LoginAttempt",
    "Media",
    "Meta",
    "Outbox",
    "PluginCost",
    "PluginError",
    "PluginPersonal",
    "PluginState",
    "Post",
    "Redirect",
    "Setting",
    "User",
    "post_label",
]

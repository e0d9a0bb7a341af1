"""A pytest kit for the project and for plugin authors: a blog, its visitors, its owner, a clock that stands still.

Put `pytest_plugins = ["blogengine.testing"]` into `conftest.py`. While the kit is in use no test reaches the network:
see `network`.
"""

from blogengine.testing.blogs import AUTHOR
from blogengine.testing.blogs import OWNER
from blogengine.testing.blogs import BlogKit
from blogengine.testing.clocks import FrozenClock
from blogengine.testing.contract import PluginContract
from blogengine.testing.contract.fixtures import loading
from blogengine.testing.contract.fixtures import trial
from blogengine.testing.contract.loading import Loading
from blogengine.testing.contract.trial import Trial
from blogengine.testing.fixtures import author_client
from blogengine.testing.fixtures import blog
from blogengine.testing.fixtures import client
from blogengine.testing.fixtures import clock
from blogengine.testing.fixtures import database_url
from blogengine.testing.fixtures import engine_name
from blogengine.testing.fixtures import hooks
from blogengine.testing.fixtures import jobs
from blogengine.testing.fixtures import mailbox
from blogengine.testing.fixtures import make_database
from blogengine.testing.fixtures import network
from blogengine.testing.fixtures import owner_client
from blogengine.testing.fixtures import postgresql_server
from blogengine.testing.fixtures import pytest_collection_finish
from blogengine.testing.fixtures import pytest_configure
from blogengine.testing.fixtures import pytest_generate_tests
from blogengine.testing.fixtures import quick_passwords
from blogengine.testing.fixtures import site
from blogengine.testing.fixtures import sqlite_server
from blogengine.testing.mailbox import Mail
from blogengine.testing.mailbox import Mailbox
from blogengine.testing.network import Blocked
from blogengine.testing.network import Network
from blogengine.testing.network import Request
from blogengine.testing.outbox import JobKit
from blogengine.testing.recorder import HookCall
from blogengine.testing.recorder import HookRecorder
from blogengine.testing.visitors import Visitor
from blogengine.testing.visitors import hidden_fields

__all__ = [
    "AUTHOR",
    "OWNER",
    "Blocked",
    "BlogKit",
    "FrozenClock",
    "HookCall",
    "HookRecorder",
    "JobKit",
    "Loading",
    "Mail",
    "Mailbox",
    "Network",
    "PluginContract",
    "Request",
    "Trial",
    "Visitor",
    "author_client",
    "blog",
    "client",
    "clock",
    "database_url",
    "engine_name",
    "hidden_fields",
    "hooks",
    "jobs",
    "loading",
    "mailbox",
    "make_database",
    "network",
    "owner_client",
    "postgresql_server",
    "pytest_collection_finish",
    "pytest_configure",
    "pytest_generate_tests",
    "quick_passwords",
    "site",
    "sqlite_server",
    "trial",
]

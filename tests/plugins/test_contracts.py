"""Every bundled plugin holds the contract that strangers' plugins are tested by."""

from pathlib import Path
from typing import Any

from blogengine.plugins import discovery
from blogengine.testing import BlogKit
from blogengine.testing import PluginContract

BUNDLED = [one.id for one in discovery.find(Path("no drop-ins")).values() if one.origin == "bundled"]


def _send_mails(self: PluginContract, blog: BlogKit) -> None:
    blog.change_settings(
        mail_server="127.0.0.1", mail_port=9, mail_from="b@example.org", url="http://localhost"
    )


FACTS: dict[str, dict[str, Any]] = {
    "also_on": {"post_source": "Read on.\n\n[[also-on: /p/about.html]]"},
    "atom": {"untranslated": frozenset({"Atom"})},
    "commenter_pass": {"prepare_blog": _send_mails},
    "footnotes": {"post_source": "A claim[^1].\n\n[^1]: Its source."},
    "notify": {"prepare_blog": _send_mails},
    "outline": {"post_source": "[[outline]]\n\n## One\n\nText.\n\n## Two\n\nText."},
    "webhooks": {"untranslated": frozenset({"ms"})},
}
"""What the tests cannot guess about a plugin."""

for plugin_id in BUNDLED:
    name = "Test" + plugin_id.title().replace("_", "")
    globals()[name] = type(name, (PluginContract,), {"plugin_id": plugin_id, **FACTS.get(plugin_id, {})})


def test_what_is_said_of_plugins_is_about_bundled_ones() -> None:
    assert set(FACTS) <= set(BUNDLED)

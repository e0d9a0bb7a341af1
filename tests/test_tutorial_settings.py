"""The plugins that the pages about settings and mail show work."""

from collections.abc import Callable
from typing import Any

import pytest

from blogengine.errors import Invalid
from blogengine.plugin import read_meta
from blogengine.plugin import write
from blogengine.testing import BlogKit
from blogengine.testing import JobKit
from blogengine.testing import Mailbox
from blogengine.testing import Visitor
from tests.documents import ROOT
from tests.documents import files

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])
Install = Callable[[str, str], None]


@pytest.fixture
def install(blog: BlogKit) -> Install:
    """Write the plugin of a page into the blog's folder and enable it."""

    def write_and_enable(page: str, plugin_id: str) -> None:
        shown = files(ROOT / "docs" / "plugins" / f"{page}.md")
        file = blog.site.config.drop_in_folder / f"{plugin_id}.py"
        file.write_text(shown[f"instance/plugins/{plugin_id}.py"], encoding="utf-8")
        blog.enable(plugin_id)

    return write_and_enable


def test_the_page_about_settings(blog: BlogKit, client: Visitor, install: Install, jobs: JobKit) -> None:
    install("settings", "planet")
    with pytest.raises(Invalid, match="Whoever fetches blogs says who it is"):
        blog.change_plugin("planet", blogs="https://a.example")
    blog.change_plugin("planet", blogs="https://a.example/?a&b", contact="ann@example.org", key="zebra")
    assert "<li>https://a.example/?a&amp;b</li>" in client.get("/").text
    assert jobs.run_all() == 1
    assert jobs.failed() == []


def test_the_keyring_of_the_page_about_settings_keeps_keys_sealed(blog: BlogKit, install: Install) -> None:
    install("settings", "keyring")
    module: dict[str, Any] = {}
    exec((blog.site.config.drop_in_folder / "keyring.py").read_text(), module)
    with blog.app():
        write(lambda tx: module["keep"](tx, "receiver", "a key that nobody guesses"))
        assert "nobody guesses" not in str(read_meta("keyring", [1], "keyring"))
        assert module["key_of"]("receiver").reveal() == "a key that nobody guesses"


def test_the_page_about_mail(
    blog: BlogKit, install: Install, jobs: JobKit, mailbox: Mailbox, owner_client: Visitor
) -> None:
    install("mail", "thanks")
    blog.write_comment(blog.write_post(), "Good & short.", name="Rita")
    jobs.run_all()
    (sent,) = mailbox.mails
    assert (sent.to, sent.subject) == ("Olive Owner <olive@example.org>", "A new comment")
    assert sent.text == "Rita wrote on My blog:\n\nGood & short.\n"

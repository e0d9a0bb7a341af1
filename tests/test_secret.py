"""Secrets: whatever is done with one, only `reveal()` shows it; stored sealed, blotted out of what is written down."""

import copy
import dataclasses
import json
import logging
import pickle

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from jinja2 import Environment

from blogengine import db as database
from blogengine import jobs
from blogengine import secret as service
from blogengine import settings
from blogengine.cli.main import group
from blogengine.config import Config
from blogengine.db import Transaction
from blogengine.db import db
from blogengine.errors import Refused
from blogengine.models import PluginState
from blogengine.models import Setting
from blogengine.secret import Lost
from blogengine.secret import Secret
from blogengine.secret import redact
from blogengine.setup import SiteSettings
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.plugin_files import run

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])
WORD = "tr0ub4dor&3 zebra/ü"
KEY = "k" * 40

VAULT = """
import logging

@dataclass(frozen=True)
class Settings:
    token: Secret = option(Secret(), "Token", help="From your account.")
    plain: str = option("", "Plain")

@hookimpl
def register_settings(): return Settings

@hookimpl
def listing_footer_html(page):
    mine = settings_of("vault")
    return f"<{mine.token}> {mine} {mine.token!r} %s" % mine.token

@hookimpl
def post_footer_html(post):
    logging.getLogger("stranger").error("using %s", settings_of("vault").token.reveal())
    raise ValueError("cannot use " + settings_of("vault").token.reveal())

@hookimpl
def register_routes():
    pages = Blueprint("vault", __name__)

    @pages.get("/boom")
    def boom():
        raise RuntimeError("Authorization: Bearer " + settings_of("vault").token.reveal())

    return pages

@hookimpl
def register_importers():
    if settings_of("vault").plain == "break":
        raise ValueError("bad " + settings_of("vault").token.reveal())

@hookimpl
def register_jobs(): return {"work": work}

def work(payload):
    raise RuntimeError("job with " + settings_of("vault").token.reveal())

@hookimpl
def comment_form_html(post, signed_in):
    return [settings_of("vault").token.reveal()] * 9
"""


@pytest.fixture
def vault(blog: BlogKit) -> str:
    run(blog, "vault", VAULT)
    blog.change_plugin("vault", token=WORD)
    return "vault"


def everything_stored(blog: BlogKit) -> str:
    """Return all rows of all tables as one text."""
    with blog.app(), db.engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return repr([connection.execute(sa.select("*").select_from(sa.table(name))).all() for name in tables])


def test_nothing_shows_a_secret_but_reveal() -> None:
    secret = Secret(WORD)
    values = SiteSettings(mail_password=secret)
    shown = [
        *(str(secret), repr(secret), f"{secret}", ascii(secret), "{!r} {}".format(secret, [secret])),  # noqa: UP032
        *("%s" % secret, repr({"a": secret}), repr(values), str(dataclasses.asdict(values))),  # noqa: UP031
        *(json.dumps({"a": secret}, default=str), repr(dir(secret))),
        Environment(autoescape=True).from_string("{{ s }} {{ s|safe }} {{ [s] }}").render(s=secret),
    ]
    assert not [text for text in shown if WORD in text]
    assert secret.reveal() == WORD
    for copied in (
        copy.copy(secret),
        copy.deepcopy(secret),
        dataclasses.asdict(values)["mail_password"],
    ):
        assert copied.reveal() == WORD
    with pytest.raises(TypeError, match="JSON"):
        json.dumps(secret)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="pickled"):
            pickle.dumps({"a": secret}, protocol)
    with pytest.raises(TypeError):
        secret + "x"  # type: ignore[operator]
    with pytest.raises(TypeError):
        list(secret)  # type: ignore[call-overload]


def test_secrets_are_compared_and_empty_ones_are_false() -> None:
    assert Secret(WORD) == Secret(WORD) != Secret("other")
    assert Secret(WORD) != WORD
    assert len({Secret(WORD), Secret(WORD)}) == 1
    assert Secret(WORD)
    assert not Secret()


def test_a_text_is_blotted_in_every_spelling_and_only_while_the_secret_lives() -> None:
    secret = Secret(WORD)
    for spelling in (
        *(WORD, repr(WORD), ascii(WORD), json.dumps(WORD), "tr0ub4dor&amp;3 zebra/ü"),
        *("tr0ub4dor%263%20zebra%2F%C3%BC", "tr0ub4dor%263+zebra%2F%C3%BC", WORD.encode().hex()),
    ):
        clean = redact(f"before {spelling} after")
        assert "zebra" not in clean
        assert "7a65627261" not in clean
        assert clean.startswith("before ")
        assert clean.endswith(" after")
    short = Secret("ab1")
    assert redact("ab1 cab10 (ab1)") == "[secret] cab10 ([secret])"
    key = Secret("-----BEGIN KEY-----\nMIIEvQIBADANBg\n-----END KEY-----")
    assert "MIIEvQ" not in redact("line 2 was MIIEvQIBADANBg, which is wrong")
    del short, key
    assert redact("ab1") == "ab1"
    assert secret


def test_what_is_sealed_opens_only_for_its_owner_and_with_the_same_key() -> None:
    sealed = service.seal(KEY, "vault", Secret(WORD))
    assert WORD not in json.dumps(sealed)
    assert sealed != service.seal(KEY, "vault", Secret(WORD))
    assert service.opened(KEY, "vault", {"a": sealed, "b": 1}) == {"a": Secret(WORD), "b": 1}
    damaged = {"sealed": sealed["sealed"][:-8] + "AAAAAAA="}
    nonsense: list[object] = ["", "AA==", "ü", None, 7, []]
    strange: list[object] = [{"sealed": value} for value in nonsense]
    cases: list[tuple[str, str, object]] = [(KEY, "other", sealed), ("x" * 40, "vault", sealed)]
    for key, owner, value in [*cases, *((KEY, "vault", value) for value in [damaged, *strange])]:
        lost = service.opened(key, owner, {"a": value})["a"]
        assert isinstance(lost, Lost)
        assert "type it again" in lost.reason
    assert service.opened(KEY, "vault", ["no table"]) == ["no table"]


def test_without_the_library_a_secret_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    sealed = service.seal(KEY, "vault", Secret(WORD))
    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(Refused, match="PyNaCl is not installed"):
        service.seal(KEY, "vault", Secret(WORD))
    assert "PyNaCl" in service.opened(KEY, "vault", {"a": sealed})["a"].reason


def test_a_secret_is_in_no_page_log_error_or_row(
    blog: BlogKit,
    vault: str,
    client: Visitor,
    owner_client: Visitor,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    path = blog.path_of(blog.write_post())
    with blog.app():
        assert settings.states()["vault"].settings["token"].keys() == {"sealed"}
        database.write(lambda tx: jobs.enqueue(tx, "vault.work", {}))
    pages = [
        client.get("/").text,
        client.get(path).text,
        client.get("/").text,
        client.get("/-/vault/boom").text,
    ]
    assert "Secret(...)" in pages[0]
    blog.run_jobs()
    with blog.app():
        settings.store_failures(blog.site.ledger.failures.take())
    pages += [
        owner_client.get(f"/admin/{name}").text for name in ("", "plugins", "plugins/vault", "settings")
    ]
    assert "cannot use [secret]" in pages[-2]
    assert "job with [secret]" in pages[-2]
    assert "Bearer [secret]" in pages[-2]
    rows = everything_stored(blog)
    written = [*pages, rows, caplog.text, *capsys.readouterr(), repr(blog.site.current().blog.setup)]
    written += [repr(entry) for entry in vars(blog.site.cache).values()]
    for text in written:
        assert "zebra" not in text
    assert "using [secret]" in caplog.text
    assert blog.site.current().blog.setup.fingerprint


@SQLITE
def test_a_plugin_that_breaks_with_a_secret_in_its_words_is_shown_without_it(
    blog: BlogKit, vault: str, owner_client: Visitor
) -> None:
    blog.change_plugin("vault", plain="break")
    page = owner_client.get("/admin/plugins/vault").text
    assert "broken" in page
    assert "bad [secret]" in page
    assert "zebra" not in page


@SQLITE
def test_a_secret_is_write_only_in_the_form(blog: BlogKit, owner_client: Visitor) -> None:
    run(blog, "vault", VAULT)
    page = owner_client.get("/admin/plugins/vault")
    assert "It is not set." in text_of(page)
    answer = send(owner_client, page, "plugin-settings", **{"password:token": WORD, "plain": "x" * 501})
    assert answer.status_code == 422
    assert "zebra" not in answer.text
    assert "Please type it again" in text_of(answer)
    after = follow(owner_client, send(owner_client, page, "plugin-settings", **{"password:token": WORD}))
    assert "It is set, and is never shown" in text_of(after)
    assert form_in(after.text, "plugin-settings").fields["password:token"] == [""]
    after = follow(owner_client, send(owner_client, after, "plugin-settings", plain="kept"))
    with blog.app() as app:
        kept = app.blog.plugins.settings("vault")
        assert (kept.token.reveal(), kept.plain) == (WORD, "kept")
    owner_client.delete_cookie("blog_session")
    signed_out = send(owner_client, after, "plugin-settings", **{"password:token": "other zebra"})
    assert signed_out.status_code == 403
    assert "zebra" not in signed_out.text


@SQLITE
def test_a_stored_secret_is_deleted_by_its_tick(blog: BlogKit, vault: str, owner_client: Visitor) -> None:
    page = owner_client.get("/admin/plugins/vault")
    after = follow(owner_client, send(owner_client, page, "plugin-settings", **{"delete:token": "on"}))
    assert "It is not set." in text_of(after)
    with blog.app():
        assert "token" not in settings.states()["vault"].settings


@SQLITE
def test_a_secret_of_another_key_counts_as_not_set_and_is_kept_until_typed_again(
    blog: BlogKit, vault: str, client: Visitor, owner_client: Visitor
) -> None:
    config = dataclasses.replace(blog.site.config, secret_key="n" * 40)
    other = Site(config)
    other.start(work=False)
    moved = BlogKit(other)
    assert Visitor(other).get("/").status_code == 200
    problem = other.current().blog.plugins.setting_problems["vault"]["token"]
    assert "another secret key" in problem
    assert "It counts as not set." in problem
    moved.change_plugin("vault", plain="x")
    other.close()
    with blog.app() as app:
        assert app.blog.plugins.settings("vault").token.reveal() == WORD
    blog.change_plugin("vault", token=Secret("another"))
    with blog.app() as app:
        assert app.blog.plugins.settings("vault").token.reveal() == "another"


@SQLITE
def test_a_secret_that_was_stored_readable_works_and_is_sealed_at_the_next_save(
    blog: BlogKit, vault: str
) -> None:
    def change(tx: Transaction) -> None:
        tx.session.get_one(PluginState, "vault").settings = {"token": "by hand"}
        tx.bump(settings.SETUP_TAG)

    with blog.app():
        database.write(change)
    with blog.app() as app:
        assert app.blog.plugins.settings("vault").token.reveal() == "by hand"
        assert "not sealed" in app.blog.plugins.setting_problems["vault"]["token"]
    blog.change_plugin("vault", plain="x")
    with blog.app() as app:
        assert app.blog.plugins.settings("vault").token.reveal() == "by hand"
        assert set(settings.states()["vault"].settings["token"]) == {"sealed"}


def test_the_password_of_the_mail_server_is_sealed_like_any_other(blog: BlogKit) -> None:
    blog.change_settings(mail_password=Secret(WORD), mail_server="mail.example.org")
    with blog.app() as app:
        assert app.blog.site.mail_password.reveal() == WORD
        assert set(db.session.get_one(Setting, "mail_password").value) == {"sealed"}
    assert "zebra" not in everything_stored(blog)
    blog.change_settings(mail_password=Secret())
    with blog.app():
        assert db.session.get(Setting, "mail_password") is None


@SQLITE
def test_the_command_line_takes_a_secret_only_from_outside_of_it(
    blog: BlogKit, vault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config: Config = blog.site.config
    (config.instance / "secret_key").write_text(config.secret_key, "ascii")
    monkeypatch.setenv("BLOGENGINE_DATABASE_URL", config.database_url)

    def command(*words: str, given: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(group, ["--instance", str(config.instance), *words], input=given)
        return result.exit_code, result.output + str(result.exception or "")

    code, said = command("plugins", "settings", "vault", "token=on the line")
    assert code == 1
    assert "token=-" in said
    assert command("plugins", "settings", "vault", "token=-", given="from outside\n")[0] == 0
    with blog.app() as app:
        assert app.blog.plugins.settings("vault").token.reveal() == "from outside"
    show = ("plugins", "settings", "vault")
    for words in (show, (*show, "--json"), ("plugins", "list", "--json")):
        code, said = command(*words)
        assert code == 0
        assert "outside" not in said
    said = command(*show, "--json")[1]
    assert json.loads(said[said.index("{") : said.rindex("}") + 1])["settings"]["token"] == {"set": True}
    assert command("plugins", "settings", "vault", "--reset", "token")[0] == 0
    with blog.app() as app:
        assert not app.blog.plugins.settings("vault").token

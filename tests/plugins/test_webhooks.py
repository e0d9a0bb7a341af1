"""The plugin webhooks: what receivers are told, how they know who tells it, and what happens when they do not answer."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from PIL import Image

from blogengine import accounts
from blogengine import comments
from blogengine import db as database
from blogengine import jobs
from blogengine import media
from blogengine import posts
from blogengine import settings
from blogengine.meta import write_meta
from blogengine.models import User
from blogengine.pages import CommentDraft
from blogengine.pages import CommentFacts
from blogengine.pages import PostDraft
from blogengine.secret import Secret
from blogengine.secret import seal
from blogengine.settings.plugin_states import note_installed
from blogengine.site import CORE_JOBS
from blogengine.site import Site
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine.testing import Mailbox
from blogengine.testing import Visitor
from blogengine_webhooks import deliveries
from blogengine_webhooks import endpoints
from blogengine_webhooks import sending
from blogengine_webhooks.endpoints import Endpoint
from tests.admin.forms import follow
from tests.admin.forms import form_in
from tests.admin.forms import press
from tests.admin.forms import send
from tests.admin.forms import text_of
from tests.processes import Process
from tests.processes import Talk
from tests.test_pagecache import Statements

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])


@dataclass
class Received:
    """A request that came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The body as it is meant."""
        message: dict[str, Any] = json.loads(self.body)
        return message

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Another program on this machine that takes messages; `status` is its answer."""

    url: str = ""
    status: int = 204
    said: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)

    @property
    def types(self) -> list[str]:
        """What was received, by type."""
        return [request.message["type"] for request in self.requests]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.requests.append(Received({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(made.status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.said)

        def log_message(self, format: str, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def endpoint_at(blog: BlogKit, url: str, *events: str, anywhere: bool = True, **facts: Any) -> Endpoint:
    """Enable the plugin and give it an endpoint that hears these events, or all."""
    blog.enable("webhooks")
    blog.change_plugin("webhooks", anywhere=anywhere)
    with blog.app():
        values = {"url": url, "events": events or tuple(endpoints.EVENTS), "active": True, **facts}
        endpoint = endpoints.check(values)
        endpoints.save(endpoint)
    return endpoint


def secret_of(blog: BlogKit, endpoint: Endpoint) -> str:
    """Return an endpoint's secret."""
    with blog.app():
        return endpoint.secret.reveal()


def signature_of(secret: str, request: Received) -> str:
    """Return the signature as the specification of Standard Webhooks says it, made without our code."""
    key = base64.b64decode(secret.split("_")[1])
    signed = b".".join([request.id.encode(), request.headers["webhook-timestamp"].encode(), request.body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def stored(blog: BlogKit) -> str:
    """Return all small data of plugins as it stands in the database."""
    with blog.site.engine.connect() as connection:
        return "\n".join(connection.scalars(sa.text("SELECT CAST(value AS TEXT) FROM meta")))


@SQLITE
def test_a_published_post_is_told_of_with_a_signature_that_proves_who_tells_it(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    blog.change_settings(url="https://blog.example", title="Fog & boats")
    endpoint = endpoint_at(blog, receiver.url)
    post_id = blog.write_post("Fog", "Six *boats*.", labels=["boats"])
    blog.run_jobs()
    (request,) = receiver.requests
    assert request.headers["webhook-signature"] == signature_of(secret_of(blog, endpoint), request)
    assert request.headers["webhook-timestamp"] == str(int(clock.moment.timestamp()))
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    message = request.message
    assert message["id"] == request.id
    assert message["type"] == "post.published"
    assert message["timestamp"] == "2020-01-03T02:55:00Z"
    assert message["blog"] == {"title": "Fog & boats", "url": "https://blog.example"}
    assert message["data"]["id"] == post_id
    assert message["data"]["url"] == "https://blog.example/2020/01/fog.html"
    assert message["data"]["labels"] == ["boats"]
    assert "boats</em>" not in request.body.decode(), "the text is sent only where the owner asked for it"


@SQLITE
def test_changed_settings_are_told_of_by_name_and_not_by_what_they_say(
    blog: BlogKit, receiver: Receiver
) -> None:
    endpoint_at(blog, receiver.url, "settings.changed")
    blog.change_settings(title="Fog & boats", mail_password=Secret("zebra"))
    blog.run_jobs()
    blog.change_plugin("atom", entries=10)
    blog.run_jobs()
    blog.change_plugin("webhooks", anywhere=True)
    blog.run_jobs()
    assert [request.message["data"] for request in receiver.requests] == [
        {"plugin": None, "names": ["title"]},
        {"plugin": "atom", "names": ["entries"]},
    ]


@SQLITE
def test_a_machine_that_is_not_public_is_not_asked_unless_the_owner_allows_it(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint_at(blog, receiver.url, anywhere=False)
    blog.write_post("Fog")
    blog.run_jobs()
    assert receiver.requests == []
    blog.change_plugin("webhooks", anywhere=True)
    clock.tick(minutes=1)
    blog.run_jobs()
    assert receiver.types == ["post.published"]


@SQLITE
def test_a_receiver_that_fails_is_asked_again_with_the_same_message_and_a_fresh_signature(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    receiver.status = 503
    post_id = blog.write_post("Fog")
    blog.run_jobs()
    with blog.app():
        posts.trash(post_id)
    receiver.status = 204
    clock.tick(seconds=30)
    blog.run_jobs()
    first, *rest = receiver.requests
    (again,) = [request for request in rest if request.id == first.id]
    assert again.body == first.body
    assert again.headers["webhook-timestamp"] != first.headers["webhook-timestamp"]
    assert again.headers["webhook-signature"] == signature_of(secret_of(blog, endpoint), again)
    assert sorted(receiver.types) == ["post.published", "post.published", "post.unpublished"]


@SQLITE
def test_each_event_is_told_with_public_facts_only(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint_at(blog, receiver.url)
    post_id = blog.write_post("Fog", "Six boats.")
    comment_id = blog.write_comment(post_id, "A comment.").comment_id
    blog.run_jobs()
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        comments.submit(CommentDraft("Private words.", "Ann"), post, CommentFacts(False, "key", False, False))
        posts.save(_draft("Fog, again", "Secret plans."), post_id=post_id)
        posts.save(_draft("Fog, again", "Secret plans."), post_id=post_id)
        comments.mark_spam([comment_id])
        blog.run_jobs()
        posts.unpublish(post_id)
        posts.save(_draft("A draft's title", "A draft's text."), post_id=post_id)
        posts.trash(post_id)
        posts.delete_forever(post_id)
        never = posts.save(_draft("Never public", "Never."))
        posts.trash(never)
        posts.delete_forever(never)
    blog.run_jobs()
    assert receiver.types == [
        "post.published",
        "comment.published",
        "comment.held",
        "post.updated",
        "comment.removed",
        "post.unpublished",
        "post.deleted",
    ]
    everything = b" ".join(request.body for request in receiver.requests).decode()
    for word in ("Private words", "Secret plans", "draft's", "Never", "key", "olive@"):
        assert word not in everything, word
    assert receiver.requests[-1].message["data"] == {
        "id": post_id,
        "kind": "post",
        "url": "/2020/01/fog.html",
    }
    assert receiver.requests[4].message["data"]["was_public"] is True
    assert len({request.id for request in receiver.requests}) == 7


def test_a_picture_that_was_deleted_before_it_was_told_of_is_no_failure(
    blog: BlogKit, receiver: Receiver, tmp_path: Path
) -> None:
    endpoint_at(blog, receiver.url)
    file = BytesIO()
    Image.new("RGB", (4, 3)).save(file, "PNG")
    file.seek(0)
    with blog.app():
        stored = media.store(file, "red.png", folder=tmp_path)
        media.delete(stored.id, folder=tmp_path)
    blog.run_jobs()
    assert receiver.types == []
    assert list(blog.site.failures.take()) == []


def _draft(title: str, source: str) -> PostDraft:
    return PostDraft(title=title, source=source)


@SQLITE
def test_the_text_goes_along_where_the_owner_asked_for_it(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint_at(blog, receiver.url, "post.published", "comment.held", with_text=True)
    post_id = blog.write_post("Fog", "Six *boats*.")
    with blog.app():
        post = posts.by_id(post_id)
        assert post is not None
        comments.submit(CommentDraft("Is it <b>so</b>?", "Ann"), post, CommentFacts(False, "", False, False))
    blog.write_comment(post_id, "Nobody is told of this one.")
    blog.run_jobs()
    assert receiver.types == ["post.published", "comment.held"]
    assert "<em>boats</em>" in receiver.requests[0].message["data"]["html"]
    assert receiver.requests[1].message["data"]["html"] == "<p>Is it <b>so</b>?</p>"
    assert receiver.requests[1].message["data"]["status"] == "pending"


@SQLITE
def test_a_receiver_that_only_fails_is_switched_off_after_days_and_the_owner_reads_why(
    blog: BlogKit, receiver: Receiver, owner_client: Visitor, clock: FrozenClock
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    receiver.status, receiver.said = 500, b"<h1>Oh\x00 no</h1>"
    blog.write_post("Fog")
    for _ in range(40):
        blog.run_jobs()
        clock.tick(hours=3)
    assert 8 <= len(receiver.requests) <= len(sending.PAUSES) + 1, "later and later"
    with blog.app():
        assert not endpoints.get(endpoint.id).active
        assert endpoint.secret.reveal() not in repr(endpoint)
        settings.store_failures(blog.site.failures.take())
        assert "was switched off" in settings.failures_of("webhooks")[0].message
    page = owner_client.get("/admin/-/webhooks/")
    assert "It took no message since 2020-01-03" in text_of(page)
    count = len(receiver.requests)
    blog.write_post("Another")
    blog.run_jobs()
    assert len(receiver.requests) == count
    receiver.status = 204
    page = owner_client.get(f"/admin/-/webhooks/{endpoint.id}")
    assert "<h1>Oh" not in page.text, "what a receiver says is text"
    follow(owner_client, send(owner_client, page, "endpoint", active="on"))
    blog.write_post("A third")
    blog.run_jobs()
    assert receiver.requests[-1].message["data"]["title"] == "A third"


@SQLITE
def test_the_owner_is_told_by_mail_that_an_endpoint_was_switched_off(
    blog: BlogKit, receiver: Receiver, owner_client: Visitor, mailbox: Mailbox
) -> None:
    blog.change_settings(url="https://blog.example")
    endpoint = endpoint_at(blog, receiver.url)
    receiver.status = 410
    blog.write_post("Fog")
    blog.write_post("Rain")
    blog.run_jobs()
    (told,) = mailbox.mails
    assert told.to == "Olive Owner <olive@example.org>"
    assert told.subject == "A webhook of My blog was switched off"
    assert receiver.url in told.text
    assert "It answered 410 Gone" in told.text
    assert f"https://blog.example/admin/-/webhooks/{endpoint.id}" in told.text


def test_secrets_are_sealed_where_they_are_stored_those_of_an_older_version_too(
    blog: BlogKit, receiver: Receiver, owner_client: Visitor
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    old = "whsec_" + base64.b64encode(b"an older version stored these ones").decode()
    facts = {"id": 7, "url": receiver.url, "events": ["post.published"], "secret": old}

    def change(tx: database.Transaction) -> None:
        write_meta(tx, "webhooks", 1, "webhooks", "endpoint:7", facts)
        note_installed(tx, "webhooks", "0.1.0")

    with blog.app():
        database.write(change)
        assert endpoints.get(7).secret.reveal() == old
        assert old in stored(blog)
    blog.site.install("webhooks")
    assert "whsec_" not in stored(blog)
    assert secret_of(blog, endpoint) not in stored(blog)
    with blog.app():
        assert endpoints.get(7).secret.reveal() == old
    blog.write_post("Fog")
    blog.run_jobs()
    signed = {request.headers["webhook-signature"]: request for request in receiver.requests}
    assert {signature_of(old, one) for one in signed.values()} & set(signed)
    with blog.app() as app:
        copy = app.blog.remove_plugin("webhooks", False).read_text()
    assert "sealed" in copy
    assert old not in copy
    assert "whsec_" not in copy


@SQLITE
def test_a_secret_that_cannot_be_read_any_more_stops_its_endpoint_and_can_be_made_anew(
    blog: BlogKit, receiver: Receiver, owner_client: Visitor, mailbox: Mailbox
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    with blog.app():
        foreign = seal("another key of a blog", "webhooks", Secret("whsec_of_somewhere_else"))
        database.write(lambda tx: endpoints.put(tx, replace(endpoint, sealed=foreign)))
    blog.write_post("Fog")
    blog.run_jobs()
    assert receiver.requests == []
    assert "It was stored with another secret key" in mailbox.mails[0].text
    page = owner_client.get(f"/admin/-/webhooks/{endpoint.id}")
    shown = send(owner_client, page, "reveal")
    assert shown.status_code == 200
    assert "stored with another secret key" in text_of(shown)
    form = {**form_in(shown.text, "renew").fields, "do": "renew"}
    assert "whsec_" in owner_client.send(f"/admin/-/webhooks/{endpoint.id}/secret", form).text


@SQLITE
def test_a_receiver_that_is_gone_is_not_asked_again_and_a_redirect_is_a_failure(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    receiver.status, receiver.headers = 302, {"Location": receiver.url + "/elsewhere"}
    blog.write_post("Fog")
    blog.run_jobs()
    assert len(receiver.requests) == 1
    with blog.app():
        assert deliveries.of(endpoint.id)[0].outcome == "failed"
    receiver.status = 410
    clock.tick(minutes=1)
    blog.run_jobs()
    with blog.app():
        assert endpoints.get(endpoint.id).off_reason.startswith("It answered 410 Gone")


@SQLITE
def test_a_receiver_that_does_not_answer_holds_up_one_message_and_not_all(
    blog: BlogKit, clock: FrozenClock
) -> None:
    endpoint = endpoint_at(blog, "http://127.0.0.1:9/nobody")
    for number in range(6):
        blog.write_post(f"Post {number}")
    blog.run_jobs()
    with blog.app():
        assert len(deliveries.of(endpoint.id)) == 1, "the others wait until it may be there again"
        assert jobs.counts()["waiting"] == 6


@SQLITE
def test_the_list_of_attempts_is_bounded(blog: BlogKit, receiver: Receiver, clock: FrozenClock) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    blog.change_plugin("webhooks", anywhere=True, keep=3)
    for number in range(5):
        blog.write_post(f"Post {number}")
        blog.run_jobs()
        clock.tick(seconds=1)
    with blog.app():
        kept = deliveries.of(endpoint.id)
    assert [json.loads(attempt.body)["data"]["title"] for attempt in kept] == ["Post 4", "Post 3", "Post 2"]


@SQLITE
def test_the_owner_adds_tries_resends_and_deletes_an_endpoint(
    blog: BlogKit, receiver: Receiver, owner_client: Visitor, clock: FrozenClock
) -> None:
    blog.enable("webhooks")
    blog.change_plugin("webhooks", anywhere=True)
    assert "Nobody is told anything yet." in text_of(owner_client.get("/admin/-/webhooks/"))
    new = owner_client.get("/admin/-/webhooks/new")
    refused = send(
        owner_client, new, "endpoint", url="https://user:pw@example.org/", note="Keep me", events=[]
    )
    assert refused.status_code == 400
    assert "without a password" in text_of(refused)
    assert "Tick at least one event" in text_of(refused)
    assert form_in(refused.text, "endpoint").fields["note"] == ["Keep me"]
    page = follow(owner_client, send(owner_client, new, "endpoint", url=receiver.url))
    with blog.app():
        (endpoint,) = endpoints.every()
    secret = secret_of(blog, endpoint)
    assert secret not in page.text
    address = f"/admin/-/webhooks/{endpoint.id}"
    press(owner_client, page, f"{address}/test")
    blog.run_jobs()
    assert receiver.types == ["webhook.test"]
    page = owner_client.get(address)
    assert "delivered 204" in text_of(page)
    press(owner_client, page, f"{address}/again")
    blog.run_jobs()
    assert receiver.requests[0].id == receiver.requests[1].id
    shown = send(owner_client, page, "reveal")
    assert secret in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    renewed = owner_client.send(f"{address}/secret", {**form_in(shown.text, "renew").fields, "do": "renew"})
    assert secret not in renewed.text
    asked = press(owner_client, page, f"{address}/delete")
    assert "Delete the endpoint?" in text_of(asked)
    follow(owner_client, send(owner_client, asked, "sure"))
    assert owner_client.get(address).status_code == 404
    with blog.app():
        assert endpoints.every() == []
        assert deliveries.of(endpoint.id) == []


@SQLITE
def test_an_author_who_does_not_own_the_blog_sees_no_endpoint(
    blog: BlogKit, owner_client: Visitor, clock: FrozenClock
) -> None:
    blog.enable("webhooks")
    assert owner_client.get("/admin/-/webhooks/").status_code == 200
    with blog.app():

        def demote(tx: database.Transaction) -> None:
            for user in tx.session.query(User):
                user.role = "author"

        database.write(demote)
        assert accounts.has_owner() is False
    assert owner_client.get("/admin/-/webhooks/").status_code == 403
    assert "Webhooks" not in owner_client.get("/admin/").text


def send_and_stop(site: Site, talk: Talk) -> None:
    """Send the next message, and stay between the answer and noting it."""
    ask = sending.send

    def stay(*arguments: Any) -> Any:
        answer = ask(*arguments)
        talk.say("sent")
        talk.hear()
        return answer

    setattr(sending, "send", stay)  # noqa: B010
    with site.in_app():
        while jobs.run_next("doomed", CORE_JOBS):
            pass


def test_a_worker_killed_between_sending_and_noting_sends_the_same_message_again(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    blog.write_post("Fog")
    clock.moment += timedelta(days=20_000)  # ahead of the other process's clock, which is the real one
    with Process(blog.site.config, send_and_stop) as doomed:
        assert doomed.hear() == "sent"
        doomed.kill()
    blog.run_jobs()
    assert len(receiver.requests) == 2
    first, second = receiver.requests
    assert (first.id, first.body) == (second.id, second.body)
    with blog.app():
        assert [attempt.outcome for attempt in deliveries.of(endpoint.id)] == ["delivered"]


@SQLITE
def test_a_write_costs_one_insert_more_with_the_plugin_on(
    blog: BlogKit, receiver: Receiver, client: Visitor, clock: FrozenClock
) -> None:
    post_id = blog.write_post("Fog")
    path = blog.path_of(post_id)

    def inserts(text: str) -> int:
        with Statements(blog) as statements:
            client.comment(path, text)
        return sum("INTO outbox" in one for one in statements)

    def saving() -> int:
        with Statements(blog) as statements, blog.app():
            posts.save(_draft("Fog", "Six boats."), post_id=post_id)
        return sum("INTO outbox" in one for one in statements)

    assert (inserts("One."), saving()) == (0, 0)
    endpoint_at(blog, receiver.url)
    assert (inserts("Two."), saving()) == (1, 1)

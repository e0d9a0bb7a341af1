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
from typing import Any

import pytest

from blogengine import posts
from blogengine.testing import BlogKit
from blogengine.testing import FrozenClock
from blogengine_webhooks import endpoints
from blogengine_webhooks.endpoints import Endpoint

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


def signature_of(secret: str, request: Received) -> str:
    """Return the signature as the specification of Standard Webhooks says it, made without our code."""
    key = base64.b64decode(secret.split("_")[1])
    signed = b".".join([request.id.encode(), request.headers["webhook-timestamp"].encode(), request.body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@SQLITE
def test_a_published_post_is_told_of_with_a_signature_that_proves_who_tells_it(
    blog: BlogKit, receiver: Receiver, clock: FrozenClock
) -> None:
    endpoint = endpoint_at(blog, receiver.url)
    blog.change_settings(url="https://blog.example", title="Fog & boats")
    post_id = blog.write_post("Fog", "Six *boats*.", labels=["boats"])
    blog.run_jobs()
    (request,) = receiver.requests
    assert request.headers["webhook-signature"] == signature_of(endpoint.secret, request)
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
    assert again.headers["webhook-signature"] == signature_of(endpoint.secret, again)
    assert sorted(receiver.types) == ["post.published", "post.published", "post.unpublished"]

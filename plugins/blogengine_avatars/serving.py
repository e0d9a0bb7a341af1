"""The addresses of pictures: each says what is drawn, so it may be kept for ever."""

import re

from flask import Blueprint
from flask import Response
from flask import abort

from blogengine_avatars.drawing import picture

pictures = Blueprint("avatars", __name__)

_DIGEST = re.compile(r"[0-9a-f]{16}")


@pictures.get("/<digest>.svg")
def avatar(digest: str) -> Response:
    """The picture of one digest; every digest has one, so the address tells nothing about who comments here."""
    if not _DIGEST.fullmatch(digest):
        abort(404)
    response = Response(picture(digest), mimetype="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

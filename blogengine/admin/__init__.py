"""The owner's pages."""

from flask import Blueprint
from flask import Flask

from blogengine.pages import AdminPages

admin = Blueprint("admin", __name__, url_prefix="/admin")


def prepare(app: Flask) -> None:
    """Give `app` the owner's pages."""
    app.register_blueprint(admin)


def mount(app: Flask, plugin_id: str, pages: AdminPages) -> None:
    """Add a plugin's pages for signed-in authors."""
    app.register_blueprint(pages.blueprint, url_prefix=f"/admin/-/{plugin_id}", name=f"admin_{plugin_id}")

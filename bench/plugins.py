"""Forty plugins: what building and swapping their app takes, and what readers see while plugins are switched."""

import dataclasses
import statistics
import threading
import time

from bench import client
from bench.filling import Blog
from bench.measuring import Bench
from bench.measuring import Row
from bench.measuring import fresh
from bench.processes import Server
from blogengine import settings
from blogengine.config import load_config
from blogengine.door.kinds import here
from blogengine.site import Site

NUMBER = 40
SWITCHES = 20
BAR = 300
SOURCE = '''"""One of many."""

from dataclasses import dataclass

from flask import Blueprint
from markupsafe import Markup

from blogengine.plugin import hookimpl
from blogengine.plugin import option
from blogengine.plugin import settings_of


@dataclass(frozen=True)
class Settings:
    """What it says."""

    words: str = option("Hello", "Words")
    often: int = option(1, "How often", minimum=0, maximum=9)


@hookimpl
def register_settings():
    return Settings


@hookimpl
def register_routes():
    pages = Blueprint("NAME", __name__)
    for name in ("one", "two", "three"):
        pages.add_url_rule(f"/{name}", name, lambda name=name: name)
    return pages


@hookimpl
def post_footer_html(post):
    return Markup("<p>{} from NAME</p>").format(settings_of("NAME").words)
'''


def plugins(bench: Bench) -> list[Row]:
    """Forty drop-ins, each with three routes, a slot and settings, beside the plugins that are on by default."""
    blog = bench.small().copy(bench.work / "blog-plugins")
    names = [f"one_of_many_{number}" for number in range(NUMBER)]
    folder = blog.folder / "plugins"
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.py").write_text(SOURCE.replace("NAME", name))
    site = Site(load_config(blog.folder), door=here)
    try:
        for name in names:
            with site.in_app():
                settings.enable(name)
        rows = [_building(bench, site, names)]
        with bench.serve(blog, "plugins") as server:
            rows.append(_switching(bench, site, server, blog, names[0]))
    finally:
        site.close()
    return rows


def _building(bench: Bench, site: Site, names: list[str]) -> Row:
    taken, used = [], []
    for number in range(bench.rounds * 2):
        with site.in_app() as app:
            settings.save_site(dataclasses.replace(app.blog.site, title=f"Bench {number}"))
        begun, before = time.perf_counter(), time.thread_time()
        built = site.current()
        taken.append((time.perf_counter() - begun) * 1000)
        used.append((time.thread_time() - before) * 1000)
        states = [built.blog.plugins.statuses[name].state for name in names]
        if built is app or set(states) != {"active"}:
            raise RuntimeError("the app was not built anew with all its plugins")
    bench.raw["plugins, building"] = {"ms": taken, "cpu_ms": used}
    middle = statistics.median(taken)
    return Row(
        f"an app with {NUMBER} plugins, built and put in the place of another",
        f"{middle:.0f} ms (least {min(taken):.0f}, most {max(taken):.0f})",
        f"< {BAR} ms",
        middle < BAR,
        f"{statistics.median(used):.0f} ms of CPU (least {min(used):.0f})",
    )


def _switching(bench: Bench, site: Site, server: Server, blog: Blog, name: str) -> Row:
    over = threading.Event()
    ask = fresh(blog.threads[50])
    loads: list[client.Load] = []
    problems: list[str] = []

    def request() -> bytes:
        if over.is_set():
            raise StopIteration
        return ask()

    def read() -> None:
        try:
            loads.append(client.run(server.port, request))
        except OSError as error:
            problems.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(SWITCHES):
            with site.in_app():
                (settings.enable if number % 2 else settings.disable)(name)
            time.sleep(bench.seconds / 2)
    finally:
        over.set()
        reader.join()
    if problems:
        raise RuntimeError(problems[0])
    (load,) = loads
    failed = load.count - load.statuses[200]
    bench.raw["plugins, switching"] = {
        "requests": load.count,
        "failed": failed,
        "p99_ms": load.percentile(0.99),
    }
    return Row(
        f"{SWITCHES} switches of a plugin while 8 connections ask for pages made anew",
        f"{failed} of {load.count:,} requests failed",
        "none",
        failed == 0 and load.count > SWITCHES,
        f"p50 {load.percentile(0.5):.0f} ms, p99 {load.percentile(0.99):.0f} ms, slowest {load.percentile(1):.0f} ms",
    )

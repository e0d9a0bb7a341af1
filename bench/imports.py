"""Importing: the largest sample, and an export many times as large to see whether memory stays bounded."""

import argparse
import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from bench import words
from bench.measuring import Bench
from bench.measuring import Row
from blogengine import importing
from blogengine.config import load_config
from blogengine.migrations import upgrade
from blogengine.runtime import blog
from blogengine.site import Site

SAMPLE = Path(__file__).parents[2] / "shared/samples/blogger/jeffhandley-2012.xml"
RATE_BAR = 200
GROWTH_BAR = 1.2
"""How much more memory an export ten times as large may take; the bar says only: bounded."""


def imports(bench: Bench) -> list[Row]:
    """How fast an export comes in, and how much memory that takes."""
    posts = 40 if bench.quick else 500
    short, long = bench.work / "short.xml", bench.work / "long.xml"
    bench.work.mkdir(parents=True, exist_ok=True)
    _write_export(short, posts)
    _write_export(long, posts * 10)
    rows = []
    if SAMPLE.is_file():
        rows.append(
            _row(bench, f"the largest sample ({SAMPLE.stat().st_size / 1e3:,.0f} kB)", SAMPLE, bar=True)
        )
    rows.append(_row(bench, f"an invented export of {posts:,} posts", short, bar=not rows))
    rows.append(_row(bench, f"an invented export of {posts * 10:,} posts", long))
    small, large = (bench.raw[f"import: {row.figure}"]["peak_mb"] for row in rows[-2:])
    times = large / small
    rows.append(
        Row("memory for ten times as much", f"{times:.2f} ×", f"≤ {GROWTH_BAR} ×", times <= GROWTH_BAR)
    )
    return rows


def _row(bench: Bench, name: str, file: Path, *, bar: bool = False) -> Row:
    runs = [_import_once(bench, file) for _ in range(3 if file.stat().st_size < 2_000_000 else 1)]
    run = sorted(runs, key=lambda run: float(run["seconds"]))[len(runs) // 2]
    bench.raw[f"import: {name}"] = run
    rate = run["posts"] / run["seconds"]
    return Row(
        name,
        f"{rate:,.0f} posts/s",
        f"≥ {RATE_BAR} posts/s" if bar else "",
        rate >= RATE_BAR if bar else None,
        f"{run['posts']:,} posts and {run['comments']:,} comments in {run['seconds']:.2f} s"
        f" ({run['cpu']:.2f} s of CPU), "
        f"{run['whole']:.2f} s with the start of the program; at most {run['peak_mb']:.0f} MB",
    )


def _import_once(bench: Bench, file: Path) -> dict[str, Any]:
    folder = bench.work / "import"
    shutil.rmtree(folder, ignore_errors=True)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "bench.imports", str(folder), str(file)]
    child = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if child.returncode:
        raise RuntimeError(f"the import of {file} failed")
    found: dict[str, Any] = json.loads(child.stdout)
    return {**found, "whole": round(time.perf_counter() - begun, 2)}


def _write_export(path: Path, posts: int) -> None:
    """Write an export in Blogger's old format: posts of about 650 words, and a comment on each."""
    kind = '<category scheme="http://schemas.google.com/g/2005#kind" term="http://schemas.google.com/blogger/2008/kind#{}"/>'
    bodies = [
        "".join(f"<p>{escape(part)}</p>" for part in words.body(random.Random(number)).split("\n\n"))
        for number in range(50)
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.write(
            "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom' "
            "xmlns:thr='http://purl.org/syndication/thread/1.0'><id>tag:blogger.com,1999:blog-1.archive</id>"
            "<title type='text'>Bench</title><generator version='7.00'>Blogger</generator>"
        )
        for number in range(posts):
            at = f"{1995 + number // 336}-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}T10:00:00.000Z"
            base = f"tag:blogger.com,1999:blog-1.post-{number + 1}"
            address = f"http://bench.blogspot.com/{at[:4]}/{at[5:7]}/post-{number + 1}.html"
            file.write(
                f"<entry><id>{base}</id><published>{at}</published><updated>{at}</updated>{kind.format('post')}"
                f"<title type='text'>{escape(words.title(random.Random(number)))}</title>"
                f"<content type='html'>{escape(bodies[number % 50])}</content>"
                f"<link rel='alternate' type='text/html' href='{address}'/>"
                "<author><name>Olive Owner</name></author></entry>\n"
            )
        for number in range(posts):
            at = f"{1995 + number // 336}-{number // 28 % 12 + 1:02d}-{number % 28 + 1:02d}T11:00:00.000Z"
            base = f"tag:blogger.com,1999:blog-1.post-{number + 1}"
            address = f"http://bench.blogspot.com/{at[:4]}/{at[5:7]}/post-{number + 1}.html"
            file.write(
                f"<entry><id>{base}00000</id><published>{at}</published><updated>{at}</updated>"
                f"{kind.format('comment')}<title type='text'>A comment</title>"
                f"<content type='html'>{escape(words.comment(random.Random(number)))}</content>"
                "<author><name>Rita Reader</name></author>"
                f"<thr:in-reply-to ref='{base}' href='{address}' type='text/html'/></entry>\n"
            )
        file.write("</feed>\n")


def main() -> None:
    """Import once and print what came over and how long it took."""
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__)
    parser.add_argument("instance", type=Path)
    parser.add_argument("export", type=Path)
    options = parser.parse_args()
    site = Site(load_config(options.instance))
    upgrade(site.engine)
    with site.in_app():
        begun, used = time.perf_counter(), time.process_time()
        source = blog().importers["blogger"].open(options.export, "")
        report = importing.run(source, media_folder=blog().config.media_folder, on_note=lambda note: None)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    site.close()
    counts = {kind: count.new for kind, count in report.counts.items()}
    found = {
        "posts": counts["post"],
        "comments": counts["comment"],
        "seconds": round(seconds, 3),
        "cpu": round(cpu, 3),
    }
    print(json.dumps({**found, "peak_mb": _peak()}))


def _peak() -> float:
    # `ru_maxrss` would begin with that of the process which started this one.
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(line for line in lines if line.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


if __name__ == "__main__":
    main()

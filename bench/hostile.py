"""Comments that are made to cost: each shape of 8,000 characters, sent to the server and answered."""

import re
import statistics

from bench import client
from bench.measuring import Bench
from bench.measuring import Row

BAR = 150.0
"""Milliseconds of CPU that one comment may cost."""
LENGTH = 8_000
HTML = {
    "nested lists": "<ul><li>",
    "nested bold": "<b>",
    "adoption agency": "<b><i><a><p>",
    "closed adoption agency": "<b><p></b></p>",
    "attributes": "<a " + "x=1 " * 2000,
    "different attributes": "<a " + "".join(f"a{n}=1 " for n in range(1200)),
    "nested quotes": "<blockquote>",
    "flat lists": "<li><p>",
    "reopened formatting": "<p>" + "<i>" * 39 + "</p>" + "<p>x" * 2000,
    "angle brackets": "<",
    "ampersands": "&",
    "entities": "&foo;",
    "breaks": "<br>",
    "bold words": "<b>x</b>",
    "open quotes": '<a x="',
    "tags in tags": "<a <b ",
    "comments": "<!--",
    "closing tags": "</p>",
    "svg": "<svg><b>",
}
MARKDOWN = {
    "empty lines": "x\n\n",
    "stars": "*a* ",
    "brackets": "[a](http://b) ",
    "backticks": "`a\n",
    "fences": "```x\n",
    "quoted lines": ">\n",
    "as many words as fit": "word & ",
}
SHAPES = HTML | MARKDOWN
_TOKEN = re.compile(rb'name="ft"[^>]*value="([^"]+)"')


def shapes(bench: Bench) -> list[Row]:
    """CPU of the whole server for one comment of each shape, the median of five; refused ones count like those taken."""
    blog = bench.small().copy(bench.work / "hostile")
    costs: dict[str, float] = {}
    statuses: dict[str, int] = {}
    with bench.serve(blog, "hostile") as server:
        path, post_id = next(iter(blog.some.items()))
        found = _TOKEN.search(client.ask(server.port, client.get(path)).body)
        if found is None:
            raise RuntimeError(f"{path} has no comment form")
        for name, shape in SHAPES.items():
            spent = []
            for number in range(5):
                text = f"{number}{shape * LENGTH}"[:LENGTH]
                fields = {"name": "", "website": "", "text": text, "email_again": "", "ft": found[1].decode()}
                request = client.post(f"/-/comments/{post_id}", {**fields, "action": "post"})
                before = server.cpu()
                statuses[name] = client.ask(server.port, request).status
                spent.append((server.cpu() - before) * 1000)
            costs[name] = statistics.median(spent)
    bench.raw["hostile shapes"] = {name: [round(costs[name], 1), statuses[name]] for name in costs}
    dearest = sorted(costs, key=lambda name: costs[name], reverse=True)
    worst = costs[dearest[0]]
    return [
        Row(
            f"the dearest of {len(costs)} comments of {LENGTH:,} characters: {dearest[0]}",
            f"{worst:.1f} ms",
            f"≤ {BAR:.0f} ms",
            worst <= BAR and all(status in (303, 409, 422) for status in statuses.values()),
            ", ".join(f"{name} {costs[name]:.1f} ms" for name in dearest[1:5]),
        )
    ]

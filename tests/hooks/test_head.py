"""What plugins put into the head of a page beside title and links."""

import json
import re

import pytest

from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import run

pytestmark = pytest.mark.parametrize("engine_name", ["sqlite"])


def head(client: Visitor, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text.split("</head>")[0]


def test_hook_prepare_meta_gives_names_properties_and_structured_data(blog: BlogKit, client: Visitor) -> None:
    blog.disable("seo")
    run(
        blog,
        "facts",
        """
        @hookimpl
        def prepare_meta(meta, page):
            meta.names["twitter:card"] = 'a "card" <b>'
            meta.properties["og:image"] = ["/one.png", "/two.png"]
            meta.json_ld.append({"@context": "https://schema.org", "name": "</script><script>alert(1)</script>&"})
            meta.json_ld.append({"@type": "Thing"})
        """,
    )
    for path in ("/", blog.path_of(blog.write_post())):
        shown = head(client, path)
        assert '<meta name="twitter:card" content="a &#34;card&#34; &lt;b&gt;">' in shown
        assert re.findall('<meta property="og:image" content="([^"]+)">', shown) == ["/one.png", "/two.png"]
        data = re.findall('<script type="application/ld\\+json">(.*?)</script>', shown)
        assert [json.loads(one) for one in data] == [
            {"@context": "https://schema.org", "name": "</script><script>alert(1)</script>&"},
            {"@type": "Thing"},
        ]
        assert "unsafe" not in client.get(path).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "mischief",
    [
        "meta.json_ld.append({'a': object()})",
        "meta.json_ld.append({'a': float('nan')})",
        "meta.json_ld.append(5)",
        "meta.json_ld = None",
        "meta.names['a'] = 5",
        "meta.properties = {'a': ['b', 5]}",
        "meta.properties[5] = 'a'",
        "meta.title = None",
        "meta.links.append(HeadLink('me', None))",
        "meta.stylesheets.append(5)",
        "meta.description = 'x \\ud800'",
        "page.blog = None",
        "meta.title = 'lost'; raise KeyError",
    ],
)
def test_nonsense_in_the_head_is_taken_back(blog: BlogKit, client: Visitor, mischief: str) -> None:
    run(blog, "mischief", f"@hookimpl\ndef prepare_meta(meta, page):\n    {mischief}")
    run(blog, "other", "@hookimpl\ndef prepare_meta(meta):\n    meta.title += ' and more'")
    shown = head(client, blog.path_of(blog.write_post("A post")))
    assert "A post and more</title>" in shown
    assert [one.plugin_id for one in blog.site.ledger.failures.take()] == ["mischief"]

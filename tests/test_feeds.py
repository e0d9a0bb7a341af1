"""The checker of feeds finds what is wrong; what any text becomes in XML."""

import html
import re
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from blogengine_atom.addresses import make_absolute
from blogengine_atom.addresses import tidy
from blogengine_atom.elements import Element
from blogengine_atom.elements import clean
from blogengine_atom.elements import serialise
from tests.feed_parts import URI
from tests.feeds import check_feed


def test_the_checker_finds_what_is_wrong() -> None:
    good = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"'
        ' xmlns:s="http://a9.com/-/spec/opensearchrss/1.0/"><id>tag:a.example,2020:b</id><title>T</title>'
        "<updated>2020-01-03T02:55:00Z</updated><author><name>A</name></author>"
        '<link rel="self" type="application/atom+xml" href="https://a.example/f"/>'
        "<s:totalResults>1</s:totalResults><s:startIndex>1</s:startIndex><s:itemsPerPage>1</s:itemsPerPage>"
        "<entry><id>tag:a.example,2020:c</id><title>T</title><updated>2020-01-03T02:55:00Z</updated>"
        '<content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry></feed>'
    )

    def faults(text: str) -> list[str]:
        return check_feed(text.encode(), "application/atom+xml", "https://a.example/f")

    assert faults(good) == []
    for before, after in (
        ("<title>T</title>", "<title></title>"),
        ("<title>T</title>", "<title>a&lt;/b&gt;</title>"),
        ("tag:a.example,2020:c", "tag:a.example,2020:c d"),
        ("2020-01-03T02:55:00Z", "2020-01-03 02:55:00"),
        ("https://a.example/f", "https://a.example/g"),
        ("https://a.example/f", "/f"),
        ("&lt;p&gt;x&lt;/p&gt;", "&lt;script&gt;x&lt;/script&gt;"),
        ("&lt;p&gt;x&lt;/p&gt;", '&lt;a href="/x"&gt;x&lt;/a&gt;'),
        ("&lt;p&gt;x&lt;/p&gt;", "&lt;p&gt;x&lt;/i&gt;&lt;/p&gt;"),
        ("<author><name>A</name></author>", ""),
        ("</entry>", "</entry><subtitle>late</subtitle>"),
    ):
        assert before in good
        assert faults(good.replace(before, after)), f"{after} was not found"
    twice = re.sub("(<entry>.*</entry>)", r"\1\1", good)
    assert len(faults(twice)) >= 2


@given(st.text(), st.text(), st.booleans())
def test_any_text_comes_out_of_xml_as_it_went_in(words: str, value: str, hexadecimal: bool) -> None:
    root = Element("root")
    root.add("child", words, {"name": value}, hexadecimal=hexadecimal)
    child = ET.fromstring(serialise(root).encode())[0]
    assert (child.text or "") == clean(words)
    assert child.get("name") == clean(value)


@given(st.text())
def test_a_tidy_address_is_one_or_nothing(url: str) -> None:
    for address in (url, f"https://a.example/{url}", f"http://{url}"):
        tidied = tidy(address)
        assert tidied == "" or URI.fullmatch(tidied)
        assert tidy(tidied) == tidied


@given(st.text(alphabet="ab/?#:.&=<>\"' ", max_size=30))
def test_addresses_become_absolute_once(written: str) -> None:
    body = f'<p title="a > b">x<a href="{html.escape(written)}">y</a></p>'
    once = make_absolute(body, "https://a.example/2020/01/x.html")
    assert make_absolute(once, "https://b.example/") == once

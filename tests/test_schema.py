"""Settings as dataclasses: whatever is stored or typed, there is a usable value or a sentence."""

from dataclasses import dataclass
from dataclasses import fields
from typing import Any
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from blogengine import schema
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.schema import option
from blogengine.secret import Secret
from blogengine.setup import SiteSettings

FUZZ = profile(max_examples=150, derandomize=True, deadline=None, database=None)


def shout(text: str) -> str:
    if "!" not in text:
        raise Refused("Shout!")
    return text.upper()


@dataclass(frozen=True)
class Sample:
    words: str = option("Hello", "Words", max_length=10)
    lines: str = option("", "Lines", multiline=True)
    loud: str = option("HEY!", "Loud", check=shout)
    number: int = option(3, "Number", minimum=1, maximum=9)
    free: int = option(0, "Free")
    switch: bool = option(True, "Switch")
    choice: Literal["a", "b"] = option("a", "Choice", choices={"a": "A", "b": "B"})
    plain: str = "no option"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
TYPED = {
    "words": ("Bye", "Bye"),
    "lines": ("a\r\nb", "a\nb"),
    "loud": ("psst!", "PSST!"),
    "number": (" 7 ", 7),
    "free": ("-12", -12),
    "switch": ("off", False),
    "choice": ("b", "b"),
    "plain": ("x", "x"),
}


def test_a_field_is_described_by_its_type_and_its_option() -> None:
    described = {item.name: item for item in schema.describe(Sample)}
    assert [item.kind for item in described.values()] == [
        *("text", "text", "text", "number", "number", "switch", "choice", "text")
    ]
    assert described["choice"].choices == ("a", "b")
    assert described["plain"].option.label == "Plain"
    assert described["number"].default == 3


@pytest.mark.parametrize(("name", "typed", "value"), [(name, *pair) for name, pair in TYPED.items()])
def test_what_is_typed_becomes_a_value(name: str, typed: str, value: object) -> None:
    assert getattr(schema.parse(Sample, {name: typed}), name) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("words", "x" * 11),
        ("words", "two\nlines"),
        ("words", "nul\0"),
        ("loud", "psst"),
        ("number", "0"),
        ("number", "10"),
        ("number", "x"),
        ("number", ""),
        ("number", "--5"),
        ("number", "5-"),
        ("number", "-"),
        ("number", "1.5"),
        ("number", "9" * 30),
        ("number", "²"),
        ("switch", "perhaps"),
        ("choice", "c"),
        ("choice", ""),
    ],
)
def test_what_does_not_fit_is_named_by_its_field(name: str, typed: str) -> None:
    with pytest.raises(Invalid) as error:
        schema.parse(Sample, {name: typed})
    assert list(error.value.problems) == [name]
    assert error.value.problems[name].rstrip().endswith((".", "!"))


def test_all_problems_are_told_at_once_and_what_was_not_sent_is_kept() -> None:
    with pytest.raises(Invalid) as error:
        schema.parse(Sample, {"number": "x", "choice": "c"})
    assert set(error.value.problems) == {"number", "choice"}
    base = Sample(words="Kept")
    assert schema.parse(Sample, {"number": "5"}, base) == Sample(words="Kept", number=5)


def test_what_is_stored_is_what_differs() -> None:
    assert schema.differences(Sample()) == {}
    assert schema.differences(Sample(number=5, switch=False)) == {"number": 5, "switch": False}


@given(stored=st.dictionaries(st.sampled_from([item.name for item in fields(Sample)]) | st.text(), ANYTHING))
@FUZZ
def test_whatever_is_stored_there_are_settings(stored: dict[str, Any]) -> None:
    for cls in (Sample, SiteSettings):
        values, problems = schema.read(cls, stored)
        again, rest = schema.read(cls, schema.differences(values))
        assert (again, rest) == (values, {})
        assert set(problems) <= set(stored)


@pytest.mark.parametrize("stored", [None, [], "text", 7, [["words", "x"]]])
def test_a_table_that_is_none_is_said_and_the_defaults_hold(stored: object) -> None:
    values, problems = schema.read(Sample, stored)
    assert values == Sample()
    assert list(problems) == ["settings"]


@given(name=st.sampled_from([item.name for item in fields(SiteSettings)]), typed=st.text(max_size=40))
@FUZZ
def test_whatever_is_typed_is_taken_or_refused_and_taken_again_as_it_is(name: str, typed: str) -> None:
    try:
        values = schema.parse(SiteSettings, {name: typed})
    except Invalid as error:
        problems = error.problems
    else:
        problems = {name: ""}
        taken = getattr(values, name)
        again = taken.reveal() if isinstance(taken, Secret) else str(taken)
        assert schema.parse(SiteSettings, {name: again}) == values
    assert list(problems) == [name]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({"url": "HTTPS://Blog.Example/"}, "https://blog.example"),
        ({"url": ""}, ""),
        ({"language": "pt_BR"}, "pt-BR"),
        ({"time_zone": "Europe/Berlin"}, "Europe/Berlin"),
    ],
)
def test_the_blogs_own_settings_are_brought_into_one_spelling(typed: dict[str, str], kept: str) -> None:
    (name,) = typed
    assert getattr(schema.parse(SiteSettings, typed), name) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *(
            {"url": url}
            for url in ("blog.example", "ftp://x.example", "https://x.example/path", "https://a:b@x.example")
        ),
        *(
            {"url": url}
            for url in ("https://", "https://x.example:port", "https://x.example?q", "https://[::1")
        ),
        *(
            {"time_zone": zone}
            for zone in ("Mars/Phobos", "../../etc/passwd", "/etc/passwd", "", "Europe", "a\0b")
        ),
        *({"language": tag} for tag in ("", "e", "english", "en-", "en-toolongtag", "en--US", "ä")),
        *({"posts_per_page": number} for number in ("0", "101", "-1", "many")),
    ],
    ids=str,
)
def test_the_blogs_own_settings_refuse_what_cannot_be_used(typed: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        schema.parse(SiteSettings, typed)


@pytest.mark.parametrize("hint", [list, dict[str, str], complex, "str | None"])
def test_a_field_that_no_form_can_show_is_refused_with_its_name(hint: object) -> None:
    cls = type("Bad", (), {"__annotations__": {"field": hint}, "field": None})
    with pytest.raises(TypeError, match=r"Bad\.field"):
        schema.describe(dataclass(cls))


def test_a_field_without_a_default_and_a_class_that_is_no_dataclass_are_refused() -> None:
    with pytest.raises(TypeError, match="needs a default"):
        schema.describe(dataclass(type("Bad", (), {"__annotations__": {"field": str}})))
    with pytest.raises(TypeError, match="must be a dataclass"):
        schema.describe(int)

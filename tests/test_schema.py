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
from blogengine.addresses import check_mail_address
from blogengine.addresses import check_web_address
from blogengine.errors import Invalid
from blogengine.errors import Refused
from blogengine.schema import option
from blogengine.secret import Lost
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


@dataclass(frozen=True)
class Wide:
    share: float = option(0.5, "Share", minimum=0, maximum=1)
    blogs: list[str] = option(["https://a.example"], "Blogs", max_items=3, check=check_web_address)
    mails: tuple[str, ...] = option((), "Mails", check=check_mail_address, max_length=40)
    key: Secret = option(Secret(), "Key", max_length=20)
    loud: bool = option(False, "Loud")

    def validate(self) -> None:
        if self.loud and self.share > 0.9:
            raise Invalid({"share": "Too much to be loud."})


WIDE: dict[str, list[tuple[object, object]]] = {
    "share": [("0.25", 0.25), ("0,5", 0.5), (" 1 ", 1.0), (1, 1.0), (0, 0.0)],
    "blogs": [
        ("https://b.example\r\n\n https://c.example ", ["https://b.example", "https://c.example"]),
        (["https://b.example", "https://b.example"], ["https://b.example"]),
        ("", []),
    ],
    "mails": [
        ("Ann@Example.ORG", ("Ann@example.org",)),
        ("ann@b\u00fccher.example", ("ann@xn--bcher-kva.example",)),
    ],
    "key": [
        ("a b\u0301", Secret("a b\u0301")),
        (Secret("swordfish"), Secret("swordfish")),
        ("", Secret()),
        ("swordfish\n", Secret("swordfish")),
    ],
}
NOT_WIDE: dict[str, list[object]] = {
    "share": [
        "",
        "x",
        "1.1",
        "-0.1",
        "nan",
        "inf",
        "1e-5",
        "1" * 40,
        float("nan"),
        float("inf"),
        True,
        [],
        10**400,
    ],
    "blogs": [
        "ftp://a.example",
        "a\0b",
        "https://u:p@a.example",
        "1\n2\n3\n4",
        [1],
        {"a": 1},
        7,
        [["x"]],
        None,
    ],
    "mails": ["ann", "ann@example.org, eve@example.org", "x" * 40 + "@example.org"],
    "key": ["x" * 21, "a\nb", "a\0", "\ud800", 7, None, {"sealed": 1}, Lost("It was lost.")],
}


@pytest.mark.parametrize(("name", "typed", "value"), [(name, *pair) for name in WIDE for pair in WIDE[name]])
def test_decimals_lists_and_secrets_are_taken(name: str, typed: object, value: object) -> None:
    parsed = schema.parse(Wide, {name: typed})
    assert getattr(parsed, name) == value
    assert schema.read(Wide, schema.differences(parsed)) == (parsed, {})


@pytest.mark.parametrize(("name", "typed"), [(name, typed) for name in NOT_WIDE for typed in NOT_WIDE[name]])
def test_decimals_lists_and_secrets_that_do_not_fit_are_named(name: str, typed: object) -> None:
    with pytest.raises(Invalid) as error:
        schema.parse(Wide, {name: typed})
    assert list(error.value.problems) == [name]
    values, problems = schema.read(Wide, {name: typed})
    assert values == Wide()
    assert list(problems) == [name]


def test_a_wrong_line_of_a_list_is_named() -> None:
    with pytest.raises(Invalid, match="Line 2: The address must look like"):
        schema.parse(Wide, {"blogs": "https://a.example\nnonsense"})


def test_fields_are_checked_together_when_typed_and_when_read() -> None:
    with pytest.raises(Invalid, match="Too much to be loud"):
        schema.parse(Wide, {"loud": "on", "share": "1"})
    with pytest.raises(Invalid, match="Too much to be loud"):
        schema.parse(Wide, {"share": "1"}, Wide(loud=True))
    values, problems = schema.read(Wide, {"loud": True, "share": 1})
    assert values == Wide(loud=True)
    assert problems == {"share": "Too much to be loud. The default 0.5 is used."}


def test_checks_that_fail_themselves_are_sentences_and_not_errors() -> None:
    def burst(text: str) -> str:
        return str(1 // len(text))

    @dataclass(frozen=True)
    class Faulty:
        words: str = option("x", "Words", check=burst)
        number: int = option(1, "Number")

        def validate(self) -> None:
            assert self.number < 5, "never above"

    with pytest.raises(Invalid, match="Words could not be checked: ZeroDivisionError"):
        schema.parse(Faulty, {"words": ""})
    with pytest.raises(Invalid, match="could not be checked together: AssertionError: never above"):
        schema.parse(Faulty, {"number": "5"})
    values, problems = schema.read(Faulty, {"words": "", "number": 7})
    assert (values.words, values.number) == ("x", 1)
    assert set(problems) == {"words", "number", "settings"}


def test_a_check_that_repeats_a_secret_does_not_show_it() -> None:
    def refuse(text: str) -> str:
        raise Refused(f"{text} is no key.")

    @dataclass(frozen=True)
    class Vault:
        key: Secret = option(Secret(), "Key", check=refuse)

        def validate(self) -> None:
            if self.key:
                raise Invalid({"key": f"{self.key.reveal()} is no key."})

    with pytest.raises(Invalid) as error:
        schema.parse(Vault, {"key": "a zebra"})
    assert error.value.problems == {"key": "[secret] is no key."}


def test_what_another_version_stored_is_upgraded_and_a_failing_upgrade_is_said() -> None:
    @dataclass(frozen=True)
    class New:
        pace: int = option(200, "Pace")

        @classmethod
        def upgrade(cls, stored: dict[str, Any], from_version: str) -> dict[str, Any]:
            seen.append(from_version)
            if from_version == "bad":
                raise KeyError("gone")
            return {"pace": stored["speed"] * 2}

    seen: list[str] = []
    kept = {"speed": 5, "_version": "1.0"}
    assert schema.read_all(New, kept, version="2.0").settings == New(10)
    assert kept == {"speed": 5, "_version": "1.0"}
    assert schema.read_all(New, {"pace": 7, "_version": "2.0"}, version="2.0").settings == New(7)
    assert schema.read_all(New, {"speed": 1}, version="2.0").settings == New(2)
    assert schema.read_all(New, {}, version="2.0").settings == New()
    assert seen == ["1.0", ""]
    reading = schema.read_all(New, {"pace": 7, "_version": "bad"}, version="2.0")
    assert reading.settings == New(7)
    assert "KeyError: 'gone'" in reading.problems["settings"]


def test_an_unknown_keyword_of_option_says_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"option 'Pace' has no 'minimun'\. Did you mean minimum\?"):
        option(3, "Pace", minimun=1)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            "@dataclass(frozen=True)\nclass S:\n a: str = option(3, 'A')",
            "S.a: its default does not fit: A must be text.",
        ),
        (
            "@dataclass(frozen=True)\nclass S:\n a: Secret = option(Secret('x'), 'A')",
            "the source is no secret",
        ),
        ("@dataclass(frozen=True)\nclass S:\n a: list[str] = option((), 'A')", "its default must be a list"),
        ("@dataclass(frozen=True)\nclass S:\n a: list[int] = option([], 'A')", "S.a: settings are str, int"),
        ("@dataclass(frozen=True)\nclass S:\n _a: str = option('', 'A')", "begins with a letter"),
        ("@dataclass(frozen=True)\nclass S:\n a: 'Nowhere' = option('', 'A')", "cannot be found"),
        (
            "@dataclass(frozen=True)\nclass S:\n a: int = option(1, 'A', minimum='x')",
            "its default does not fit",
        ),
        ("@dataclass\nclass S:\n a: str = ''", "S must be frozen"),
        ("class S:\n a: str = ''", "S must be a dataclass"),
        ("@dataclass(frozen=True)\nclass T:\n a: str = ''\nS = T()", "return T, not T(…)"),
        ("S = None", "register_settings must return a settings class, not None"),
        (
            "@dataclass(frozen=True)\nclass S:\n a: str = ''\n def validate(self): raise Invalid({'a': 'Needed.'})",
            "its defaults do not pass its own validate(): Needed.",
        ),
    ],
)
def test_a_class_that_cannot_be_used_is_refused_with_what_its_author_must_mend(
    source: str, said: str
) -> None:
    names: dict[str, Any] = dict(globals())
    exec(source, names)
    with pytest.raises(TypeError) as error:
        schema.read_all(names["S"], {})
    assert said in str(error.value)

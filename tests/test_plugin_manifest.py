"""Manifests: what they may say is read without running code, and nonsense in them is a sentence and stops nothing."""

import os
import random
import sys
from pathlib import Path

import pytest

from blogengine.plugins import discovery
from blogengine.plugins.discovery import Candidate
from blogengine.testing import BlogKit
from blogengine.testing import Visitor
from tests.plugin_files import install

SQLITE = pytest.mark.parametrize("engine_name", ["sqlite"])

WHOLE = """
name = "Shiny"
version = "1.2.0"
summary = "Shines."
author = "Ines"
engine = ">=0.1,<1"
requires = ["search>=1.0", "atom"]
conflicts = ["dull"]
after = ["atom"]
before = ["search"]
root_routes = ["/shiny.txt"]
network = ["api.example.org"]
documentation = "https://example.org/manual"
issues = "https://example.org/issues"
"""


def folder_plugin(folder: Path, toml: str | bytes, name: str = "shiny") -> Candidate:
    """Write a folder with this `plugin.toml` and find it."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / name / "__init__.py").touch()
    file = folder / name / "plugin.toml"
    file.write_bytes(toml) if isinstance(toml, bytes) else file.write_text(toml, encoding="utf-8")
    return discovery.find(folder)[name]


def file_plugin(folder: Path, source: str | bytes, name: str = "shiny") -> Candidate:
    """Write a file with this source and find it."""
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.py"
    file.write_bytes(source) if isinstance(source, bytes) else file.write_text(source, encoding="utf-8")
    return discovery.find(folder)[name]


def test_every_key_of_a_manifest_is_read_from_a_table_and_from_a_literal_alike(tmp_path: Path) -> None:
    table = folder_plugin(tmp_path / "a", WHOLE)
    lines = [line.partition(" = ") for line in WHOLE.strip().splitlines()]
    literal = "".join(f'    "{key}": {value},\n' for key, _, value in lines)
    found = file_plugin(tmp_path / "b", f"PLUGIN: dict[str, object] = {{\n{literal}}}\n")
    assert table.manifest == found.manifest
    assert (table.problem, table.warnings) == (found.problem, found.warnings) == ("", ())
    assert table.manifest.requires == ("search>=1.0", "atom")
    assert table.manifest.network == ("api.example.org",)


def test_a_distribution_says_what_its_manifest_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metadata = (
        "Summary: Shines.\nAuthor-email: Ines <ines@example.org>\nRequires-Dist: blogengine<1,>=0.1\n"
        "Project-URL: Documentation, https://example.org/manual\nProject-URL: Bug Tracker, https://example.org/faults\n"
    )
    install(tmp_path / "lib", "shiny", 'PLUGIN = {"summary": "Mine."}', metadata)
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    manifest = discovery.find(tmp_path)["shiny"].manifest
    assert (manifest.version, manifest.summary, manifest.engine) == ("3.1", "Mine.", "<1,>=0.1")
    assert manifest.author == "Ines <ines@example.org>"
    assert (manifest.documentation, manifest.issues) == (
        "https://example.org/manual",
        "https://example.org/faults",
    )


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("version = 1", "plugin.toml: version must be text, not 1."),
        ('requires = "search"', "requires must be a list of texts, not 'search'."),
        (
            'requires = ["search >> 1"]',
            """requires names plugins like "search" or "search>=1.0", not 'search >> 1'.""",
        ),
        ('requires = ["shiny"]', "requires names the plugin itself; take 'shiny' out."),
        (
            'requires = ["a_b", "c_d"]\nconflicts = ["c_d<2"]',
            "requires and conflicts both name c_d; take one out.",
        ),
        ('conflicts = ["https://example.org/x"]', "conflicts names plugins like"),
        ('after = ["Not an id"]', "after must be ids of plugins, not 'Not an id'."),
        ('engine = "newest"', """engine must be a range of versions like ">=0.1,<1", not 'newest'."""),
        ('default = "maybe"', 'default must be "on", "new" or "off"'),
        ('root_routes = ["x"]', "the root route 'x' must begin with a slash."),
        ('network = ["a\\nb"]', "network has an item that is not one line of text"),
        ("name = ", "is not TOML"),
    ],
)
def test_a_wrong_value_breaks_the_plugin_with_a_sentence(tmp_path: Path, line: str, sentence: str) -> None:
    found = folder_plugin(tmp_path, line)
    assert sentence in found.problem
    assert found.problem.endswith(".")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('sumary = "x"', "there is no key sumary; it is left out. Did you mean summary?"),
        ("zzz = 1", "there is no key zzz; it is left out."),
        ('documentation = "manual.html"', "documentation must be an address that begins with https://."),
        ('version = "one"', "'one' is no version number like 1.2.0"),
        (f'summary = "{"x" * 400}"', "summary is one line of at most 300 characters"),
        ('name = "\\u001b[31mred\\nline"', "name is one line"),
    ],
)
def test_what_is_not_understood_is_a_warning_and_the_plugin_works(
    tmp_path: Path, line: str, sentence: str
) -> None:
    found = folder_plugin(tmp_path, line)
    assert found.problem == ""
    (warning,) = found.warnings
    assert sentence in warning
    assert found.manifest.name.isprintable()


def values(rng: random.Random) -> str:
    """Return a value of TOML, sane or not."""
    return rng.choice(
        [
            "1", "-1", "1e400", "nan", "true", "[]", "{}", "''", '""', "[1, 'x']", "[[[[[]]]]]", "2020-01-01",
            "{a = {b = 1}}", '"\\u0000"', '"\\u202e"', "'" + "x" * 5000 + "'", "[" + "'x'," * 500 + "]", "9" * 5000,
            '"' + "[" * 3000 + '"', "[" * 2000 + "]" * 2000, "['a', 'b', 'a']", "[\"\"]", "'>=1,<'", "=", "\"\"\"", "",
        ]
    )  # fmt: skip


KEYS = [
    *["name", "version", "summary", "author", "default", "engine", "requires", "conflicts", "after", "before"]
]
KEYS += ["root_routes", "network", "documentation", "issues", "nmae", "Name", "''", "'a b'"]


def malformed(rng: random.Random) -> bytes:
    """Return the bytes of a manifest that somebody got wrong."""
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(400))
    lines = "\n".join(f"{rng.choice(KEYS)} = {values(rng)}" for _ in range(rng.randrange(1, 4))).encode()
    if kind == 1:
        return lines[: rng.randrange(len(lines) + 1)]
    if kind == 2:
        return lines.replace(b"=", b"\0", 1) + b"\xff\xfe"
    if kind == 3:
        return b"a." * rng.randrange(1, 3000) + b"b = 1"
    return lines


def python_of(toml: bytes, rng: random.Random) -> bytes:
    """Return a module whose `PLUGIN` is just as wrong."""
    body = toml.decode("latin-1")
    return rng.choice(
        [
            f"PLUGIN = {body!r}",
            f"PLUGIN = {{{body}}}",
            f"PLUGIN = {{'name': {body!r}, 1: 2, None: [], (1,): {{}}}}",
            "PLUGIN = {[]: 1}",
            "PLUGIN = " + "{'a':" * 500 + "1" + "}" * 500,
            "PLUGIN = " + "-" * 20000 + "1",
            "PLUGIN = {**x}",
            "PLUGIN = {'version': __import__('os').getcwd()}",
            "PLUGIN = {'requires': ['x' * 10 ** 9]}",
            "PLUGIN = {'name': " + "9" * 6000 + "}",
            "# " + "x" * 1_100_000 + "\nPLUGIN = 1",
            body,
        ]
    ).encode("latin-1", "replace")


@SQLITE
def test_hundreds_of_malformed_manifests_are_sentences_and_the_site_answers(
    blog: BlogKit, client: Visitor
) -> None:
    rng = random.Random(20200103)
    folder = blog.site.config.drop_in_folder
    for number in range(250):
        toml = malformed(rng)
        (folder / f"folder_{number}").mkdir()
        (folder / f"folder_{number}" / "__init__.py").write_bytes(b"")
        (folder / f"folder_{number}" / "plugin.toml").write_bytes(toml)
        (folder / f"file_{number}.py").write_bytes(python_of(toml, rng))
    odd_files(folder)
    found = {name: one for name, one in discovery.find(folder).items() if one.origin == "drop-in"}
    assert len(found) >= 510
    for candidate in found.values():
        for sentence in [candidate.problem, *candidate.warnings]:
            assert sentence == "" or (sentence[-1] in ".?" and len(sentence) < 1000), sentence
            sentence.encode()
        candidate.id.encode()
        assert candidate.manifest.name.isprintable()
        assert candidate.problem or isinstance(candidate.manifest.requires, tuple)
    assert sum(bool(one.problem or one.warnings) for one in found.values()) > 300
    blog.change_settings(title="Another app")
    assert client.get("/").status_code == 200


def odd_files(folder: Path) -> None:
    """Put in what is no plugin and looks like one."""
    (folder / "real.py").write_text("")
    (folder / "link.py").symlink_to(folder / "real.py")
    (folder / "dangling.py").symlink_to(folder / "gone.py")
    (folder / "loop.py").symlink_to(folder / "loop.py")
    (folder / "around").symlink_to(folder)
    (folder / "named.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    (folder / "bare").mkdir()
    (folder / "bare" / "plugin.toml").write_text('name = "Bare"')
    (folder / "nested").mkdir()
    (folder / "nested" / "__init__.py").mkdir()
    (folder / "nested" / "plugin.toml").mkdir()
    (folder / ("long_" * 20 + ".py")).write_text("")
    (folder / "line\nbreak.py").write_text("")
    if sys.platform == "linux":
        (Path(os.fsdecode(os.fsencode(folder) + b"/bytes_\xff.py"))).write_text("")


def test_what_looks_like_a_plugin_and_is_none_has_a_sentence(tmp_path: Path) -> None:
    odd_files(tmp_path)
    problems = {
        name: one.problem for name, one in discovery.find(tmp_path).items() if one.origin == "drop-in"
    }
    assert problems.pop("real") == problems.pop("link") == ""
    assert "is a link that leads nowhere" in problems.pop("dangling")
    assert "take the .py from its name" in problems.pop("named")
    assert "is neither a file nor a folder" in problems.pop("pipe")
    assert "has a plugin.toml and no __init__.py" in problems.pop("bare")
    assert {"loop", "line\\nbreak", "bytes_\\xff"} <= set(problems)
    assert all(problems.values())


def test_a_file_that_may_not_be_read_has_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked.py").write_text("")

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "locked.py cannot be read: Permission denied." in discovery.find(tmp_path)["locked"].problem


def test_damaged_distributions_cost_only_their_own_plugins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib"
    install(library, "whole", "")
    install(library, "torn", "")
    (library / "torn-3.1.dist-info" / "entry_points.txt").write_bytes(
        b"[blogengine.plugins]\ntorn = \xff\xfe\n"
    )
    install(library, "deaf", "")
    (library / "deaf-3.1.dist-info" / "METADATA").write_bytes(
        b"Metadata-Version: 2.1\nName: deaf\nVersion: \xff\n"
    )
    install(library, "odd", "")
    (library / "odd-3.1.dist-info" / "entry_points.txt").write_text(
        "[blogengine.plugins]\nodd = odd_plugin:thing\nUp per = x\nempty =\ndots = ..\nfar = no.such.module\n"
    )
    monkeypatch.syspath_prepend(str(library))
    found = discovery.find(tmp_path)
    assert found["whole"].problem == ""
    assert "only the module odd_plugin is used" in found["odd"].warnings[0]
    assert "is no plugin id" in found["Up per"].problem
    assert all("cannot be found" in found[name].problem for name in ("empty", "dots", "far"))
    assert {"atom", "also_on"} <= set(found)


def test_finding_an_installed_plugin_runs_none_of_its_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = tmp_path / "lib"
    install(library, "deep", "")
    (library / "deep-3.1.dist-info" / "entry_points.txt").write_text(
        "[blogengine.plugins]\ndeep = deep_package.inner.plugin\n"
    )
    (library / "deep_package" / "inner").mkdir(parents=True)
    for name in ("__init__.py", "inner/__init__.py"):
        (library / "deep_package" / name).write_text("raise SystemExit('ran')")
    (library / "deep_package" / "inner" / "plugin.py").write_text("PLUGIN = {'summary': 'Deep.'}")
    monkeypatch.syspath_prepend(str(library))
    assert discovery.find(tmp_path)["deep"].manifest.summary == "Deep."
    assert not [name for name in sys.modules if name.startswith("deep_package")]

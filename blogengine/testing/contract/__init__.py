"""Contract tests: what every plugin must hold, checked without a line of the author's."""

from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from blogengine.testing.blogs import BlogKit
from blogengine.testing.contract import data
from blogengine.testing.contract import directions
from blogengine.testing.contract import failing
from blogengine.testing.contract import html
from blogengine.testing.contract import personal
from blogengine.testing.contract import settings
from blogengine.testing.contract import sources
from blogengine.testing.contract import traces
from blogengine.testing.contract import truth
from blogengine.testing.contract.loading import Loading
from blogengine.testing.contract.trial import Trial
from blogengine.testing.contract.trial import skip_unless

CPU_SECONDS = 0.5
"""What the import of a plugin may take of the processor, its dependencies included."""


class PluginContract:
    """The contract tests. A subclass in a test file names the plugin; its attributes say what the tests cannot guess."""

    plugin_id: ClassVar[str] = ""
    """The plugin: installed, bundled, or a drop-in whose `source` is given."""
    source: ClassVar[str | Path | Mapping[str, str]] = ""
    """A drop-in that is tested where it lies: its text, its file or folder, or its texts by path."""
    post_source: ClassVar[str] = "Some text."
    """The text of the posts in the test: put the plugin's marker in, if it has one."""
    untranslated: ClassVar[frozenset[str]] = frozenset()
    """Words in templates that are the same in every language, such as names."""

    def prepare_blog(self, blog: BlogKit) -> None:
        """Change `blog` before the plugin is enabled: the blog's own settings without which it shows nothing."""

    def prepare(self, blog: BlogKit) -> None:
        """Change `blog`, in which the plugin runs, so that the plugin shows what it can: its settings, for example."""

    def test_it_loads_without_a_warning(self, loading: Loading, trial: Trial) -> None:
        """It is found, its manifest is sound, all its hooks exist, nothing warns, and it can be enabled."""
        assert not loading.problem, loading.problem
        assert not trial.problem, trial.problem
        assert not loading.warnings, "\n".join(loading.warnings)

    def test_its_import_is_quick_and_touches_nothing(self, loading: Loading) -> None:
        """Its import uses no network, database, file to write, process or thread, and half a second at most."""
        skip_unless(not loading.problem)
        assert not loading.touched, "while it was imported: " + ", ".join(loading.touched)
        assert loading.cpu_seconds < CPU_SECONDS, (
            f"its import took {loading.cpu_seconds:.2f} s of the processor"
        )

    def test_it_imports_nothing_private(self, trial: Trial) -> None:
        """Of the engine it imports `blogengine.plugin` only: the rest may change any day."""
        skip_unless(not trial.problem)
        found = sources.private_imports(trial)
        assert not found, "\n".join(found)

    def test_its_texts_can_be_translated(self, trial: Trial) -> None:
        """Each text in its templates stands in `_(…)` or `ngettext(…)`; `untranslated` names the exceptions."""
        skip_unless(not trial.problem)
        found = sources.plain_texts(trial, self.untranslated)
        assert not found, "\n".join(found)

    def test_nothing_it_does_fails(self, trial: Trial) -> None:
        """Every public page, its own pages, a comment, the editor and its jobs work, and no hook of it raises."""
        skip_unless(not trial.problem)
        found = failing.failures_of(trial)
        assert not found, "\n".join(found)

    def test_its_html_is_whole(self, trial: Trial) -> None:
        """What it shows has an end for each beginning, and no id stands twice on a page."""
        skip_unless(not trial.problem)
        found = html.added_by(trial, html.broken)
        assert not found, "\n".join(found)

    def test_its_pages_keep_the_content_security_policy(self, trial: Trial) -> None:
        """No inline script or style, nothing loaded from elsewhere but pictures, and the engine's header unchanged."""
        skip_unless(not trial.problem)
        found = html.added_by(trial, html.against_the_policy) + html.changed_policies(trial)
        assert not found, "\n".join(found)

    def test_what_it_shows_is_the_same_for_every_visitor_and_until_it_said(self, trial: Trial) -> None:
        """A page is the same for two visitors and at a later time, but where it said `expires(…)`."""
        skip_unless(not trial.problem)
        found = truth.for_one_only(trial) + truth.untimely(trial)
        assert not found, "\n".join(found)

    def test_it_is_at_home_in_pages_from_right_to_left(self, trial: Trial) -> None:
        """Its style sheets name no left and right where start and end can be named; in Arabic its pages are as whole."""
        skip_unless(not trial.problem)
        found = directions.one_sided(trial)
        assert not found, "\n".join(found)

    def test_its_settings_refuse_nonsense(self, trial: Trial) -> None:
        """Nonsense in a field of its settings is refused with a sentence at that field, or harms nothing."""
        skip_unless(not trial.problem)
        found = settings.troubles(trial)
        assert not found, "\n".join(found)

    def test_a_failure_of_any_of_its_hooks_is_contained(self, trial: Trial) -> None:
        """With each of its hooks made to raise, one after the other, every page is still there."""
        skip_unless(not trial.problem)
        found = failing.spread_of(trial)
        assert not found, "\n".join(found)

    def test_kept_pages_are_true(self, trial: Trial) -> None:
        """After all kinds of writes, every page kept in memory equals one made afresh."""
        skip_unless(not trial.problem)
        truth.check_after_writes(trial)

    def test_enabling_it_again_leaves_no_trace(self, trial: Trial) -> None:
        """Disabled, it is as if it had never been there; enabled again, everything is there once."""
        skip_unless(not trial.problem)
        found = traces.left_by(trial)
        assert not found, "\n".join(found)

    def test_it_asks_no_more_of_a_larger_blog(self, trial: Trial) -> None:
        """A page costs the same statements and hook calls with many posts and comments as with few."""
        skip_unless(not trial.problem)
        found = traces.growth(trial)
        assert not found, "\n".join(found)

    def test_its_secrets_are_shown_nowhere(self, trial: Trial, caplog: pytest.LogCaptureFixture) -> None:
        """A secret among its settings is on no page, not even the owner's, and in no line of the log."""
        skip_unless(not trial.problem)
        found = data.shown_secrets(trial, caplog)
        assert not found, "\n".join(found)

    def test_what_it_keeps_about_a_person_is_shown_and_erased(self, trial: Trial) -> None:
        """What it keeps of a visitor who comments is in `export_personal_data`, and is gone after `erase_personal_data`."""
        skip_unless(not trial.problem)
        found = personal.kept_silently(trial)
        assert not found, "\n".join(found)

    @pytest.mark.parametrize("database", ["sqlite", "postgresql"])
    def test_its_tables_go_up_down_and_up_again(
        self, trial: Trial, database: str, make_database: Callable[..., str]
    ) -> None:
        """The steps of its tables make what its models say, can be taken back and done again, on both databases."""
        skip_unless(not trial.problem)
        tables = data.tables_of(trial)
        found = data.steps_amiss(tables, make_database(database)) if tables is not None else []
        assert not found, "\n".join(found)

    def test_removed_it_leaves_nothing(self, trial: Trial) -> None:
        """Removed with its data, no table, no small data, no settings and no job of it is left. It comes last."""
        skip_unless(not trial.problem)
        found = data.left_behind(trial)
        assert not found, "\n".join(found)

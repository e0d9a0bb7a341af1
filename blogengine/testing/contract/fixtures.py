"""The fixtures of the contract tests: made once for all tests of a class."""

from collections.abc import Iterator

import pytest

from blogengine import clock as clocks
from blogengine.testing.blogs import BlogKit
from blogengine.testing.clocks import FrozenClock
from blogengine.testing.contract import PluginContract
from blogengine.testing.contract.loading import Loading
from blogengine.testing.contract.loading import load_apart
from blogengine.testing.contract.trial import MOMENT
from blogengine.testing.contract.trial import Trial
from blogengine.testing.fixtures import new_database
from blogengine.testing.fixtures import open_site
from blogengine.testing.fixtures import sign_in_owner
from blogengine.testing.network import Network
from blogengine.testing.network import guard
from blogengine.testing.visitors import Visitor


def contract_of(request: pytest.FixtureRequest) -> PluginContract:
    """Return the contract that a test belongs to."""
    contract = request.cls() if request.cls is not None else None
    assert isinstance(contract, PluginContract), "this fixture is for classes that extend PluginContract"
    assert contract.plugin_id, f"{type(contract).__name__} must name its plugin: plugin_id = …"
    return contract


@pytest.fixture(scope="class")
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """A small blog in which the plugin of a `PluginContract` runs; the tests of the class share it."""
    contract = contract_of(request)
    folder = tmp_path_factory.mktemp("trial")
    frozen = FrozenClock(MOMENT)
    before = clocks.use(frozen.read)
    try:
        with pytest.MonkeyPatch.context() as patch, new_database("sqlite", request, folder) as url:
            guard(Network(), patch.setattr)
            site = open_site(folder, url)
            blog = BlogKit(site)
            made = Trial(
                contract.plugin_id, blog, frozen, Visitor(site), sign_in_owner(blog), contract.post_source
            )
            contract.prepare_blog(blog)
            made.add(contract.source)
            if not made.problem:
                contract.prepare(blog)
                made.fill()
            patch.undo()
            yield made
            site.close()
    finally:
        clocks.use(before)


@pytest.fixture(scope="class")
def loading(trial: Trial) -> Loading:
    """What the import of the plugin does, in a process of its own."""
    return load_apart(trial.plugin_id, trial.blog.site.config.drop_in_folder)

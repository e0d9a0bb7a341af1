# Two commands matter: `make run` and `make test`. Everything they need is put into .venv from pinned locks.

PYTHON ?= python3
PORT ?= 8000
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
RUNTIME := $(VENV)/runtime.stamp
DEVELOPMENT := $(VENV)/development.stamp

# The tests start some hundred processes, and each compiled all modules anew where this is set.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test check bench browser format lock clean

help: ## Say what can be made
	@echo "Usage: make <target>"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Variables: PYTHON=$(PYTHON) (3.11 or later), PORT=$(PORT) (for run), ARGS=... (more words for run, test and bench)"

run: $(RUNTIME) ## Start the blog at http://127.0.0.1:8000 (another port: make run PORT=8001)
	@exec $(BIN)/blogengine serve --port $(PORT) $(ARGS)

test: $(DEVELOPMENT) browser ## Install what the tests need and run them all (some: make test ARGS="-k feed")
	$(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 --dist=loadgroup --no-loadscope-reorder $(ARGS)

check: $(DEVELOPMENT) ## Lint, format, types, architecture, documents
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy tests
	$(BIN)/blogengine docs --check
	$(BIN)/python -m pytest --quiet tests/test_architecture.py tests/test_docs.py

bench: $(DEVELOPMENT) ## Measure speed and memory into bench/RESULTS.md
	$(BIN)/python -m bench $(ARGS)

format: $(DEVELOPMENT) ## Put every Python file into the one format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

browser: $(DEVELOPMENT) ## Install the browser that the tests drive, when there is none
	@$(BIN)/python tests/need.py

lock: ## Write both locks anew, with the newest versions that pyproject.toml allows
	@rm -rf build/lock && mkdir -p build/lock
	@$(PYTHON) -m venv build/lock/venv
	@build/lock/venv/bin/pip --disable-pip-version-check -qq install pip-tools
	@$(PYTHON) -c 'import tomllib; print("\n".join(tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"]))' \
		> build/lock/development.in
	@export CUSTOM_COMPILE_COMMAND="make lock" && set -- --quiet --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-options --no-emit-index-url --no-emit-trusted-host --no-emit-find-links && \
	build/lock/venv/bin/pip-compile "$$@" --upgrade --extra postgresql --build-deps-for editable \
		--output-file requirements.lock pyproject.toml && \
	build/lock/venv/bin/pip-compile "$$@" --upgrade --output-file requirements-dev.lock \
		requirements.lock build/lock/development.in
	@rm -rf build/lock

clean: ## Remove the virtual environment and everything that was built; instance/ stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "This needs Python 3.11 or later; $(PYTHON) is not. Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the blog needs"
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	@echo "Installing what the tests need"
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

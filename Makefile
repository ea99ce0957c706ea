# Everything is installed inside the checkout: Python packages in .venv, the page in web/dist.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TEST_PROCESSES ?= 2
PEERS := clients guesser singer

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test coverage check format bench gallery lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --no-deps --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(PIP) install --no-deps --require-hashes -r requirements/dev.txt
	@touch $@

# Programs of other people that tests run, each set in an environment of its own.
$(VENV)/peers/%/.done: requirements/peers/%.txt
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r $<
	@touch $@

setup: $(VENV)/.run ## Install what the server needs, its reference data and the page
	$(BIN)/python -m tools.reference
	$(BIN)/python -m web.build

setup-dev: setup $(VENV)/.dev $(PEERS:%=$(VENV)/peers/%/.done) ## Install what tests and checks need
	$(BIN)/python -m tests.e2e.install_browser
	$(BIN)/python -m tests.e2e.packages
	$(BIN)/python -m tools.example

run: setup ## Load the demo project and serve on 127.0.0.1:8000
	$(BIN)/rosetta demo --serve

test: setup-dev ## Run every test
	$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --durations=10

# Trap: on Python 3.11 a traced process may hang when a thread ends that SQLAlchemy's greenlets ran
# in, since the interpreter handles the same event again and again; what must not hang is untraced.
coverage: setup-dev ## Run every test and tell which lines none reaches
	$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --cov --cov-report=term:skip-covered

check: setup-dev ## Lint, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# Both type checkers use one core each.
	$(BIN)/mypy & mypy=$$!; $(BIN)/pyright; told=$$?; wait $$mypy && exit $$told
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m web.check
	$(BIN)/python -m tools.example check

format: setup-dev ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## Measure speed as ratios within one run
	$(BIN)/python -m bench

gallery: setup ## Draw every kind of insight into docs/gallery
	$(BIN)/python -m tools.gallery

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

lock: $(BIN)/python ## Pin what pyproject.toml asks for; LOCK=--upgrade takes the newest versions
	$(PIP) install uv
	$(COMPILE) $(LOCK) pyproject.toml -o requirements/run.txt
	$(COMPILE) $(LOCK) pyproject.toml --group dev --constraint requirements/run.txt -o requirements/dev.txt
	for set in $(PEERS); do $(COMPILE) $(LOCK) requirements/peers/$$set.in -o requirements/peers/$$set.txt; done

clean: ## Remove what was installed and built; the data stays
	rm -rf $(VENV) web/node_modules web/dist reference/node_modules tests/e2e/sdk/node_modules tests/e2e/clients/node_modules \
		examples/dashboard/node_modules examples/dashboard/dist

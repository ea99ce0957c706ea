# Everything is installed inside the checkout: Python packages in .venv, the page in web/dist.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
TEST_PROCESSES ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check format bench lock clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/run.txt
	$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

setup: $(VENV)/.run ## Install what the server needs, its reference data and the page
	$(BIN)/python -m tools.reference
	$(BIN)/python -m web.build

setup-dev: setup $(VENV)/.dev ## Install what tests and checks need
	$(BIN)/python -m tests.e2e.install_browser
	$(BIN)/python -m tests.e2e.sdk.install

run: setup ## Load the demo project and serve on 127.0.0.1:8000
	$(BIN)/rosetta demo --serve

test: setup-dev ## Run every test
	$(BIN)/pytest --numprocesses $(TEST_PROCESSES) --cov --cov-report=term:skip-covered --durations=10

check: setup-dev ## Lint, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m web.check

format: setup-dev ## Format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup-dev ## Measure speed as ratios within one run
	$(BIN)/python -m bench

lock: setup-dev ## Pin the newest versions that pyproject.toml allows
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-header pyproject.toml --group dev \
	  --constraint requirements/run.txt -o requirements/dev.txt

clean: ## Remove what was installed and built; the data stays
	rm -rf $(VENV) web/node_modules web/dist reference/node_modules tests/e2e/sdk/node_modules

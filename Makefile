# Needs Python 3.11 or newer, git and make; everything else is installed into .venv.
PYTHON ?= python3
ARGS   ?=
VENV   := .venv
BIN    := $(VENV)/bin
export PATH := $(abspath $(BIN)):$(PATH)
# Tests that only compute: they share the cores. The others start servers and browsers, which want them whole.
NUMERICAL := tests/attribution_core tests/example_models
PAGE_SOURCES := $(shell find frontend -path frontend/node_modules -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help demo test check format api docs gallery clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: $(VENV)/.installed ## install into .venv and open the explorer on the embedded example (ARGS="--no-browser --port 8765")
	@$(BIN)/attriscope demo $(ARGS)

test: $(VENV)/.test-installed check ## install what tests need and run everything: static checks, unit, API and browser tests
	npm --prefix frontend test
	$(BIN)/python -m tests.browser.chromium
ifeq ($(ARGS),)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto $(NUMERICAL)
	$(BIN)/python -m pytest $(NUMERICAL:%=--ignore %)
else
	$(BIN)/python -m pytest $(ARGS)
endif

check: $(VENV)/.test-installed frontend/node_modules/.package-lock.json ## run the static checks alone
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m attriscope.web.openapi --check frontend/openapi.json
	$(BIN)/python -m attribution_core.docs --check docs
	$(BIN)/python -m attriscope.settings_docs --check docs
	npm --prefix frontend run check

format: $(VENV)/.test-installed frontend/node_modules/.package-lock.json ## rewrite the sources in the house format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	npm --prefix frontend run format

api: $(VENV)/.test-installed ## regenerate the page's API types from the server
	$(BIN)/python -m attriscope.web.openapi frontend/openapi.json
	npm --prefix frontend run api

docs: $(VENV)/.test-installed ## write the generated pages of docs/ again, from the registry, the docstrings and the settings
	$(BIN)/python -m attribution_core.docs docs
	$(BIN)/python -m attriscope.settings_docs docs

gallery: $(VENV)/.test-installed ## take the pictures of docs/gallery and docs/tour again
	$(BIN)/python -m tests.browser.chromium
	ATTRISCOPE_PICTURES=docs $(BIN)/python -m pytest tests/browser/test_gallery.py tests/browser/test_tour.py

clean: ## remove what was built; the virtual environment stays
	rm -rf dist server/attriscope/static frontend/node_modules $(VENV)/.installed $(VENV)/.test-installed

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "attriscope needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.installed: $(BIN)/python pyproject.toml hatch_build.py $(PAGE_SOURCES)
	@echo "Installing attriscope into $(VENV) (PyTorch is the large part; README says how large) ..."
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.test-installed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	@touch $@

frontend/node_modules/.package-lock.json: frontend/package-lock.json $(VENV)/.test-installed
	npm --prefix frontend ci --no-audit --no-fund
	@touch $@

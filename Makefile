# Titian's tasks. Each makes what it needs first, and makes it once.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
NAME ?=
ARGS ?=

# A stamp's name holds what it was made from, so a changed lock or pyproject.toml is noticed and nothing else is.
RUNTIME := .venv/.runtime-$(firstword $(shell cksum < requirements.txt))
DEV := .venv/.dev-$(firstword $(shell cat requirements.txt requirements-dev.txt | cksum))
PROJECT := .venv/.project-$(firstword $(shell cat pyproject.toml requirements.in | cksum))
CATALOGS := $(patsubst %.po,%.mo,$(wildcard locales/*/LC_MESSAGES/titian.po))

# Two installers in one virtual environment would trip over each other.
.NOTPARALLEL:

.PHONY: help run chat test check bench locales transcripts lock

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: $(PROJECT) $(CATALOGS) ## start everything, embedded servers included (Ctrl-C stops it)
	@# Without a .env this is somebody trying Titian out, who needs the phone in the browser.
	@[ -f .env ] || export SIMULATOR="$${SIMULATOR:-1}"; exec $(BIN)/titian run $(ARGS)

chat: $(PROJECT) $(CATALOGS) ## talk to the bot in this terminal (ARGS="--locale en --channel ussd")
	@exec $(BIN)/titian chat $(ARGS)

test: check ## every check and every test, with real PostgreSQL, Valkey and Chromium
	@bash tests/system-packages.sh
	$(BIN)/pytest $(ARGS)

check: $(DEV) $(PROJECT) $(CATALOGS) ## format, lint, types, import rules, content, translations
	$(BIN)/ruff format --check --output-format concise
	$(BIN)/ruff check --output-format concise
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q -n 0 tests/test_architecture.py
	$(BIN)/titian content check

bench: $(DEV) $(PROJECT) $(CATALOGS) ## measure Titian beside what one would write instead
	$(BIN)/python -m bench $(ARGS)

locales: $(DEV) $(PROJECT) ## collect our phrases from the code into locales/*/LC_MESSAGES/titian.po
	$(BIN)/pybabel -q extract -F pyproject.toml -k T -c 'Translators:' --add-location=file --sort-by-file \
		--project=Titian -o locales/titian.pot flows bot workers
	$(BIN)/pybabel -q update -D titian -i locales/titian.pot -d locales -N --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel -q compile -d locales -D titian --statistics

transcripts: $(DEV) $(PROJECT) $(CATALOGS) ## rewrite the golden conversations; read the diff as a learner would
	$(BIN)/pytest -q --rewrite-transcripts tests/bot/test_transcripts.py
	@git --no-pager diff --stat -- tests/bot/transcripts

lock: $(DEV) ## pin the newest versions that requirements*.in allow, with their hashes
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCKING) -o requirements.txt requirements.in
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile $(LOCKING) -o requirements-dev.txt -c requirements.txt requirements-dev.in

LOCKING := --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
	--no-emit-trusted-host --no-emit-options

# --- what the tasks need --------------------------------------------------------------------------------------------

.venv/pyvenv.cfg:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Titian needs Python 3.11 or later (make PYTHON=/path/to/python3)."; exit 1; }
	@echo "Making a virtual environment in .venv ..."
	@"$(PYTHON)" -m venv .venv

$(RUNTIME): | .venv/pyvenv.cfg
	@echo "Installing what Titian runs on (about 20 seconds) ..."
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements.txt
	@rm -f .venv/.runtime-* && touch $@

# The development lock holds the runtime one, so it satisfies both.
$(DEV): | .venv/pyvenv.cfg
	@echo "Installing what Titian runs on and is tested with (about 40 seconds) ..."
	@$(BIN)/python -m pip install -qq --require-hashes -r requirements-dev.txt
	@rm -f .venv/.runtime-* .venv/.dev-* && touch $@ $(RUNTIME)

# Without dependencies and build isolation nothing is downloaded here: setuptools is in the lock.
$(PROJECT): | $(RUNTIME)
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@rm -f .venv/.project-* && touch $@

%.mo: %.po | $(PROJECT)
	@$(BIN)/pybabel -q compile -D titian -i $< -o $@

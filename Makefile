# Hotroute. `make help` lists the commands.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
IN_PARALLEL := --numprocesses=logical --maxprocesses=4 --dist=loadfile --no-loadscope-reorder
export PIP_DISABLE_PIP_VERSION_CHECK := 1
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.embedded ## the whole stack on this machine: API, Redis, Gunicorn, Nginx
	@$(BIN)/hotroute up

test: $(VENV)/.development ## each thing once, on SQLite and PostgreSQL, with real servers
	@$(BIN)/python -m tests.requirements
	@$(BIN)/python -m pytest $(IN_PARALLEL) --short $(PYTEST_ARGS)

check: lint $(VENV)/.development ## lint, types, import contracts, and the tests with their long matrices
	@$(BIN)/python -m tests.requirements
	@$(BIN)/python -m pytest $(IN_PARALLEL) $(PYTEST_ARGS)

lint: $(VENV)/.development ## ruff, mypy and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

install: $(VENV)/.production ## only what production needs, into .venv

format: $(VENV)/.development ## let ruff write the code its way
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .; status=$$?; $(BIN)/ruff format --quiet . && exit $$status

prove: $(VENV)/.development ## the long forms of the tests, into profiling/results/
	@$(BIN)/python -m profiling.prove

bench: $(VENV)/.development ## the measurements, into profiling/results/
	@$(BIN)/python -m profiling.bench
	@$(BIN)/python -m profiling.bench.proxy
	@$(BIN)/python -m profiling.bench.profiler

migration: $(VENV)/.development ## a migration to what the models say: make migration NAME="my table"
	@test -n "$(NAME)" || { echo 'Say what it does: make migration NAME="my table"'; exit 1; }
	@$(BIN)/hotroute run python -m conduit migrate
	@$(BIN)/hotroute run alembic revision --autogenerate -m "$(NAME)"
	@$(BIN)/ruff format --quiet migrations

profile: $(VENV)/.development ## a load of calls with the profiler on, and a report of where its time went
	@$(BIN)/python -m profiling.load $(PROFILE_ARGS)

settings: $(VENV)/.development ## .env.example and docs/settings.md, from the definitions
	@$(BIN)/hotroute settings --application conduit.config:Settings

lock: $(VENV)/.development ## lock the dependencies of pyproject.toml again
	@PATH="$(BIN):$$PATH" sh requirements/lock.sh

clean: ## remove the virtual environment and the caches; instance/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Hotroute needs Python 3.11 or later, and $(PYTHON) is older. Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "Python's venv module is missing. On Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }

$(VENV)/.%: requirements/%.txt $(VENV)/bin/python
	@echo "Installing the locked requirements of requirements/$*.txt ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r $<
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: help run test check lint install format migration prove bench profile settings lock clean

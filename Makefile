# `make` lists the verbs. ARGS goes on to the tool behind a verb, as in `make test ARGS="tests/core -k overlap"`.

PYTHON ?= python3
ARGS ?=
SELLING = tests/core/availability tests/core/appointments
PYTEST = .venv/bin/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

# Compiled modules are kept whatever the environment says: the tests start some hundred Python processes.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/bytecode

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test check lint format types imports schema bench soak coverage mutants lock clean runtime dev

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

run: runtime ## serve Daybook in the foreground, with its demonstration data; PORT and DAYBOOK_* are heeded
	@DAYBOOK_DEMO="$${DAYBOOK_DEMO:-1}" exec .venv/bin/daybook serve $(ARGS)

test: dev ## run the tests against real servers; ARGS goes to pytest
	@$(PYTEST) $(ARGS)

check: lint types imports schema test ## everything CI asks, in CI's order

lint: dev ## look for mistakes and for layout that `make format` would change
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check

format: dev ## lay the code out and repair what can be repaired safely
	@.venv/bin/ruff check --fix
	@.venv/bin/ruff format

types: dev ## check the types
	@.venv/bin/mypy

imports: dev ## check which layer imports which
	@.venv/bin/lint-imports

schema: dev ## check that schema.graphql is what the code serves
	@.venv/bin/daybook schema --check

bench: dev ## measure availability and booking on both databases; ARGS may be the URL of an empty PostgreSQL
	@.venv/bin/python -m benchmarks.availability $(ARGS)
	@.venv/bin/python -m benchmarks.booking $(ARGS)

soak: dev ## the reliability figures at full size, a JSON line each (an hour and a half); ARGS may name items, as in ARGS="R1 R9"
	@.venv/bin/python -m tests.soak $(ARGS)

coverage: dev ## which branches of core/availability and core/appointments their tests leave out, on SQLite
	@.venv/bin/python -m coverage run -m pytest -q $(SELLING) --ignore tests/core/appointments/test_crowd.py -k "not postgresql and not contention and not every_zone" $(ARGS)
	@.venv/bin/python -m coverage report

mutants: dev ## how many mutants of those rooms their tests kill (an hour or two); ARGS may name a room, as in ARGS=availability
	@.venv/bin/python -m tests.mutants $(ARGS)

lock: ## write the lock files from pyproject.toml; ARGS=--upgrade takes newer versions
	@$(PYTHON) bootstrap.py lock $(ARGS)

clean: ## remove the environment, the tools and all caches
	@rm -rf .venv .tools .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

runtime dev:
	@$(PYTHON) bootstrap.py $@

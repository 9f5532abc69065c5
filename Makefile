# The commands of this project. `make run` and `make test` work on a bare clone and need only Python 3.11, make and git.
SHELL := /bin/sh
VENV := .venv/bin
SIZE ?= small
# PYTHON=/path/to/python names one; else python3.11, or python3 if that is new enough (scripts/__init__.py looks).
FIND_PYTHON = for p in $(or $(PYTHON),python3.11 python3) none; do command -v "$$p" >/dev/null 2>&1 && break; done; \
	[ "$$p" != none ] || { echo "Python 3.11 is missing: install python3.11 and python3.11-venv (on Debian: apt-get install), or name one: make $@ PYTHON=/path/to/python3.11" >&2; exit 1; }
SETUP = @$(FIND_PYTHON); "$$p" -m scripts.environment

.DEFAULT_GOAL := help
.PHONY: help run test thorough setup check format messages lock e2e bench clean clean-data
MAKEFLAGS += --no-print-directory
# A command here is many processes of the same modules: they share their bytecode, also where the machine says not to.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | column -t -s '|' 2>/dev/null || sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1  \2/p' Makefile

run: ## Start the product with demo data; PORT=8000 by default, DEMO=0 for a company of your own
	@$(FIND_PYTHON); $(if $(DEMO),DEMO_MODE=$(DEMO)) exec "$$p" -m scripts.run

TESTS = @$(VENV)/python -m scripts.translations && $(VENV)/python -m pytest -n auto --dist worksteal

test: ## Run the tests on a throw-away database
	$(SETUP) test assets
	$(TESTS) -m "not thorough" $(ARGS)

thorough: ## Run the long proofs: every address as every role, races, kill -9 at random points, real files
	$(SETUP) test assets
	$(TESTS) -m thorough $(ARGS)

setup: ## Install what developers use
	$(SETUP) dev assets
	@$(VENV)/python -m scripts.translations

check: ## Lint, types, layers, templates, migrations, translations
	$(SETUP) dev
	@$(VENV)/python -m scripts.check

format: ## Format the Python code
	$(SETUP) dev
	@$(VENV)/ruff check --fix-only --quiet . && $(VENV)/ruff format .

messages: ## Bring locale/ in line with the texts in the code (needs gettext)
	$(SETUP) dev
	@$(VENV)/python -m scripts.messages

e2e: ## Browser tests (needs Chromium; skipped where there is none, unless CI=true)
	$(SETUP) dev assets
	@$(VENV)/python -m scripts.translations
	@$(VENV)/python -m scripts.e2e $(ARGS)

bench: ## Benchmarks; SIZE=small, medium, large or full
	$(SETUP) dev assets
	@$(VENV)/python -m tests.benchmarks --size $(SIZE) $(ARGS)

lock: ## Renew the pinned versions from requirements*.in and package.json (needs uv and npm)
	@scripts/lock

clean-data: ## Remove the data of `make run` and of development
	@$(FIND_PYTHON); "$$p" -m scripts.clean data

clean: ## Remove everything that was made in this checkout
	@$(FIND_PYTHON); "$$p" -m scripts.clean all

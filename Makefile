# Every target sets itself up from nothing: Python 3.11 or newer is all that must be there.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
BASE_PYTHON ?= $(shell command -v python3.11 || command -v python3)
CODE := platform/byhand annotation wages rewardmodel tests manage.py verify_report.py
# Named after what was installed, so that changed pins install again and unchanged ones take no time.
STAMP := $(VENV)/.installed-$(shell cat requirements.txt pyproject.toml | cksum | cut -d' ' -f1)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
export PIP_ROOT_USER_ACTION := ignore
ARGS ?=

.PHONY: help setup frontend up demo test lint bench stop clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(STAMP) ## make .venv and install what requirements.txt pins

$(STAMP):
	@[ -n "$(BASE_PYTHON)" ] && "$(BASE_PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Byhand needs Python 3.11 or newer, as python3.11 or python3."; exit 2; }
	@[ -x $(PYTHON) ] && $(PYTHON) -c 'import pip' 2>/dev/null || { rm -rf $(VENV); "$(BASE_PYTHON)" -m venv $(VENV); } \
		|| { echo "Python can't make a virtual environment here; on Debian: apt-get install python3-venv"; exit 2; }
	@echo "Set-up 1 of 3: torch (the largest package; minutes without a cache) ..."
	@$(PYTHON) -m pip install --quiet "$$(grep -E '^torch==' requirements.txt)"
	@echo "Set-up 2 of 3: everything else in requirements.txt ..."
	@$(PYTHON) -m pip install --quiet -r requirements.txt
	@echo "Set-up 3 of 3: Byhand itself ..."
	@$(PYTHON) -m pip install --quiet --no-deps --no-build-isolation -e .
	@rm -f $(VENV)/.installed-*
	@touch $(STAMP)

frontend: setup ## build the scripts of the pages, where Node is there; pages work without
	@$(PYTHON) manage.py build_frontend || echo "The frontend is not built: browser tests that need its scripts are skipped."

up: setup ## the platform for real use, until Ctrl-C
	@exec $(PYTHON) manage.py up $(ARGS)

demo: setup ## the whole loop with simulated annotators; ARGS=--exit, --fresh, --seed N
	@exec $(PYTHON) manage.py demo $(ARGS)

bench: setup ## benchmarks, into var/bench/results.jsonl
	@exec $(PYTHON) manage.py bench $(ARGS)

test: lint frontend ## every check and every test that needs no GPU
	@$(BIN)/pytest -q -n 2 --dist loadfile -m "not gpu" $(ARGS)

lint: setup ## style, types, import rules, missing migrations
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/mypy $(CODE)
	@$(BIN)/lint-imports
	@$(PYTHON) manage.py makemigrations --check --dry-run

stop: ## stop an embedded database and broker that tests left running
	@[ ! -x $(PYTHON) ] || PYTHONPATH=platform $(PYTHON) -m byhand.embedded.stop

clean: stop ## remove the environment, caches and builds; keeps var/, which holds the data
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache frontend/node_modules frontend/dist

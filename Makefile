PYTHON ?= python3
BIN := .venv/bin
# Tests with one costly fixture are in one file: a process takes whole files.
SHARED := --numprocesses auto --dist loadfile
.DEFAULT_GOAL := help
.PHONY: help setup evaluate docs docs-numbers test test-all browser notebooks fuzz mutants lint

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/installed ## make .venv with the pinned packages

.venv/installed: requirements.txt pyproject.toml setup.py
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

evaluate: setup ## generator alone against generator + booster on 12 simulated micrographs; ARGS="KEY=VALUE …" for more
	$(BIN)/python evaluate.py $(ARGS)

docs: setup ## the docs and an API reference as pages, in build/docs
	$(BIN)/pip install --quiet --disable-pip-version-check mkdocs==1.6.1 mkdocs-material==9.8.2 mkdocstrings==1.0.8 mkdocstrings-python==2.0.11
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

docs-numbers: setup ## all experiments on all simulated micrographs, and the tables of README and docs that quote them
	$(BIN)/python evaluate.py experiment=all workers=null logger=none
	PYTHONPATH=. $(BIN)/python scripts/compact_benchmark.py -o docs/results/numbers/recall.csv
	PYTHONPATH=. $(BIN)/python scripts/docs_numbers.py outputs/evaluate/all

test: lint ## lint, types and the fast tests
	$(BIN)/python -m pytest $(SHARED)

test-all: lint ## also the slow tests
	$(BIN)/python -m pytest $(SHARED) -m ""

browser: setup ## the viewer's page in a real browser, with mouse and keys
	$(BIN)/python -m pytest -m slow -rs tests/viewer/test_page_in_browser.py

notebooks: setup ## those of the docs, from top to bottom
	$(BIN)/python -m pytest -m slow -rs tests/test_notebooks.py

fuzz: setup ## hostile inputs to all that reads; ARGS="--target png --number 7 --keep DIR" for one of them
	PYTHONPATH=. OMP_NUM_THREADS=1 $(BIN)/python tests/fuzz $(ARGS)

mutants: setup ## small changes of the code and whether the tests notice; ARGS="--mutants N --seed S"
	$(BIN)/pip install --quiet --disable-pip-version-check mutmut==3.8.1
	$(BIN)/python scripts/mutants.py $(ARGS)

lint: setup ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

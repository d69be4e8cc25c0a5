# `make` alone prints the verbs. Everything runs in .venv, which `make setup` builds.
PYTHON := .venv/bin/python
DALIL := .venv/bin/dalil

help:  ## print the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:  ## install only: Python packages into .venv, the key file; then .venv/bin/dalil works
	@./setup.sh

run: setup  ## start everything: database, Rasa, actions, web, sender; Ctrl-C stops it
	@$(DALIL) run $(ARGS)

test: setup  ## the whole test suite, with real processes and a real browser
	@./tests/run.sh

test-fast: setup  ## the tests that need neither Rasa nor a browser
	@$(PYTHON) -m pytest -n 2 --dist loadgroup -m "not journey and not browser and not model"

check: setup  ## format, lint, types: what CI runs
	@$(PYTHON) -m ruff format --check . && $(PYTHON) -m ruff check . && $(PYTHON) -m mypy

format: setup  ## put the code into its format
	@$(PYTHON) -m ruff format . && $(PYTHON) -m ruff check --fix .

train: setup  ## train the Rasa model if its inputs changed
	@$(DALIL) train

evaluate: setup  ## measure understanding on tests/evaluation, write reports/evaluation.html
	@$(DALIL) evaluate tests/evaluation/*.jsonl --report reports

demo: setup  ## start everything, play one conversation in each form and a hand-over, print them, stop
	@$(DALIL) demo

bench: setup  ## time of a first reply, and of a turn in a long conversation
	@$(DALIL) bench && $(PYTHON) -m tests.load

bench-nlu: setup  ## our understanding against the stock Rasa pipeline, and its growth (minutes)
	@$(DALIL) bench-nlu

bench-console: setup  ## the staff pages on 10,000 cases and 500,000 messages: how long each takes
	@$(PYTHON) -m tests.bench_console

bench-directory: setup  ## searching a directory of 10,000 services
	@$(PYTHON) -m tests.bench_directory $(ARGS)

bench-content: setup  ## the editors' pages on 1,000 entries in five forms: how long each takes
	@$(PYTHON) -m tests.bench_content

day: setup  ## 50 people and 5 caseworkers write at once: nothing lost, and how soon it is seen
	@$(PYTHON) -m tests.day $(ARGS)

chaos: setup  ## people write through stand-ins of both providers while every process is killed at random (minutes)
	@$(PYTHON) -m tests.chaos $(ARGS)

.PHONY: bench-console bench-content bench-directory chaos day help setup run test test-fast check format train evaluate demo bench bench-nlu

# Every target first installs what is missing; `scripts/setup` says what it could not install.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
DATA ?= .data/demo
DEMO_ARGS ?=
PYTEST_ARGS ?=
NAMES ?=
# Without compiled bytecode each new Python process takes 1 s longer, and the tests and the demo start hundreds.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test test-fast test-long checks unit bench chaos findings lock generated clean

help:           ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:          ## install everything; afterwards .venv/bin/supportcarr is there
	@scripts/setup runtime web

demo:           ## run a simulated city on this machine; Ctrl-C stops it (PORT=8000, DATA=.data/demo, DEMO_ARGS=)
	@scripts/setup runtime web
	@exec .venv/bin/supportcarr demo --port $(PORT) --data $(DATA) $(DEMO_ARGS)

test:           ## run every check and test that a change must pass
	@scripts/setup dev web browser mongo actionlint gitleaks versitygw nginx prometheus hadolint chart cloud
	@scripts/test

test-fast:      ## run unit tests, the store's contract on SQLite, the gateway (under two minutes)
	@scripts/setup dev
	@.venv/bin/pytest tests/unit tests/contract tests/integration/gateway -m "not long" -k "not mongo" -n 2 --dist loadgroup $(PYTEST_ARGS)

test-long:      ## run what is too long for make test: journeys through both apps, kills at every step on both engines (SEED=1)
	@scripts/setup dev web browser mongo chart prometheus cloud release-notes
	@scripts/test-long $(PYTEST_ARGS)

checks:         ## run linters, type checks, import rules, and look for drift of generated files
	@scripts/setup dev actionlint gitleaks hadolint
	@scripts/checks

unit:           ## run the unit tests
	@scripts/setup dev
	@.venv/bin/pytest tests/unit $(PYTEST_ARGS)

bench:          ## run the benchmarks on both engines; JSON in benchmarks/results/ (AGAINST=COMMIT: beside a commit)
ifdef AGAINST
	@scripts/setup dev wrk
	@scripts/bench --against $(AGAINST)
else
	@scripts/setup dev node wrk peers mongo
	@scripts/bench
endif

chaos:          ## simulate twelve minutes with 30 kills and 2 wipes of Redis, on both engines (SEED=1, ENGINES=)
	@scripts/chaos

findings:       ## check that libraries still behave as recorded in findings/ (NAMES='h3-parent-of-a-point' for one)
	@scripts/findings $(NAMES)

lock:           ## update the lock files from pyproject.toml
	@scripts/lock

generated:      ## write the generated files: OpenAPI, AsyncAPI, settings page, diagrams, TypeScript types
	@scripts/setup dev web
	@scripts/generate

clean:          ## remove everything that was built or installed here
	rm -rf .venv web/node_modules web/apps/*/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Every target installs what it misses; `scripts/setup` says plainly what it could not get.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PORT ?= 8000
DEMO_ARGS ?=
PYTEST_ARGS ?=
NAMES ?=

.PHONY: help setup demo test test-fast test-long checks unit bench chaos findings lock generated clean

help:           ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup:          ## the set-up alone; .venv/bin/supportcarr is there afterwards
	@scripts/setup runtime web

demo:           ## a whole city on this machine; Ctrl-C ends it (PORT=8000, DEMO_ARGS=)
	@scripts/setup runtime web
	@exec .venv/bin/supportcarr demo --port $(PORT) $(DEMO_ARGS)

test:           ## every check and test
	@scripts/setup dev web browser mongo actionlint
	@scripts/test

test-fast:      ## units, the store's contract on SQLite, the gateway: under two minutes
	@scripts/setup dev
	@.venv/bin/pytest tests/unit tests/contract tests/integration/gateway -m "not long" -k "not mongo" -n 2 --dist loadgroup $(PYTEST_ARGS)

test-long:      ## what is too long for make test: whole input matrices, a kill at every step on both engines (SEED=1)
	@scripts/setup dev mongo
	@scripts/test-long $(PYTEST_ARGS)

checks:         ## lint, types, import rules, drift of what is generated
	@scripts/setup dev actionlint
	@scripts/checks

unit:           ## the fast tests alone
	@scripts/setup dev
	@.venv/bin/pytest tests/unit $(PYTEST_ARGS)

bench:          ## the benchmarks on both engines, each a table and a JSON in benchmarks/results/
	@scripts/setup dev node wrk peers mongo
	@scripts/bench

chaos:          ## twelve minutes of the city under 30 kills and 2 wipes of Redis, on both engines (SEED=1, ENGINES=)
	@scripts/chaos

findings:       ## surprises of real libraries, each tried again (NAMES='h3-parent-of-a-point' for one)
	@scripts/findings $(NAMES)

lock:           ## make the lock files anew from pyproject.toml
	@scripts/lock

generated:      ## write what is generated: OpenAPI, AsyncAPI, settings page, diagrams, TypeScript types
	@scripts/setup dev web
	@scripts/generate

clean:          ## remove what was built and installed here
	rm -rf .venv web/node_modules web/apps/*/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

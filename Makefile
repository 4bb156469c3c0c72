# Two commands matter: `make run` and `make test`. Each does all of its own set-up.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8501
HOST ?= 127.0.0.1
export PORT HOST

.PHONY: run test lint types unit browser bench bench-optimizer soak pictures messages lock clean

# Python compiles what it imports when it first does; compiling all of it takes half of the set-up.
PIP_INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

run: $(VENV)/run.stamp
	exec $(BIN)/python server.py

# What needs no tests to run goes on while Chromium and npm's part are fetched.
test:
	$(MAKE) -j 2 lint types $(VENV)/chromium.stamp $(VENV)/peers.stamp
	$(MAKE) unit browser

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy --num-workers 2

unit: $(VENV)/dev.stamp $(VENV)/peers.stamp
	$(BIN)/python -m pytest -n 2 --dist worksteal -q -rs

browser: $(VENV)/dev.stamp $(VENV)/chromium.stamp $(VENV)/peers.stamp
	$(BIN)/python -m pytest -m browser -n 2 --dist loadfile -q -rs tests/browser

bench: $(VENV)/dev.stamp $(VENV)/chromium.stamp .tools/runners.stamp
	$(BIN)/python -m bench --markdown docs/benchmarks.md

# gepa and dspy (MIPROv2) are only opponents here and stay out of the environment.
bench-optimizer: $(VENV)/dev.stamp .tools/optimizers.stamp
	PYTHONPATH=.tools/optimizers $(BIN)/python -m bench.optimizer --markdown docs/optimizer.md

soak: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m soak -q

pictures: $(VENV)/dev.stamp $(VENV)/chromium.stamp
	$(BIN)/python -m tests.browser.pictures docs/pictures

messages: $(VENV)/dev.stamp
	$(BIN)/python -m core.i18n.messages

# The locked sets are made from the ranges; uv is needed only here.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements.txt -o requirements.lock
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements-dev.txt -o requirements-dev.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Prompt Workbench needs Python 3.11 or newer; set PYTHON=/path/to/python3."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.lock | $(BIN)/python
	$(PIP_INSTALL) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(BIN)/python
	$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@touch $(VENV)/run.stamp $@

$(VENV)/chromium.stamp: tests/browser/chromium.sh $(VENV)/dev.stamp
	sh tests/browser/chromium.sh $(BIN)/python
	@touch $@

.tools/optimizers.stamp: $(VENV)/dev.stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .tools/optimizers gepa==0.1.4 'dspy[optuna]==3.4.1'
	@touch $@

# Other evaluation runners, opponents of `bench.runners` only. promptfoo wants a newer Node than many
# machines have, and npm has that too. What cannot be installed is a missed row of the benchmark.
.tools/runners.stamp: $(VENV)/dev.stamp
	@mkdir -p .tools
	@all=yes; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade --target .tools/inspect \
	  inspect-ai==0.3.285 google-genai==3.6.1 || all=no; \
	npm install --prefix .tools/promptfoo --no-audit --no-fund --loglevel=error --save-exact \
	  promptfoo@0.123.1 node@22.23.3 || all=no; \
	if [ $$all = yes ]; then touch $@; \
	else echo "Not every other runner could be installed; the benchmark says which."; fi

# What tests take from npm, an independent server and axe, needs npm; without it those tests say that they were skipped.
$(VENV)/peers.stamp: tests/peers/package-lock.json $(VENV)/dev.stamp
	@if command -v npm >/dev/null 2>&1; then \
	  npm ci --prefix tests/peers --ignore-scripts --no-audit --no-fund --loglevel=error; fi
	@touch $@

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

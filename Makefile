# Needs python3 (3.11 or newer) with venv, and make. Everything else goes into .venv, from the lock files.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO := .demo
MINE := .mine
PEERS := build/peers
BTCLI := $(BIN)/btcli

.PHONY: help demo mine docs test test-all replay-golden record-golden lint bench bench-peers lock clean

help:
	@echo "make demo           sample data, preflight, run, replay, report, in $(DEMO)/"
	@echo "make mine           the same of your own candles, in $(MINE)/; CANDLES=file VENUE=binance SYMBOL=BTCUSDT"
	@echo "make test           the tests, without the long ones"
	@echo "make test-all       all tests, those of dask and ray too"
	@echo "make replay-golden  replays the recorded runs of tests/golden under every switch that must not matter"
	@echo "make record-golden  records them anew, after a change of rules or artifacts that was meant"
	@echo "make docs           writes the generated pages, pictures and the schema again"
	@echo "make lint           ruff, mypy (tests too), import contracts"
	@echo "make bench          timings on this machine (prints, never judges); LOADS=folder of shared loads, BENCH=--quick"
	@echo "make bench-peers    the same work by other backtesters, in an environment of their own; LOADS as above, BENCH=--growth"
	@echo "make lock           writes the lock files again"

.venv/bin/python:
	@$(PYTHON) -c "import sys; sys.exit('btcli needs Python 3.11 or newer: make PYTHON=python3.12' if sys.version_info < (3, 11) else 0)"
	$(PYTHON) -m venv .venv

.venv/runtime.ok: requirements.lock pyproject.toml | .venv/bin/python
	$(PIP) install -r requirements.lock
	$(PIP) install --no-deps --editable .
	@touch $@

.venv/develop.ok: requirements-dev.lock .venv/runtime.ok
	$(PIP) install -r requirements-dev.lock
	@touch $@

# The engines of sweeps beside loky: what tests of them need, and what they are skipped without.
.venv/dask.ok .venv/ray.ok: .venv/%.ok: requirements-%.lock .venv/develop.ok
	$(PIP) install -r requirements-$*.lock
	@touch $@

demo: export BTCLI_TRIALS := $(DEMO)/trials.jsonl
demo: .venv/runtime.ok
	@rm -rf $(DEMO)
	$(BTCLI) data sample configs/demo.yml --data $(DEMO)/data
	$(BTCLI) preflight configs/demo.yml --data $(DEMO)/data
	$(BTCLI) run configs/demo.yml --window q1 --data $(DEMO)/data --out $(DEMO)/runs
	$(BTCLI) replay latest --data $(DEMO)/data --out $(DEMO)/runs
	$(BTCLI) report latest --data $(DEMO)/data --runs $(DEMO)/runs --out $(DEMO)/report.html

# The run is the one that btcli names itself where a system does not fit what is stored.
mine: .venv/runtime.ok
	@test -f "$(CANDLES)" && test -n "$(VENUE)" || { echo "make mine CANDLES=file VENUE=binance, or bybit, which is never guessed; \
	SYMBOL=BTCUSDT where the file does not say it" >&2; exit 2; }
	@rm -rf $(MINE)
	$(BTCLI) init $(MINE)
	$(BTCLI) data import "$(CANDLES)" --venue $(VENUE) --series trade $(if $(SYMBOL),--symbol $(SYMBOL)) --data $(MINE)/data
	@cd $(MINE) && ! btcli run > refused.txt 2>&1 || exit 0; sed -n 's/^run on what is stored[^:]*: //p' refused.txt > run.sh; \
	  if test -s run.sh; then cat run.sh; sh run.sh || test $$? -eq 5; else cat refused.txt >&2; exit 1; fi
	$(BTCLI) report latest --data $(MINE)/data --runs $(MINE)/runs --out $(MINE)/report.html

mine: export PATH := $(abspath $(BIN)):$(PATH)

test: .venv/develop.ok
	$(BIN)/python -m pytest -q -n auto -m "not long"

test-all: .venv/dask.ok .venv/ray.ok
	$(BIN)/python -m pytest -q -n auto -m "not ray"
	$(BIN)/python -m pytest -q -n 0 -m ray  # which finds the clusters of others

replay-golden: .venv/runtime.ok
	$(BIN)/python tests/golden/replay_matrix.py

record-golden: .venv/runtime.ok
	$(BIN)/python tests/golden/record.py

lint: .venv/develop.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file tests/mypy.ini
	$(BIN)/lint-imports

docs: .venv/develop.ok
	$(BIN)/python tests/docs/cli_texts.py
	$(BIN)/python tests/docs/system_texts.py
	$(BIN)/python tests/docs/feature_texts.py
	$(BTCLI) schema > configs/schema.json
	$(BIN)/python tests/docs/pictures.py
	$(BIN)/python tests/docs/screenshot.py

bench: .venv/runtime.ok
	$(BIN)/python benchmarks/bench.py $(LOADS) $(BENCH)

$(PEERS)/venv.ok: benchmarks/peers/requirements.txt
	$(PYTHON) -m venv --clear $(PEERS)/venv
	$(PEERS)/venv/bin/python -m pip --disable-pip-version-check --quiet install -r benchmarks/peers/requirements.txt
	@touch $@

bench-peers: .venv/runtime.ok $(PEERS)/venv.ok
	$(BIN)/python benchmarks/bench_peers.py $(LOADS) --peers $(PEERS)/venv/bin/python --json $(PEERS)/figures.json $(BENCH)

lock:
	uv pip compile pyproject.toml --extra report --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url -o requirements-dev.lock
	for extra in dask ray; do \
	  uv pip compile pyproject.toml --extra $$extra --constraint requirements-dev.lock --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url -o requirements-$$extra.lock; done

clean:
	rm -rf .venv $(DEMO) $(MINE) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

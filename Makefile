# Plain `make` says what there is. Everything lives in .venv, which is made when it is first needed.

PYTHON ?= python3
VENV ?= .venv

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# No clock, chance or I/O in these: every branch of them can be tested, so every branch is.
PURE := vtex_tracking/model/*,vtex_tracking/credentials.py,vtex_tracking/errors.py,vtex_tracking/facts.py,vtex_tracking/merge.py,$\
vtex_tracking/feed/formats/cells.py,vtex_tracking/feed/columns.py,vtex_tracking/feed/dates.py,vtex_tracking/feed/finding.py,$\
vtex_tracking/feed/keys.py,vtex_tracking/feed/moments.py,vtex_tracking/feed/plain.py,vtex_tracking/feed/values.py,vtex_tracking/ledger/mounts.py,vtex_tracking/ledger/states.py,$\
vtex_tracking/push/adapting.py,vtex_tracking/push/body.py,vtex_tracking/push/budget.py,vtex_tracking/push/circuit.py,$\
vtex_tracking/push/concurrency.py,vtex_tracking/push/meaning.py,vtex_tracking/push/pacing.py,$\
vtex_tracking/push/retry_after.py,vtex_tracking/push/stop.py,vtex_tracking/push/verdict.py,$\
vtex_tracking/push/wire.py,vtex_tracking/sandbox/faults.py,vtex_tracking/sandbox/values.py,vtex_tracking/sense.py

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --no-annotate $\
	--custom-compile-command "make lock"

BENCH = $(BIN)/python benchmarks/bench.py $(addprefix --suite ,$(SUITE)) $(if $(CASE),--case '$(CASE)') \
	$(addprefix --times ,$(TIMES)) $(if $(WRITE),--write)

SAMPLES := samples/carrier.csv samples/events.jsonl samples/invoices.jsonl samples/delivered.csv

.PHONY: help demo test lint tests bench bench-quick bench-check simulate kill revoked fuzz mutate lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/run.stamp ## push the sample feeds to a sandbox on this machine
	$(BIN)/vtex-tracking push --sandbox $(SAMPLES)

test: lint tests ## all that CI asks: lint, types, walls, tests, coverage

lint: $(VENV)/dev.stamp ## ruff, mypy and the walls between the modules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --num-workers 2
	$(BIN)/lint-imports

tests: $(VENV)/dev.stamp ## the tests, and how much of the package they reach
	$(BIN)/python -m compileall -q vtex_tracking # hundreds of processes import it, and leave nothing behind themselves
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses auto --dist worksteal
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --include='$(PURE)' --fail-under=100

bench: $(VENV)/bench.stamp ## all that is measured, beside its peers, or one SUITE=push; WRITE=1 writes docs/performance.md
	$(BENCH)

bench-quick: $(VENV)/bench.stamp ## the same, small, in under two minutes
	$(BENCH) --quick

bench-check: $(VENV)/bench.stamp ## only what a bar is about: fails where one is lost; WRITE=1 makes the baseline anew
	$(BENCH) --check

simulate: $(VENV)/dev.stamp ## more simulated nights with faults: make simulate SEEDS=1-20000
	$(BIN)/python tests/support/simulation_run.py --seeds $(or $(SEEDS),1-20000) --keep

kill: $(VENV)/dev.stamp ## kill -9 a thousand times (TIMES=…), and see whether anything is lost or sent twice
	$(BIN)/python tests/support/kill_support.py --times $(or $(TIMES),1000)

revoked: $(VENV)/dev.stamp ## revoke the key in the middle of 50,000 invoices (INVOICES=…), and see what it costs
	INVOICES=$(or $(INVOICES),50000) $(BIN)/python tests/support/revoked_support.py

fuzz: $(VENV)/dev.stamp ## fuzz one reader: make fuzz TARGET=csv FOR=600 (seconds)
	$(PIP) install 'atheris>=3.0'
	$(BIN)/python tests/fuzz/run.py --target $(or $(TARGET),csv) --seconds $(or $(FOR),600)

mutate: $(VENV)/dev.stamp ## break one module in every small way, and see what no test notices: make mutate MODULE=push/verdict
	$(PIP) install 'mutmut>=3.8'
	rm -rf mutants
	$(BIN)/mutmut run 'vtex_tracking.$(subst /,.,$(or $(MODULE),merge)).*'
	$(BIN)/mutmut results | awk '!/not checked/'

lock: $(VENV)/made.stamp ## requirements/*.lock anew, at the newest versions that pyproject.toml allows
	$(PIP) install uv
	$(LOCK) --group dev --output-file requirements/dev.lock pyproject.toml
	$(LOCK) --group build --constraints requirements/dev.lock --output-file requirements/run.lock pyproject.toml
	$(LOCK) --group bench --constraints requirements/dev.lock --output-file requirements/bench.lock pyproject.toml

clean: ## take away .venv and every cache; reports and ledgers stay
	rm -rf $(VENV) build dist mutants .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "vtex-tracking needs Python 3.11 or newer, but $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
		echo "Name another: make PYTHON=python3.13 $(MAKECMDGOALS)"; \
		exit 1; \
	} >&2
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp requirements/run.lock pyproject.toml vtex_tracking/version.py
	$(PIP) install --require-hashes --requirement requirements/run.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp requirements/dev.lock
	$(PIP) install --require-hashes --requirement requirements/dev.lock
	@touch $@

$(VENV)/bench.stamp: $(VENV)/run.stamp requirements/bench.lock
	$(PIP) install --require-hashes --requirement requirements/bench.lock
	@touch $@

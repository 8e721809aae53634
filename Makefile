# Everything a person or the CI runs here. Needs GNU make and a Python (3.10 or newer); the rest is fetched into
# hidden folders of this checkout: .uv (the installer, unless the machine has it), .venv (the environment),
# .vendor_clients (the vendor's own client, which the contract tests run) and .vcon (a library that reads vCons).

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory --no-builtin-rules

# A module path or an activated environment of the caller's must not leak into this one.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX
# Where Python may keep no bytecode, each process of Airflow compiles for seconds, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONUNBUFFERED := 1
# A company's proxy signs with a certificate that the machine trusts and uv's own list does not hold.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

BIN := .venv/bin
LOCK := .ci/requirements.txt
READY := .venv/.ready
VENDOR_CLIENTS_LOCK := .ci/vendor_clients.txt
VENDOR_CLIENTS_READY := .vendor_clients/.ready
VCON_LOCK := .ci/vcon.txt
VCON_READY := .vcon/.ready
# Tried, not just looked for: a version manager's shim can be on PATH and still not run.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .uv/bin/uv)
# What the lock is known to install on; uv takes one from the machine or fetches one.
PYTHONS := >=3.11,<3.14
say = @printf '\033[1m== %s\033[0m\n' "$(1)"

.PHONY: help
help:  ## list these targets
	@grep --extended-regexp --no-filename '^[a-z-]+:.*##' $(MAKEFILE_LIST) \
	    | sed --regexp-extended 's/^([a-z-]+):.*## (.*)/\1\t\2/' \
	    | while IFS=$$'\t' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

.PHONY: env
env: $(READY)  ## build .venv from the lock (done again only when the lock changes)

.uv/bin/uv:
	$(call say,fetching uv into .uv)
	@python3 -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

.venv/bin/python: | $(filter .uv/bin/uv,$(UV))
	$(call say,making .venv with a Python $(PYTHONS))
	@$(UV) venv --quiet --allow-existing --python '$(PYTHONS)' .venv

$(READY): $(LOCK) pyproject.toml Makefile | .venv/bin/python
	$(call say,installing what $(LOCK) pins)
	@$(UV) pip sync --quiet --python .venv/bin/python --require-hashes $(LOCK)
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: vendorclients
vendorclients: $(VENDOR_CLIENTS_READY)  ## build .vendor_clients, where the vendor's client lives, from its own lock

# The vendor's wheel brings a package named tests, and logs for the whole process: not into .venv.
$(VENDOR_CLIENTS_READY): $(VENDOR_CLIENTS_LOCK) Makefile | .venv/bin/python
	$(call say,installing what $(VENDOR_CLIENTS_LOCK) pins)
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .vendor_clients
	@$(UV) pip sync --quiet --python .vendor_clients/bin/python --require-hashes $(VENDOR_CLIENTS_LOCK)
	@touch $@

.PHONY: vcon
vcon: $(VCON_READY)  ## build .vcon, where a library lives that reads vCons, from its own lock

# It pins a library that Airflow has a newer one of. It asks for Python 3.12 and runs on 3.11 as well, which pip alone can
# be told.
$(VCON_READY): $(VCON_LOCK) Makefile | .venv/bin/python
	$(call say,installing what $(VCON_LOCK) pins)
	@$(UV) venv --quiet --clear --seed --python .venv/bin/python .vcon
	@.vcon/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
	    --require-hashes --ignore-requires-python --requirement $(VCON_LOCK)
	@touch $@

.PHONY: lint
lint: $(READY)  ## ruff, mypy and the import rules
	$(call say,ruff)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	$(call say,mypy)
	@$(BIN)/mypy
	$(call say,import-linter)
	@$(BIN)/lint-imports

PYTEST := $(BIN)/pytest --durations=25
# Four processes on two cores too: the tests wait as much as they compute.
# Not by module (loadscope): that scheduler runs one test of those that share an id, and so do all that Schemathesis
# makes of one function.
PARALLEL := --numprocesses 4 --dist worksteal
# The crash and load tests mostly wait, so the others may compute meanwhile.
SIDE_BY_SIDE := test-unit test-crash test-load test-ui
# A whole Airflow that has too little of the machine gives tasks up; memory is measured too.
ALONE := test-integration

.PHONY: quick
quick: lint  ## lint, and the unit tests that need no process and no model: about a minute
	$(call say,unit tests without processes and models)
	@$(PYTEST) tests/unit $(PARALLEL) -m 'not process and not model'

.PHONY: test
test: lint $(VENDOR_CLIENTS_READY) $(VCON_READY)  ## every check and every test at its usual size, as the CI runs them
	$(call say,two of $(SIDE_BY_SIDE) at a time; each shows its output at its end)
	@$(MAKE) --jobs=2 --output-sync=target --keep-going $(SIDE_BY_SIDE)
	@$(MAKE) $(ALONE)
	@$(MAKE) wheel

.PHONY: test-all
test-all: export SYMBL_TEST_SIZE := full
test-all: lint $(VENDOR_CLIENTS_READY) $(VCON_READY)  ## the same at full size, one stage after the other, so that the figures are true
	@$(MAKE) --jobs=1 --keep-going $(SIDE_BY_SIDE) $(ALONE)
	@$(MAKE) wheel

.PHONY: $(SIDE_BY_SIDE) $(ALONE)
test-unit: $(VENDOR_CLIENTS_READY) $(VCON_READY) $(READY)  ## unit and contract tests, which alone count for coverage
	$(call say,unit and contract tests)
	@$(BIN)/coverage erase
	@$(PYTEST) tests/contract tests/unit $(PARALLEL) --cov --cov-report=term

test-crash: $(READY)  ## what a killed worker, triggerer or server leaves behind
	$(call say,crash tests)
	@$(PYTEST) tests/crash

test-load: $(READY)  ## many waits in one triggerer
	$(call say,load test)
	@$(PYTEST) tests/load

test-integration: $(READY)  ## a whole Airflow, hostile requests, memory
	$(call say,integration tests)
	@$(PYTEST) tests/integration --ignore=tests/integration/test_links.py
	@# By itself: what drives the browser keeps an event loop in its thread, which other tests would find running.
	@$(PYTEST) tests/integration/test_links.py

# What drives the browser keeps an event loop in its thread, which other tests would find running.
test-ui: $(READY)  ## symbl-local's page in a browser
	$(call say,tests of the page)
	@$(PYTEST) tests/ui

.PHONY: wheel
wheel: $(READY)  ## build the wheel and look at what is in it
	$(call say,wheel)
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist . >/dev/null
	@$(BIN)/check-wheel-contents dist/*.whl

AIRFLOWS := airflow30 airflow31 airflow32 airflow33 airflow34
# An environment that passed is not run again until something changes that it tests, or make clean.
TESTED := pyproject.toml $(shell find airflow_provider_symbl demo example_dags tests/contract tests/support tests/unit \
    tests/conftest.py -type f -not -path '*/__pycache__/*')

.PHONY: matrix
matrix: $(AIRFLOWS:%=.tox/%.passed)  ## unit and contract tests on each Airflow from 3.0 on; goes on where it stopped

.tox/%.passed: $(TESTED) | $(READY) $(VENDOR_CLIENTS_READY) $(VCON_READY)
	$(call say,$*)
	@$(BIN)/tox run -e $*
	@touch $@

.PHONY: bench
bench: $(READY)  ## how well symbl-local hears and tells speakers apart, how fast it answers, what a poll, a large ledger and the forms cost
	@$(BIN)/python -m tests.benchmarks.speech
	@$(BIN)/python -m tests.benchmarks.speakers
	@$(BIN)/python -m tests.benchmarks.latency
	@$(BIN)/python -m tests.benchmarks.polls
	@$(BIN)/python -m tests.benchmarks.ledger
	@$(BIN)/python -m tests.benchmarks.forms

.PHONY: demo
demo: $(READY)  ## a night of recordings in a throw-away Airflow, with a table of what was said
	@$(BIN)/python -m demo.night

.PHONY: airflow
airflow: $(READY)  ## a whole Airflow with its UI, symbl-local, the connection and the DAGs, until Ctrl-C
	@$(BIN)/python -m demo.airflow

.PHONY: lock
lock: | $(filter .uv/bin/uv,$(UV))  ## write the three locks anew, keeping the pins that still fit
	$(call say,locking)
	@$(UV) pip compile --quiet pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --output-file $(LOCK)
	@# PyAudio is for the microphone, and numpy for nothing: no call of the Async API imports either, and PyAudio only
	@# builds where PortAudio is. What both environments hold has one version.
	@$(UV) pip compile --quiet - <<<'symbl==2.0.6' --constraints $(LOCK) \
	    --overrides <(printf '%s ; python_version < "3"\n' pyaudio numpy) --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --output-file $(VENDOR_CLIENTS_LOCK)
	@# ffmpeg and logger are for media alone, and would have to be built.
	@$(UV) pip compile --quiet - <<<'vcon==0.10.0' \
	    --overrides <(printf '%s ; python_version < "3"\n' ffmpeg logger) --universal --python-version 3.12 \
	    --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' --output-file $(VCON_LOCK)

.PHONY: clean
clean:  ## remove everything that was made here
	@rm -rf .venv .uv .vendor_clients .vcon .tox .airflow dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage .coverage.*

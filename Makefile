# Each target sets up what it needs in .venv, from a bare Python 3.11 or later: `make demo`.
# Another interpreter: `make demo PYTHON=python3.13`.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# hatchling is in both locks, so the project itself is built from what the hashes vouch for.
PROJECT := --no-deps --no-build-isolation --editable .
LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url pyproject.toml

.PHONY: demo run test check bench lock clean

demo: .venv/runtime
	@$(BIN)/tenderbell demo

run: .venv/runtime
	@$(BIN)/tenderbell run

test: .venv/dev
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

check: .venv/dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n auto --maxprocesses 4 --dist worksteal

bench: .venv/dev
	$(BIN)/python -m tests.benchmarks

# The newest versions that pyproject.toml allows, for every platform.
lock: .venv/created
	$(INSTALL) 'uv>=0.9,<1'
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --extra postgres --extra apprise --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf dist build tenderbell-demo

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
		"Tenderbell needs Python 3.11 or later; '$(PYTHON)' is not: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: requirements.lock pyproject.toml | .venv/created
	@echo "Installing Tenderbell into .venv (once)" >&2
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(INSTALL) $(PROJECT)
	@touch $@

.venv/dev: requirements-dev.lock pyproject.toml | .venv/created
	@echo "Installing Tenderbell and its tools into .venv (once)" >&2
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@$(INSTALL) $(PROJECT)
	@touch $@

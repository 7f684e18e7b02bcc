# Everything a person or CI calls. `make` alone lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := /usr/share/tuxpaint/stamps

.PHONY: help demo test test-all fuzz lock audit-deps faults soak sbom lint docs bench debian clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# One environment with every extra, pinned; made again only when a pin or the project changes.
# LOCKED=1 holds every file against its hash; the locks are for Linux on x86-64 with CPython 3.11.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
HASHED := $(PIP) --no-deps --require-hashes -r

$(VENV)/installed: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(LOCKED),$(HASHED) requirements.lock)
	$(PIP) -c constraints.txt $(if $(LOCKED),--no-deps) -e '.[all]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	$(if $(LOCKED),$(HASHED) requirements-dev.lock,$(PIP) -c constraints.txt -r requirements-dev.txt)
	@touch $@

demo: $(VENV)/installed ## Install everything and build recipes/openmoji.yaml
	@$(BIN)/curate build recipes/openmoji.yaml

test: $(VENV)/installed-dev debian lint ## Lint, check types and imports, run the tests
	$(BIN)/pytest -n auto -m "not slow"

test-all: $(VENV)/installed-dev debian lint ## The same with the slow proofs
	$(BIN)/pytest -n auto

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/installed-dev ## Build the site of docs/ in build/site
	@$(BIN)/python -m docs.make

SCRIPTS ?= startup floors rebuild eta kill decode store scale alignment mismatch hidden_captions audit cascade privacy report
bench: $(VENV)/installed-dev debian ## Measure what benchmarks/results.md shows, all of it or SCRIPTS
	@for script in $(SCRIPTS); do \
		echo "## $$script"; $(BIN)/python benchmarks/$$script.py || exit 1; done

MINUTES ?= 30
fuzz: $(VENV)/installed-dev ## Read mutated files with every reader, for MINUTES, then guided ones as long
	@$(BIN)/python -m tests.fuzz.run --minutes $(MINUTES)
	@$(BIN)/python -m tests.fuzz.guided --minutes $(MINUTES)

faults: $(VENV)/installed-dev ## Kill and fail builds and forgettings at every kind of call
	@$(BIN)/python -m tests.faults.everything

BUILDS ?= 200
SEED ?= 1
soak: $(VENV)/installed-dev ## Build BUILDS recipes by chance with faults by chance, from SEED on
	@$(BIN)/python -m tests.soak.run --builds $(BUILDS) --seed $(SEED)

lock: $(VENV)/installed-dev ## Write the hashes of all that constraints.txt pins
	@$(BIN)/python -m tests.supply.lock

audit-deps: ## Ask a database of known weaknesses about every pinned package
	@mkdir -p build
	@test -x build/audit/bin/pip-audit || { $(PYTHON) -m venv build/audit && \
		build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1; }
	@$(PYTHON) tests/supply/audit.py build/audit/bin/pip-audit

# The tool has an environment of its own, so that it is no part of what it lists.
sbom: $(VENV)/installed ## Write build/sbom.cdx.json, the bill of materials (CycloneDX)
	@mkdir -p build
	@test -x build/sbom/bin/cyclonedx-py || { $(PYTHON) -m venv build/sbom && \
		build/sbom/bin/pip install --quiet --disable-pip-version-check cyclonedx-bom==7.5.0; }
	@build/sbom/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml \
		--output-reproducible --output-file build/sbom.cdx.json
	@echo build/sbom.cdx.json

# Some tests need data and programs that Debian packages; elsewhere they say that they skip.
debian:
	@if ! { test -d $(STAMPS) && command -v espeak-ng && command -v chromium; } >/dev/null \
		&& test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq tuxpaint-stamps-default espeak-ng chromium >/dev/null; fi

clean: ## Remove what was built here, not the environment
	rm -rf releases .curate

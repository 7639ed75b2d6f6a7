# Every command of a checkout. Only `make` and Python 3.11 or later are needed:
# each target first installs what it needs into .venv, once.

PYTHON = python3
VENV = .venv
RUN = $(VENV)/bin/python -m

# Tests start hundreds of Pythons, each of which would compile the whole library again.
unexport PYTHONDONTWRITEBYTECODE

# One thing at a time, even under `make -j`: pip does not share a .venv.
.NOTPARALLEL:

.PHONY: help setup demo demo-report picture test lint format format-check types imports check coverage old-pytest soak soak-transport soak-store old-duckdb test-spark scale fuzz mutate docs seed audit lock sbom record stripe-types stripe-node test-gateway-sdks test-gateway-image bench dist versions clean

help: ## show this list
	@awk -F ': .*## ' '/^[a-z-]+:.*## / { printf "  make %-18s%s\n", $$1, $$2 }' Makefile

demo: $(VENV)/ready-sandbox ## list every provider's sessions from a local sandbox
	@$(VENV)/bin/unified-checkout demo

demo-report: $(VENV)/ready-sandbox,report ## sync the sandbox into a store and write a report of it
	@$(VENV)/bin/unified-checkout demo --report demo/report.html

test: $(VENV)/ready-test ## run the whole test suite
	@$(RUN) pytest -q -n auto --dist worksteal

setup: $(VENV)/ready-dev ## install everything a developer needs

# Checks that are quick. A new one is a line here, and in `check`.

lint: $(VENV)/ready-dev ## look for mistakes, misspelt words and dead code
	@$(RUN) ruff check .
	@$(VENV)/bin/codespell
	@$(RUN) handbook unused

format: $(VENV)/ready-dev ## put the code into the house's format
	@$(RUN) ruff format .

format-check: $(VENV)/ready-dev ## fail where the format differs
	@$(RUN) ruff format --check --quiet .

types: $(VENV)/ready-dev ## check the types with mypy and with pyright
	@$(RUN) mypy
	@$(RUN) pyright

imports: $(VENV)/ready-dev ## check that imports run one way
	@$(VENV)/bin/lint-imports --no-logo

check: test lint format-check types imports ## all that must pass before a change goes in

CORE = client config engine model transport

coverage: $(VENV)/ready-dev ## measure which lines and branches of the core the tests reach; minutes
	@$(RUN) coverage erase
	@UNIFIED_CHECKOUT_SCHEDULES=400 $(RUN) pytest -q -n auto --cov --cov-report= \
	  --ignore tests/engine/test_planted_faults.py \
	  tests/adapters tests/clients tests/columns tests/config tests/engine tests/matrix tests/model \
	  tests/transport \
	  $(CORE:%=unified_checkout/%)
	@$(RUN) coverage report
	@for room in $(CORE); do echo "$$room: $$($(RUN) coverage report --format=total \
	  --include="unified_checkout/$$room/*") %"; done

OLD = $(VENV)/old-pytest

old-pytest: ## run a test that uses no cassette under pytest 7.1 and pluggy 1.0
	@$(PYTHON) -m venv $(OLD)
	@$(OLD)/bin/python -m pip install -qq --disable-pip-version-check \
	  --editable . 'pytest==7.1.*' 'pluggy==1.0.*'
	@echo 'def test_it(): pass' > $(OLD)/test_it.py
	@cd $(OLD) && bin/python -m pytest -q -W error -c /dev/null --rootdir . test_it.py

# Runs that are long.

SCHEDULES = 1000000

soak: $(VENV)/ready-test ## run a million simulated schedules (SCHEDULES=...)
	@cd tests && ../$(RUN) simulation --schedules $(SCHEDULES)

ROUNDS = 10000

soak-transport: $(VENV)/ready-test ## interrupt, cancel, fork and kill ten thousand readings (ROUNDS=...)
	@UNIFIED_CHECKOUT_SOAK=$(ROUNDS) $(RUN) pytest -q -n auto --durations=3 tests/transport/test_soak.py

MONTHS = 1000
KILLS = 100

soak-store: $(VENV)/ready-test ## a thousand simulated months of each provider, a hundred kills, twenty syncs at once (MONTHS=... KILLS=...)
	@UNIFIED_CHECKOUT_MONTHS=$(MONTHS) UNIFIED_CHECKOUT_KILLS=$(KILLS) \
	  $(RUN) pytest -q -n auto tests/store/test_month.py tests/store/test_kills.py \
	  tests/store/test_together.py tests/store/test_postgresql.py

old-duckdb: $(VENV)/created ## fetch DuckDB 1.4, which opens a store in a test; needs the network
	@$(RUN) pip install -qq --disable-pip-version-check --no-deps --upgrade \
	  --target $(VENV)/old-duckdb 'duckdb==1.4.*' pytz

test-spark: $(VENV)/ready-test $(VENV)/ready-spark ## run the tests that need a Spark; needs Java
	@UNIFIED_CHECKOUT_SPARK=1 $(RUN) pytest -q tests/spark

scale: $(VENV)/ready-test ## simulate what reading costs at scale, and write it into docs/scale.md
	@$(RUN) benchmarks.scale

SECONDS = 3600
PARSERS =

fuzz: $(VENV)/ready-fuzz ## fuzz every parser for an hour each (SECONDS=... PARSERS="cursor money")
	@cd tests && ../$(RUN) fuzzing --seconds $(SECONDS) $(PARSERS)

MUTANTS =

mutate: $(VENV)/ready-mutate ## break engine and model in every way that tests must notice; hours (MUTANTS="unified_checkout.model.*")
	@$(RUN) mutmut run $(if $(MUTANTS),"$(MUTANTS)") || true
	@$(RUN) mutmut results

seed: $(VENV)/ready-test ## show the simulated schedule of one seed (SEED=...)
	@cd tests && ../$(RUN) simulation --seed $(SEED)

picture: demo-report ## draw docs/report.svg anew, of the sandbox
	@$(VENV)/bin/unified-checkout report demo/report.duckdb --last 60d --compare previous \
	  --account stripe --account leanrails --account flex --format svg --out docs/report.svg

docs: $(VENV)/ready-test ## write anew what the code writes of the pages, and build the site into dist/site
	@$(RUN) handbook write
	@$(RUN) handbook site

dist: $(VENV)/ready-dist ## build the source distribution, and the wheel from it, into dist/
	@rm -f dist/unified_checkout-*
	@$(RUN) build --no-isolation --outdir dist . >/dev/null
	@$(RUN) twine check --strict dist/unified_checkout-*

versions: ## run the whole test suite with each Python from 3.11 to 3.14 that is here
	@export PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | tr '\n' ':')"; \
	for version in 3.11 3.12 3.13 3.14; do \
	  if python$$version -c '' 2>/dev/null; then \
	    $(MAKE) --no-print-directory test VENV=.venv-$$version PYTHON=python$$version || exit 1; \
	  else echo "python$$version is not here"; fi; \
	done

audit: $(VENV)/ready-audit ## ask whether installed packages have known faults
	@$(RUN) pip_audit --skip-editable

lock: $(VENV)/ready-audit ## write what developers install, by version and hash, to requirements/dev.lock
	@mkdir -p requirements
	@$(RUN) uv pip compile -q pyproject.toml --extra dev --universal --generate-hashes \
	  --no-emit-index-url --no-header --output-file requirements/dev.lock
	@echo requirements/dev.lock

sbom: $(VENV)/ready-audit ## write what is installed as a bill of materials (CycloneDX) to dist/
	@mkdir -p dist
	@$(RUN) cyclonedx_py environment --output-reproducible --output-file dist/sbom.json $(VENV)/bin/python
	@echo dist/sbom.json

STRIPE_TYPES = $(or $(UNIFIED_CHECKOUT_STRIPE_TYPES),$(VENV)/stripe-types)

stripe-types: $(VENV)/ready-dev ## fetch the types of Stripe's packages, which judge its sandbox
	@cd tests && ../$(RUN) published $(abspath $(STRIPE_TYPES))

STRIPE_NODE = $(or $(UNIFIED_CHECKOUT_STRIPE_NODE),$(VENV)/stripe-node)

stripe-node: ## fetch Stripe's SDK for Node, which asks the gateway in a test
	@test -d $(STRIPE_NODE)/node_modules/stripe || { mkdir -p $(STRIPE_NODE) && \
	  npm install --prefix $(STRIPE_NODE) --silent --ignore-scripts --no-audit --no-fund stripe@23.1.0; }

test-gateway-sdks: $(VENV)/ready-test ## ask the gateway with Stripe's SDKs for Go and Java
	@UNIFIED_CHECKOUT_GATEWAY_SDKS=1 $(RUN) pytest -q tests/gateway/test_compiled_sdks.py

test-gateway-image: $(VENV)/ready-test ## build the gateway's image, without a daemon, and ask it; takes root, buildah and debootstrap
	@UNIFIED_CHECKOUT_IMAGE=1 $(RUN) pytest -q tests/gateway/test_image.py

bench: $(VENV)/ready-bench ## measure listing against the alternatives; minutes (BENCH="--quick kept")
	@$(RUN) benchmarks $(BENCH)

record: $(VENV)/ready-test ## record the cassettes again, from the sandbox
	@$(RUN) pytest -q tests/recorded --checkout-record=rewrite

clean: ## remove what was installed and cached
	@rm -rf $(VENV) .venv-3.* dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache

# Setting up. `ready-EXTRA` marks that the package is installed with that extra of
# pyproject.toml; it is older than pyproject.toml when that must happen again.

$(VENV)/ready-%: pyproject.toml $(VENV)/created
	@echo "Installing unified-checkout[$*] into $(VENV) ..."
	@$(RUN) pip install -qq --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(VENV)/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "unified-checkout needs Python 3.11 or later, but $(PYTHON) is" \
	    "$$($(PYTHON) --version 2>&1). Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

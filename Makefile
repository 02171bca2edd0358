# Two commands matter: `make run` and `make test`. Python 3.11 or later and make are all they need.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run install lint types imports test proof screenshots chromium requirements clean

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11; do \
	if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
	then command -v $$each; break; fi; done)
UV := UV_PYTHON_DOWNLOADS=never $(BIN)/python -m uv
INSTALL = umask 022; $(UV) pip install --quiet --python $(BIN)/python \
	--require-hashes --only-binary :all:
WORKERS ?= 2
PIP_INSTALL := install --quiet --disable-pip-version-check --require-hashes --only-binary :all:
# Compiled modules are kept, else each of the product's processes compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

help:
	@echo "make run          start everything at http://localhost:4500 (PORT, ECOPICK_HOME, ECOPICK_DEMO=0)"
	@echo "make test         lint, types, import contracts and all tests"
	@echo "make proof        the same with full counts, timed; writes docs/proof.md"
	@echo "make screenshots  take the pictures in docs/ anew"

run: $(VENV)/.installed
	@exec $(BIN)/python -m ecopick up

install: $(VENV)/.installed

$(VENV)/.uv: requirements/uv.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "ecopick: Python 3.11 or later is needed and was not found." >&2; exit 1; fi
	@umask 022; "$(PYTHON)" -m venv --without-pip $(VENV)
	@# Python's own pip saves the seconds that a second one takes to install.
	@umask 022; "$(PYTHON)" -m pip --python $(BIN)/python $(PIP_INSTALL) -r $< 2>/dev/null || { \
		$(BIN)/python -m ensurepip >/dev/null 2>&1 || { \
			echo "ecopick: Python has no pip; install python3-venv." >&2; exit 1; }; \
		$(BIN)/python -m pip $(PIP_INSTALL) -r $<; }
	@touch $@

$(VENV)/.installed: $(VENV)/.uv requirements/base.txt
	@$(INSTALL) -r requirements/base.txt
	@$(BIN)/python -c 'import os, pathlib, sys, sysconfig; \
		root = os.getcwd(); \
		pathlib.Path(sysconfig.get_path("purelib"), "ecopick.pth").write_text(root + "\n"); \
		script = pathlib.Path("$(BIN)/ecopick"); \
		script.write_text("#!/bin/sh\nexec \"%s/$(BIN)/python\" -m ecopick \"$$@\"\n" % root); \
		script.chmod(0o755)'
	@touch $@

$(VENV)/.developer: $(VENV)/.installed requirements/dev.txt
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

lint: $(VENV)/.developer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.developer
	$(BIN)/mypy

imports: $(VENV)/.developer
	$(BIN)/lint-imports

chromium: $(VENV)/.developer
	@$(BIN)/python tests/browser/chromium.py

# The tests come last, so that their closing line ends the output.
test: lint types imports chromium
	$(BIN)/python -m pytest -n $(WORKERS)

# A part of it: make proof ONLY=tests/platform
proof: chromium
	$(BIN)/python -m bench.proof $(if $(ONLY),--no-starts --only $(ONLY))

screenshots: chromium
	$(BIN)/python -m tests.browser.screenshots $(if $(TARGETS),--targets $(TARGETS)) $(ONLY)

# Pins every dependency with its hashes; no index address is written down.
requirements: $(VENV)/.uv
	for each in uv base dev; do $(UV) pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --no-header --no-emit-index-url requirements/$$each.in \
		-o requirements/$$each.txt || exit 1; done

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

# VIN Desk. `make` lists the commands; scripts/setup.sh holds what is more than a line of shell.
#
# Set-up is remembered in stamp files inside .venv, which depend on the requirements files: nothing is
# installed again until one of those changes.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# Plain assignments: only the command line (make app HOST=0.0.0.0) opens the tool to the network, never a
# variable that happens to be in the environment.
HOST := localhost
PORT := 8501
ARGS :=
PHOTOS := ../shared/photos

VENV_PYTHON := .venv/bin/python
SETUP := scripts/setup.sh
# Where there is a screen the tool opens itself in a browser; elsewhere it prints its address.
HEADLESS := $(if $(DISPLAY)$(WAYLAND_DISPLAY),false,true)

.PHONY: help
help:  ## list the commands
	@echo "VIN Desk"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "Variables: HOST=$(HOST) PORT=$(PORT) (make app), ARGS='-k reader' (make test), PHOTOS=$(PHOTOS) (make bench), PYTHON=python3.12 (set-up)"

.PHONY: app
app: .venv/.stamp-app  ## set up what is missing and open the tool (HOST, PORT)
	@exec $(VENV_PYTHON) -m streamlit run app.py --server.address $(HOST) --server.port $(PORT) \
		--server.headless $(HEADLESS) --server.showEmailPrompt false --browser.gatherUsageStats false

.PHONY: test
test: .venv/.stamp-dev .venv/.stamp-fonts $(if $(findstring not browser,$(ARGS)),,browser)  ## set up what is missing, a browser included, and run all tests (ARGS)
	@$(VENV_PYTHON) -m pytest $(ARGS)

.PHONY: lint
lint: .venv/.stamp-dev  ## style, formatting, types
	@$(VENV_PYTHON) -m ruff check .
	@$(VENV_PYTHON) -m ruff format --check .
	@$(VENV_PYTHON) -m mypy
	@if command -v shellcheck >/dev/null; then shellcheck $(SETUP) .ci/run; fi

.PHONY: format
format: .venv/.stamp-dev  ## put the code into the house's format
	@$(VENV_PYTHON) -m ruff check --fix .
	@$(VENV_PYTHON) -m ruff format .

.PHONY: setup
setup: .venv/.stamp-dev browser  ## everything that app, test and lint need, without running them

.PHONY: browser
browser: .venv/.stamp-dev  ## find or install the browser that the interface tests drive
	@$(SETUP) browser

.PHONY: fonts
fonts:  ## install free fonts for the synthetic generator (Debian packages)
	@$(SETUP) fonts

.PHONY: warmstart
warmstart: .venv/.stamp-warmstart  ## install what rebuilds the reader's warm start

.PHONY: craft-original
craft-original: .venv/.stamp-craft-original  ## install the authors' CRAFT (read and evaluate --detector)

.venv/.stamp-app: requirements.txt
	@PYTHON="$(PYTHON)" $(SETUP) python requirements.txt
	@touch $@

.venv/.stamp-dev: .venv/.stamp-app requirements-dev.txt
	@PYTHON="$(PYTHON)" $(SETUP) python requirements-dev.txt
	@touch $@

# The synthetic generator's tests draw with whatever fonts there are; where there are none, some are installed.
.venv/.stamp-fonts: .venv/.stamp-dev
	@find /usr/share/fonts /usr/local/share/fonts ~/.fonts -name '*.ttf' 2>/dev/null | grep -q . || $(SETUP) fonts
	@touch $@

.venv/.stamp-warmstart: .venv/.stamp-app requirements-warmstart.txt
	@PYTHON="$(PYTHON)" $(SETUP) python requirements-warmstart.txt
	@touch $@

.venv/.stamp-craft-original: .venv/.stamp-app requirements-craft.txt
	@PYTHON="$(PYTHON)" $(SETUP) python requirements-craft.txt
	@touch $@

.PHONY: bench
bench: .bench-venv/.stamp  ## measure beside RapidOCR, EasyOCR and Tesseract (PHOTOS, ARGS)
	@.bench-venv/bin/python -m benchmarks.peers --photos "$(PHOTOS)" $(ARGS)

# Peers bring packages that the tool does not need and must not meet: an environment of their own.
.bench-venv/.stamp: benchmarks/peers/requirements.txt requirements.txt
	@PYTHON="$(PYTHON)" $(SETUP) python benchmarks/peers/requirements.txt .bench-venv
	@touch $@

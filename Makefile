# One command each. `make help` lists them; every one sets up what it needs first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LESSONS_READY := $(VENV)/.ready-lessons
# More workers than two cores: most tests wait most of the time. Set JOBS=8 on a larger machine.
JOBS ?= 4
# A round is a folder named by its month; ROUND=benchmarks/rounds/2030-01 makes another.
ROUND ?= benchmarks/rounds/$(shell date +%Y-%m)

.DEFAULT_GOAL := help
.PHONY: help setup compare test conform gallery bench regress round audit stress soak autobahn
.PHONY: lessons notebooks book
.PHONY: style format types coverage check picture schedules mutants clean

# What plays the schedules of threads and asyncio: the first of these that is 3.12 or newer.
PYENV_PYTHONS = $(wildcard $(shell pyenv root 2>/dev/null)/versions/3.1[2-9]*/bin/python)
NEWER = $(firstword $(foreach python,$(PYTHON) python3.14 python3.13 python3.12 $(PYENV_PYTHONS),$(shell \
  $(python) -c 'import sys; sys.version_info >= (3, 12) and print(sys.executable)' 2>/dev/null)))
SCHEDULES := .venv-schedules

help:  ## show this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: $(READY)  ## the virtual environment with the pinned dependencies

compare: $(READY)  ## judge and measure; writes report/index.html (4 minutes)
	@$(BIN)/hubbub compare

test: $(READY)  ## all tests, each rule once a server and door (8 minutes)
	@$(BIN)/python -m pytest -n $(JOBS) --quick

lessons: $(LESSONS_READY)  ## open the lessons in JupyterLab, at the first
	@$(BIN)/hubbub learn 00 $(ARGS)

notebooks: $(LESSONS_READY)  ## run every lesson's notebook and keep what came out (one: ID=02)
	@$(BIN)/python -m hubbub.notebook.refresh $(ID)

book: $(READY) report/index.html report/gallery.html  ## lessons, protocol, gallery, results: a site in report/book
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -d .cache/book -c docs/book . report/book
	@echo "The site is in report/book: open report/book/index.html"

report/index.html: | $(READY)
	@$(BIN)/hubbub compare

report/gallery.html: | $(READY)
	@mkdir -p report
	@$(BIN)/hubbub gallery --html $@

conform: $(READY)  ## every test of every rule (12 minutes; one: ID=trio-mutex)
	@$(BIN)/python -m pytest -n $(JOBS) conformance/rules $(foreach id,$(ID),--server $(id)) $(ARGS)

gallery: $(READY)  ## judge the servers that are wrong on purpose (all rules: ARGS=--whole)
	@mkdir -p report
	@$(BIN)/hubbub gallery --html report/gallery.html $(ARGS)

bench: $(READY)  ## micro-benchmarks, saved (1 minute; some: ARGS="-k room")
	@$(BIN)/python -m pytest benchmarks/micro --benchmark-autosave $(ARGS)

regress: $(READY)  ## fail where the micro-benchmarks are slower than REF=main
	@$(BIN)/python -m benchmarks.micro.against $(or $(REF),main) $(ARGS)

round: $(READY)  ## measure all, to be published (nearly 1 hour; resumes)
	@mkdir -p $(ROUND)
	@test -f $(ROUND)/results.json.gz || $(BIN)/hubbub bench --output $(ROUND)/results.json.gz \
	  $(if $(wildcard $(ROUND)/results.json.gz.part),--resume) || test $$? -eq 3
	@$(BIN)/python -m hubbub.publish $(ROUND)/results.json.gz
	@$(BIN)/python docs/report_picture.py $(ROUND)/report.html
	@$(BIN)/python docs/load_curve.py $(ROUND)/results.json.gz

audit: $(READY)  ## a second load generator against the first (15 minutes; one: ID=trio-mutex)
	@$(BIN)/python -m benchmarks.audit $(ID) $(if $(ID),,--output benchmarks/audit/agreement.txt) $(ARGS)

stress: $(READY)  ## crowds, churn and rude peers, at one server: ID=trio-direct
	@$(BIN)/python -m pytest -s -o faulthandler_timeout=0 tests/stress $(if $(ID),--server $(ID))

soak: $(READY)  ## ten minutes of load and faults, all judged: ID=trio-direct
	@SOAK_MINUTES=$(or $(MINUTES),10) $(BIN)/python -m pytest -s -o faulthandler_timeout=0 tests/stress/test_soak.py $(if $(ID),--server $(ID))

autobahn: $(READY)  ## the Autobahn fuzzing client (needs Python 2.7)
	@$(BIN)/python -m tests.autobahn.run

schedules:  ## the hubs under thousands of schedules (2 minutes; Python 3.12)
	@if [ -z "$(NEWER)" ]; then \
	  echo "make schedules: skipped, there is no Python 3.12 or newer (make schedules PYTHON=...)"; \
	else $(MAKE) --no-print-directory $(SCHEDULES)/.ready PYTHON="$(NEWER)" && \
	  $(SCHEDULES)/bin/python -m pytest -n 2 tests/schedules tests/hubbub/test_replay.py; fi

mutants: $(READY)  ## good servers with one mistake each: the suite catches them (20 minutes; some: ARGS=pace)
	@$(BIN)/python -m tests.mutants $(ARGS)

style: $(READY)  ## ruff: lint and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(READY)  ## ruff: put the format right
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: $(READY)  ## mypy --strict
	@$(BIN)/mypy

coverage: $(READY)  ## every branch of the core is tested
	@$(BIN)/python -m pytest -q tests/implementations/core --cov=implementations/core --cov-report=term-missing:skip-covered --cov-fail-under=100

check: style types coverage test conform  ## everything that must be green

picture: $(READY)  ## the pictures of README and book, from the round
	@$(BIN)/python docs/report_picture.py $(ROUND)/report.html
	@$(BIN)/python docs/load_curve.py $(ROUND)/results.json.gz

clean:  ## remove all that make has made
	rm -rf $(VENV) $(SCHEDULES) .benchmarks .cache/autobahn .cache/book report .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "hubbub needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(VENV) (once) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' --constraint constraints.txt
	@touch $@

$(SCHEDULES)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(SCHEDULES) with $(PYTHON) (once) ..."
	@$(PYTHON) -m venv $(SCHEDULES)
	@$(SCHEDULES)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[conform,schedules]' --constraint constraints.txt
	@touch $@

$(LESSONS_READY): $(READY)
	@echo "Adding JupyterLab to $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[lessons]' --constraint constraints.txt
	@touch $@

# One command each. `make help` lists them; each one first sets up what it needs.

# PYTHON=python3.12 chooses the interpreter. Otherwise .venv keeps the one that it has, or gets the
# first of these that is new enough.
PYTHONS = $(if $(PYTHON),"$(PYTHON)",$(BIN)/python python3 python3.14 python3.13 python3.12 python3.11)
VENV := .venv
BIN := $(VENV)/bin
# What the command line, the comparison and the judge need. Developers and lessons need more.
USE := bench,chat,conform,schedules
comma := ,
# More workers than cores: most tests wait most of the time. Set JOBS=16 on a larger machine.
JOBS ?= 4
# A worker that has nothing left takes tests from another: the longest tests are no tail.
WORKERS = -n $(JOBS) --dist worksteal
# A round is a folder named by its month; ROUND=benchmarks/rounds/2030-01 makes another.
ROUND ?= benchmarks/rounds/$(shell date +%Y-%m)
# For the hubs under schedules: the newest Python here that is newer than 3.11. Or NEWEST=/path/to/python.
NEWEST = $(shell $(BIN)/python tools/newest_python.py)
NEWEST_VENV := .venv-newest
# A run starts thousands of Python processes. Without compiled files, each compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

DIRECT = $(foreach runtime,asyncio threads trio,--server $(runtime)-direct)

.DEFAULT_GOAL := help
.PHONY: help setup compare test conform whole writers gallery bench regress round audit stress soak
.PHONY: autobahn lab
.PHONY: peers popular
.PHONY: lessons notebooks book
.PHONY: style format types coverage check picture schedules newest mutants clean
.PHONY: to-use to-develop to-teach on-newest

# $(call environment,EXTRAS): see that .venv has them; or say that the Python is too old or missing.
define environment
@for python in $(PYTHONS); do \
  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
    exec "$$python" tools/environment.py $(VENV) $(1); fi; done; \
echo 'hubbub needs Python 3.11 or newer. $(if $(PYTHON),This is not: $(PYTHON),There is none on PATH). Try: make PYTHON=/path/to/python3 $(MAKECMDGOALS)' >&2; exit 1
endef

# Only with a newer Python than 3.11 do the schedules of threads and asyncio run.
define with_newest
@newest="$(NEWEST)"; if [ -z "$$newest" ]; then \
  echo "make $(subst on-,,$@): skipped, no Python from 3.12 to 3.14 here (or NEWEST=/path/to/python)"; \
else "$$newest" tools/environment.py $(NEWEST_VENV) hubs && $(1); fi
endef

help:
	@awk '/^## / { print "\n" substr($$0, 4) } \
	  /^[a-z]+:.*  ## / { split($$0, part, ":.*  ## "); printf "  make %-11s%s\n", part[1], part[2] }' Makefile

## Start here

setup: to-use  ## set up the command line: .venv/bin/hubbub (1 minute)

compare: to-use  ## judge and measure all servers: report/index.html (4 minutes)
	@$(BIN)/hubbub compare

lessons: to-teach  ## open the lessons in JupyterLab, at the first one
	@$(BIN)/hubbub learn 00 $(ARGS)

lab: to-develop  ## turn the dials of a live server, in your browser
	@$(BIN)/hubbub lab $(ARGS)

test: to-develop  ## all tests, one per rule, server and door (10 minutes)
	@$(BIN)/python -m pytest $(WORKERS) --quick

## Judge and measure

conform: to-develop  ## every test of every rule (12 minutes; ID=trio-mutex: 2)
	@$(BIN)/python -m pytest $(WORKERS) conformance/rules $(foreach id,$(ID),--server $(id)) $(ARGS)

# What make test and make conform run, and each test once: one start, one collection, one end.
whole: to-develop  ## all tests, and every test of every rule (18 minutes)
	@$(BIN)/python -m pytest $(WORKERS) $(ARGS)

writers: to-develop  ## judge the direct servers with each writer (3 minutes)
	@$(BIN)/python -m pytest $(WORKERS) --quick --one-door --writer send $(DIRECT) conformance/rules
	@without="$$($(BIN)/python -c 'from implementations.uring import why_not; print(why_not() or "")')"; \
	if [ -n "$$without" ]; then echo "make writers: skipped for uring, $$without"; else \
	  $(BIN)/python -m pytest $(WORKERS) --quick --one-door --writer uring $(DIRECT) conformance/rules; fi

gallery: to-use  ## judge the servers that are wrong on purpose (3 minutes)
	@mkdir -p report
	@$(BIN)/hubbub gallery --html report/gallery.html $(ARGS)

autobahn:  ## the 247 Autobahn cases for each runtime (20 seconds)
	$(call environment,$(USE)$(comma)autobahn)
	@$(BIN)/hubbub conform --autobahn $(or $(ID),$$($(BIN)/hubbub list --ids))

schedules: to-use  ## the hubs under thousands of schedules (3 minutes)
	$(call with_newest,$(NEWEST_VENV)/bin/python -m pytest -n 2 tests/schedules tests/hubbub/test_replay.py)

newest: to-use  ## hub tests and quick matrix on the newest Python (4 minutes)
	@if [ "$$("$(NEWEST)" -V 2>/dev/null)" = "$$($(BIN)/python -V)" ]; then \
	  echo "make newest: skipped, $(VENV) has the newest Python here"; else $(MAKE) --no-print-directory on-newest; fi

on-newest:
	$(call with_newest,PYTHONWARNINGS=error $(NEWEST_VENV)/bin/python -m pytest $(WORKERS) --quick --one-door tests/implementations conformance/rules)

stress: to-develop  ## crowds, churn and rude clients (one server: ID=trio-direct)
	@$(BIN)/python -m pytest -s -o faulthandler_timeout=0 tests/stress $(if $(ID),--server $(ID))

soak: to-develop  ## load and faults for 10 minutes, all judged (ID=trio-direct)
	@SOAK_MINUTES=$(or $(MINUTES),10) $(BIN)/python -m pytest -s -o faulthandler_timeout=0 tests/stress/test_soak.py $(if $(ID),--server $(ID))

bench: to-develop  ## micro-benchmarks, saved (1 minute; some: ARGS="-k room")
	@$(BIN)/python -m pytest benchmarks/micro --benchmark-autosave $(ARGS)

regress: to-develop  ## fail if the micro-benchmarks are slower than at REF=main
	@$(BIN)/python -m benchmarks.micro.against $(or $(REF),main) $(ARGS)

round: to-develop  ## measure everything, to publish it (1 hour; resumes)
	@mkdir -p $(ROUND)
	@test -f $(ROUND)/results.json.gz || $(BIN)/hubbub bench --dry-run
	@test -f $(ROUND)/results.json.gz || $(BIN)/hubbub bench --output $(ROUND)/results.json.gz \
	  $(if $(wildcard $(ROUND)/results.json.gz.part),--resume) || test $$? -eq 3
	@$(BIN)/python -m hubbub.publish $(ROUND)/results.json.gz
	@$(BIN)/python docs/report_picture.py $(ROUND)/report.html
	@$(BIN)/python docs/load_curve.py $(ROUND)/results.json.gz

peers: to-develop  ## install the popular servers to measure (2 minutes)
	@$(BIN)/python -m benchmarks.peers $(ID)

popular: to-develop  ## what popular chat servers do: docs/popular.md (20 minutes)
	@$(BIN)/python -m benchmarks.popular $(ID) $(ARGS)

audit: to-develop  ## cross-check the load generator with another (15 minutes)
	@$(BIN)/python -m benchmarks.audit $(ID) $(if $(ID),,--output benchmarks/audit/agreement.txt) $(ARGS)

notebooks: to-teach  ## run all notebooks and keep their output (one: ID=02)
	@$(BIN)/python -m hubbub.notebook.refresh $(ID)

book: to-develop report/index.html report/gallery.html  ## lessons, protocol and results as a site: report/book
	@$(BIN)/python -m sphinx -q -W --keep-going -b html -d .cache/book -c docs/book . report/book
	@echo "The site is in report/book: open report/book/index.html"

report/index.html: | to-use
	@$(BIN)/hubbub compare

report/gallery.html: | to-use
	@mkdir -p report
	@$(BIN)/hubbub gallery --html $@

## Work on it

mutants: to-develop  ## one-edit mutants of the servers, all caught (30 minutes)
	@$(BIN)/python -m tests.mutants $(ARGS)

style: to-develop  ## ruff: lint and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: to-develop  ## ruff: fix the format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: to-develop  ## mypy --strict
	@$(BIN)/mypy

coverage: to-develop  ## every branch of implementations/core is tested
	@$(BIN)/python -m pytest -q tests/implementations/core --cov=implementations/core --cov-report=term-missing:skip-covered --cov-fail-under=100

check: style types coverage whole  ## all that must be green (25 minutes)

picture: to-develop  ## the pictures of README and book, from the round
	@$(BIN)/python docs/report_picture.py $(ROUND)/report.html
	@$(BIN)/python docs/load_curve.py $(ROUND)/results.json.gz

clean:  ## remove everything that make has made
	rm -rf $(VENV) $(NEWEST_VENV) .venv-3.* .benchmarks .cache/book report .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage

to-use:
	$(call environment,$(USE))

to-develop:
	$(call environment,$(USE)$(comma)autobahn$(comma)dev)

to-teach:
	$(call environment,$(USE)$(comma)lessons)

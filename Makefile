# Two commands: `make demo` (the main job, end to end) and `make test` (everything that is checked).
# Both bootstrap their own environment from uv.lock; nothing but Python 3.11+, git and make is needed.
PYTHON ?= python3
UV      = .bootstrap/bin/uv
RUN     = $(UV) run --frozen --no-sync
DATA   ?=
OUT    ?= demo-report

.PHONY: demo test lint types slow clean help

demo: .venv/demo.stamp
	$(RUN) steelyard demo $(if $(DATA),--data "$(DATA)",) --out "$(OUT)"

test: .venv/dev.stamp
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) pytest -m "not slow" -n 2
	$(RUN) pytest -m slow -n 2

$(UV):
	$(PYTHON) -m venv .bootstrap
	.bootstrap/bin/python -m pip install --quiet --disable-pip-version-check uv

.venv/demo.stamp: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --inexact --extra analysis
	@touch $@

.venv/dev.stamp: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --quiet --inexact --all-extras --group dev
	@touch $@ .venv/demo.stamp

lint: .venv/dev.stamp
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

types: .venv/dev.stamp
	$(RUN) mypy

clean:
	rm -rf .venv .bootstrap .pytest_cache .mypy_cache .ruff_cache $(OUT)

help:
	@echo "make demo [DATA=folder] [OUT=folder]   the main job: heats -> twin -> trial -> report"
	@echo "make test                              lint, types, house rules, all tests"

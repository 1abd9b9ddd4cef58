# Few words run everything; the git hook and the CI call the same ones.
# Each sets up what it needs: a .venv made from a lock, made again only when the lock changed.

.DEFAULT_GOAL := help
.PHONY: help demo up test check format requirements bench lock hook clean

python := .venv/bin/python
relais := .venv/bin/relais
# A process that finds its modules compiled starts in half the time, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
# Tests wait more than they compute.
spread := --numprocesses=4 --dist=loadgroup

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

demo: runtime ## watch the story of one mission, from the click to the read model
	@$(relais) demo $(ARGS)

up: runtime ## run everything on this machine until Ctrl-C
	@$(relais) up $(ARGS)

test: dev ## all tests; SERVICE=missions for what concerns it, SINCE=main for what changed
	@$(python) -m pytest $(or $(ARGS),$(spread) $$($(python) -m tools.checks.selection $(SERVICE) $(if $(SINCE),--since $(SINCE))))

check: dev ## format, lint, types, contracts and the rules of the house; ARGS=gate for one
	@$(python) -m tools.checks $(ARGS)

format: dev ## put the sources into their form and mend what the linter can
	@$(python) -m ruff check --quiet --fix-only .
	@$(python) -m ruff format .

requirements: dev ## which requirement is shown by which tests; ARGS=--json for data
	@$(python) -m tools.checks.requirements $(ARGS)

bench: dev ## our speed beside the bare limit and beside a peer library
	@$(relais) bench $(ARGS)

lock: ## choose versions anew for what pyproject.toml asks for
	@tools/lock

hook: ## run `make check` before each commit
	@tools/hook

clean: ## remove what these words have made, except the data of `make up`
	rm -rf .venv .tools .mypy_cache .pytest_cache .ruff_cache .hypothesis build *.egg-info

.PHONY: runtime dev
runtime dev:
	@tools/setup $@

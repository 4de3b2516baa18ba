# Every target sets the checkout up first; that is quick when nothing is missing.
PYTHON ?= python3
# Runs a command where .venv/bin and .tools/bin come first and Pulumi keeps its state inside the checkout.
IN := $(PYTHON) -m tools.environment

# Stacks live inside the checkout, or wherever the person has logged in to.
OWN := $(if $(filter own,$(BACKEND)),--own-backend)

.DEFAULT_GOAL := help
.PHONY: help setup demo down test test-deep test-unit check format lock advisories env shell clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: ## everything a checkout needs, inside it: Python and Node packages, Pulumi and its plugin
	@$(PYTHON) -m tools.setup

demo: setup ## two real belts on six local chains, and the alias moved from one to the other
	@$(IN) python -m demo

down: setup ## destroy everything the demo made
	@$(IN) python -m demo down

# Most of the time goes into waiting for real parts, so more workers than cores share the tests. Real processes are
# timed, on whatever else the machine does meanwhile: what fails is run once more without the rest, in the open; what
# fails twice has failed.
WORKERS ?= 3
PYTEST := $(IN) python -m pytest
SHARED := -n $(WORKERS) --no-loadscope-reorder --durations 20
AGAIN := echo "once more, only what failed:" && $(PYTEST) --last-failed --last-failed-no-failures=none

test: setup ## every claim, every refusal and every way round the hook once, on real parts
	@$(PYTEST) -m "not deep" $(SHARED) $(ARGS) || { [ $$? -eq 1 ] && $(AGAIN) -m "not deep" $(ARGS); }

# Without BUDGET all of them run. With BUDGET=MINUTES those that have time: first what lies near to what has changed
# (on this branch, or since SINCE=COMMIT), then others at each commit. Properties get all their examples.
DEEP := -m "deep or long" --hypothesis-profile deep
WITHIN = $(if $(BUDGET),--budget $(BUDGET)) $(if $(SINCE),--since $(SINCE))
test-deep: setup ## all else: repeats, kills, floods, the rest of each class; BUDGET=MINUTES for what has time
	@$(PYTEST) $(DEEP) $(SHARED) $(WITHIN) $(ARGS) || { [ $$? -eq 1 ] && $(AGAIN) $(DEEP) $(ARGS); }

test-unit: setup ## the tests that start no process
	@$(IN) python -m pytest tests/unit $(ARGS)

check: setup ## ruff, mypy --strict and import-linter; zero findings is the only normal
	@$(IN) ruff check
	@$(IN) ruff format --check
	@$(IN) mypy
	@$(IN) lint-imports

format: setup ## let ruff write what it would complain about
	@$(IN) ruff check --fix
	@$(IN) ruff format

lock: setup ## pin anew what requirements*.in, tools/pulumi/go.in and package.json ask for
	@$(IN) python -m tools.lock

advisories: setup ## what registries know to be wrong with what is pinned, and what they could not be asked
	@$(IN) python -m tools.advisories

env: setup ## the environment, for your shell: eval "$(make env)"; BACKEND=own leaves yours
	@$(IN) $(OWN)

shell: setup ## a shell in that environment; BACKEND=own where you have logged in to a backend
	@$(IN) $(OWN) --shell

clean: ## drop what setup made; refuses while anything from here still runs
	@$(PYTHON) -m tools.clean

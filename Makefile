# The commands of the project. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory

SWIFT ?= swift
export SWIFT

# What `make check` runs, in this order. A new step is one word here.
CHECKS := tidy format verify rules test wire gateway kill tls-check stack-check chaos sim-check

# A script that has not been written yet fails by name.
need = @test -x $(1) || { echo "make $@: $(1) does not exist yet" >&2; exit 1; }

.DEFAULT_GOAL := help
.PHONY: help setup build demo test tidy format format-fix generate verify bench bench-embedded bench-storage rates wire fuzz-api kill outage services chaos gateway stack stack-down stack-check upgrade-check restore-check tls-check soak images-check rules sim sim-check bench-sim nightly mutants check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Install Debian packages and the Python environment where they are missing
	@scripts/setup.sh

build: setup ## Build everything
	@scripts/build.sh

demo: ## Start Millrace and run the examples to success
	$(call need,scripts/demo.sh)
	@$(MAKE) build
	@scripts/demo.sh

test: setup ## Build and run all tests; FILTER=SchedulerCoreTests runs some
	@scripts/test.sh $(FILTER)

tidy: ## Check imports, calls, lengths, names and completeness
	@scripts/tidy.sh

format: ## Check the format of all Swift files
	@scripts/format.sh --check

format-fix: ## Rewrite all Swift files in the project's format
	@scripts/format.sh --fix

generate: setup ## Write the code of proto/ anew
	@scripts/generate.sh

verify: setup ## Compare what is generated with what is committed, our codec and schema with Python's
	@scripts/generate.sh --check
	@scripts/conformance.sh
	@.venv/bin/python3 scripts/definitions.py
	@.venv/bin/python3 scripts/mutants.py --check

bench: ## Measure an installation of processes on real servers, one line of JSON for each workload; ARGS: names
	@scripts/setup.sh >&2
	@scripts/build.sh -c release --product millrace >&2
	@scripts/build.sh -c release --product brokerfront >&2
	@scripts/build.sh -c release --product bench >&2
	@.venv/bin/python3 scripts/bench.py $(ARGS)

bench-embedded: ## Measure one process with everything in it; fails when a limit is broken; ARGS: names
	@scripts/setup.sh >&2
	@scripts/build.sh -c release --product bench >&2
	@.build/release/bench embedded $(ARGS)

bench-storage: ## Measure logs, search and artifacts on MongoDB and S3; fails when a limit is broken; ARGS: --jobs N
	@scripts/setup.sh >&2
	@scripts/build.sh -c release --product millrace >&2
	@scripts/build.sh -c release --product brokerfront >&2
	@.venv/bin/python3 scripts/bench_storage.py $(ARGS)

rates: setup ## Measure the wire alone: requests a second over HTTP/1.1, HTTP/2 and gRPC
	@scripts/rates.sh $(ARGS)

wire: ## Drive the built program over HTTP as a client sees it
	$(call need,scripts/wire.sh)
	@$(MAKE) build
	@scripts/wire.sh

fuzz-api: ## Test every route as each role with requests made of api/openapi.json; ARGS: --seed N
	$(call need,scripts/schemathesis.sh)
	@$(MAKE) build
	@scripts/schemathesis.sh $(ARGS)

kill: ## Kill the built program in the middle of runs and see them finish
	$(call need,scripts/kill.sh)
	@$(MAKE) build
	@scripts/kill.sh

outage: setup ## Let a receiver of webhooks be down for a real minute
	$(call need,scripts/outage.sh)
	@scripts/outage.sh

services: ## Start an installation of separate processes on this machine; FOLDER: where
	@$(MAKE) build
	@infra/local/millrace.sh start $(or $(FOLDER),/tmp/millrace-services)
	@echo "  . $(or $(FOLDER),/tmp/millrace-services)/env   and use .build/debug/millrace"
	@echo "  infra/local/millrace.sh stop $(or $(FOLDER),/tmp/millrace-services)"

chaos: ## Kill, pause and restart the processes of an installation; ARGS: --seconds N --broker tansu
	@$(MAKE) build
	@.venv/bin/python3 scripts/chaos.py $(or $(ARGS),--seconds 180)

gateway: ## Try what must not get through the gateway; ARGS: --paths N
	@$(MAKE) build
	@.venv/bin/python3 scripts/gateway_check.py $(ARGS)

stack: ## Start the platform of compose.yml as processes on this machine; FOLDER: where
	@$(MAKE) build
	@.venv/bin/python3 scripts/stack_run.py up $(or $(FOLDER),/tmp/millrace-stack)
	@echo "  . $(or $(FOLDER),/tmp/millrace-stack)/env   and use .build/debug/millrace"
	@echo "  make stack-down"

stack-down: ## End what make stack has started; FOLDER: where
	@.venv/bin/python3 scripts/stack_run.py down $(or $(FOLDER),/tmp/millrace-stack)

stack-check: ## Start a stack, use it, kill each of its processes once, end it
	@$(MAKE) build
	@scripts/stack_check.sh

upgrade-check: ## Replace each process of the version before by one of this, and back, under load; REVISION: which
	@scripts/setup.sh >&2
	@scripts/upgrade_check.sh $(REVISION)

restore-check: ## Back up a stack in use, kill it, restore it from mixed moments; ARGS: --all --keep
	@$(MAKE) build
	@.venv/bin/python3 scripts/restore_check.py $(ARGS)

tls-check: ## Run a platform on servers that speak TLS alone, and see it refuse others; ARGS: --runs N
	@$(MAKE) build
	@.venv/bin/python3 scripts/tls_check.py $(ARGS)

soak: ## Use a stack for an hour with one fault a minute, and see what grows; ARGS: --minutes N
	@scripts/setup.sh >&2
	@scripts/build.sh -c release --product millrace >&2
	@scripts/build.sh -c release --product brokerfront >&2
	@.venv/bin/python3 scripts/soak.py $(or $(ARGS),--picture docs/soak.svg)

images-check: setup ## Build the images and run each service in its container; needs root, podman and buildah
	@scripts/images_check.sh

rules: setup ## Test the alerts and the files of infra with the programs that read them
	@scripts/rules.sh

sim: ## Run the whole platform through seeded disasters; ARGS: --seeds N --profile P
	@scripts/setup.sh >&2
	@scripts/build_sim.sh >&2
	@.build/sim/release/sim run $(ARGS)

sim-check: ## A thousand worlds, a canary, determinism, a sample of the mutants
	$(call need,scripts/sim_check.sh)
	@$(MAKE) build
	@scripts/build_sim.sh
	@scripts/sim_check.sh

bench-sim: ## Measure the simulator: worlds a second on one core, times real time, replay and shrink
	@scripts/setup.sh >&2
	@scripts/build_sim.sh >&2
	@.venv/bin/python3 scripts/bench_sim.py $(ARGS)

nightly: ## A hundred thousand worlds, and what they have reached; ARGS: --from SEED
	@scripts/setup.sh >&2
	@scripts/build_sim.sh >&2
	@.build/sim/release/sim reach --seeds 100000 --strict --to sim-reach $(ARGS)

mutants: ## Plant bugs, one alive at a time, and see the simulator notice; ARGS: NAME --seconds S --shrink
	@scripts/setup.sh >&2
	@scripts/build_sim.sh >&2
	@.venv/bin/python3 scripts/mutants.py $(ARGS)

check: ## Everything that must be green before a change is done
	@scripts/check.sh $(CHECKS)

# The commands of this repository. `make` alone lists them.

SHELL := bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo demo-services web serve test lint fmt bench cpython cpython-tests

# One cache of runtime images for everything below, the one that `sluice` uses.
export SLUICE_CACHE_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/sluice

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## build Sluice and run a flow on a real log
	@scripts/require.sh cargo:1.95 cc
	cargo build --package sluice
	cargo run --quiet --package sluice -- runtime build
	cargo run --quiet --package sluice -- \
	  run flows/access_log_report.py -i log=@flows/data/access.log

demo-services: ## start the demo services that flows can call, until they are stopped
	@scripts/demo-services.sh

web: ## build the pages that the server serves
	@scripts/require.sh cargo:1.95 cc
	@scripts/web.sh build

serve: web ## serve the API and the pages, and print where to open them
	cargo run --quiet --package sluice -- serve

test: ## run every test
	@scripts/test.sh

lint: ## check format, lints and types
	@scripts/lint.sh

fmt: ## format Rust, Python and the web
	@scripts/require.sh cargo:1.95 python3:3.11
	cargo fmt --all
	ruff=$$(scripts/python-env.sh)/bin/ruff && \
	  $$ruff format --config python-runtime/pyproject.toml python-runtime flows crates scripts && \
	  cd python-runtime && $$ruff check --fix
	cd web && npm run --silent format

bench: ## measure what we answer for, in a release build
	@scripts/require.sh cargo:1.95 cc
	cargo run --release --package xtask -- bench

cpython-tests: ## run CPython's own tests in the sandbox (some minutes, on Debian)
	@scripts/require.sh cargo:1.95 cc
	cargo xtask cpython-tests

cpython: ## build the interpreter anew (some five minutes, on Debian as root; the result is committed)
	python-runtime/cpython/build.sh

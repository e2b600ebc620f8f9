#!/usr/bin/env bash
# Every test: those of the crates, the end-to-end and tidy tests, the SDK's under plain CPython and in
# the sandbox, the web's without a browser and in one, and workers that are killed.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

crates() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --no-fail-fast && cargo test --workspace --doc
  else
    cargo test --workspace --no-fail-fast
  fi
}

sdk_under_cpython() {
  local env
  env=$(scripts/python-env.sh) || return
  (cd python-runtime && "$env/bin/python" -m pytest)
}

# Built with the whole workspace, as the tests were: alone, it would have other features of the same
# dependencies, and they would be built a second time.
sdk_in_the_sandbox() {
  cargo build --workspace --all-targets && "${CARGO_TARGET_DIR:-target}/debug/xtask" sdk-tests
}

# The same build. Two hundred kills on each engine; `cargo xtask crash` takes more.
killed_workers() {
  local xtask=${CARGO_TARGET_DIR:-target}/debug/xtask
  "$xtask" crash --cycles 200 --store sqlite && "$xtask" crash --cycles 200 --store postgres
}

# The same build, too. `scripts/fuzz-api.sh 100` sends more.
api_as_described() {
  scripts/fuzz-api.sh 10
}

# The same build, which reads the pages from where they are built.
web() {
  SLUICE_BINARY=${CARGO_TARGET_DIR:-target}/debug/sluice scripts/web.sh "$1"
}

pages() {
  web build && web browser
}

# Installed where it is missing; one server for all tests.
postgresql() {
  scripts/postgres.sh url
}

scripts/require.sh cargo:1.95 cc git python3:3.11 node:20.19 npm
trap 'scripts/postgres.sh stop' EXIT
step "a PostgreSQL server for the tests" postgresql
step "the crates, end to end, and tidy" crates
step "the SDK under plain CPython" sdk_under_cpython
step "the SDK in the sandbox" sdk_in_the_sandbox
step "the API against its description" api_as_described
step "the web without a browser" web test
step "the pages in a browser" pages
step "workers that are killed" killed_workers
finish

#!/usr/bin/env bash
# Everything that is found without running anything. Nothing is changed: `make fmt` does that.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/steps.sh

scripts/require.sh cargo:1.95 cc python3:3.11 node:20.19 npm
env=$(scripts/python-env.sh)
export RUFF_CACHE_DIR=$env/ruff-cache MYPY_CACHE_DIR=$env/mypy-cache

python_runtime() {
  (cd python-runtime && "$env/bin/$1" "${@:2}")
}

# What is Python outside the SDK: the built-in flows, which show how flows are written and keep their
# own order of imports, what tasks send into the sandbox, and what the scripts use.
other_python() {
  "$env/bin/ruff" check --config python-runtime/pyproject.toml --ignore E501,I001 flows crates scripts &&
    "$env/bin/ruff" format --check --config python-runtime/pyproject.toml flows crates scripts
}

shell_scripts() {
  if command -v shellcheck >/dev/null; then
    git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run | xargs shellcheck --external-sources
  else
    echo "skipped: there is no shellcheck here (apt install shellcheck)"
  fi
}

# With the binary of the whole workspace, which the tests build as well.
web() {
  cargo build --workspace --all-targets &&
    SLUICE_BINARY=${CARGO_TARGET_DIR:-target}/debug/sluice scripts/web.sh check
}

step "format of Rust" cargo fmt --all --check
step "clippy" cargo clippy --workspace --all-targets -- --deny warnings
step "ruff on the SDK" python_runtime ruff check
step "format of the SDK" python_runtime ruff format --check
step "ruff on other Python" other_python
step "mypy on the SDK" python_runtime mypy --strict
step "shell scripts" shell_scripts
step "types, lints and format of the web" web
finish

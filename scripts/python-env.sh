#!/usr/bin/env bash
# Makes a virtual environment with the SDK and its development tools, once for each state of
# pyproject.toml, and prints its path.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
key=$({ cat python-runtime/pyproject.toml; python3 --version; command -v python3; pwd; } | sha256sum)
env=$target/python-env/${key:0:16}

if [[ ! -e $env/complete ]]; then
  rm -rf "$target/python-env"
  if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
    echo "this Python cannot make virtual environments: apt install python3-venv" >&2
    exit 1
  fi
  echo "making a Python environment in $env ..." >&2
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check --editable 'python-runtime[dev]' >&2
  touch "$env/complete"
fi
echo "$env"

#!/usr/bin/env bash
# Checks that tools are here and new enough, and says what to install where they are not.
#
# usage: require.sh TOOL[:VERSION]...
set -euo pipefail

how_to_get() {
  case "$1" in
    cargo) echo "Rust: https://rustup.rs" ;;
    cc) echo "a C compiler, for the C libraries of some crates: apt install build-essential" ;;
    git) echo "git: apt install git" ;;
    node | npm) echo "Node.js with npm: https://nodejs.org" ;;
    python3) echo "Python: apt install python3 python3-venv" ;;
    *) echo "$1" ;;
  esac
}

version_of() {
  "$1" --version 2>&1 | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1
}

missing=0
for wanted in "$@"; do
  tool=${wanted%%:*}
  least=
  [[ $wanted == *:* ]] && least=${wanted#*:}
  if ! command -v "$tool" >/dev/null; then
    echo "missing: $tool. Install $(how_to_get "$tool")" >&2
    missing=1
  elif [[ -n $least ]]; then
    found=$(version_of "$tool")
    if [[ $(printf '%s\n' "$least" "$found" | sort -V | head -n 1) != "$least" ]]; then
      echo "too old: $tool $found; $least is the least. Install $(how_to_get "$tool")" >&2
      missing=1
    fi
  fi
done
exit "$missing"

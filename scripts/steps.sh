# Sourced by scripts that do several things: all are done, and the script fails if one has failed.
# shellcheck shell=bash

failed_steps=()

# step TITLE COMMAND...
step() {
  local title=$1
  shift
  printf '\n== %s\n' "$title"
  "$@" || failed_steps+=("$title")
}

# The last line of the script: says how it went, and exits accordingly.
finish() {
  printf '\n'
  if ((${#failed_steps[@]})); then
    printf 'failed: %s\n' "${failed_steps[@]}" >&2
    exit 1
  fi
  echo "all is well"
}

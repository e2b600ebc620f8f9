#!/usr/bin/env bash
# Sends what the OpenAPI document allows, and what it does not, to a server of its own, and looks whether
# the answers are what the document says.
#   scripts/fuzz-api.sh [EXAMPLES]   so many requests an operation and phase; 10 where it is left out
# It needs the built binary. Of a socket the document says only where it is.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
examples=${1:-10}
version=4.32.5
env=$target/schemathesis-env/$version
if [[ ! -e $env/complete ]]; then
  echo "making a Python environment in $env ..." >&2
  rm -rf "$target/schemathesis-env"
  python3 -m venv "$env"
  "$env/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version" >&2
  touch "$env/complete"
fi

home=$(mktemp --directory)
export XDG_CONFIG_HOME=$home SLUICE_CACHE_DIR=${SLUICE_CACHE_DIR:-$target/sluice-cache}
"$target/debug/sluice" serve --listen 127.0.0.1:0 --store "$home/store.db" \
  --requests-per-second 1000000 --failures-per-second 1000000 2>"$home/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null || true; rm -rf "$home"' EXIT

for _ in $(seq 600); do
  command=$(grep -o 'http://[0-9.:]* --code sll_[A-Za-z0-9_-]*' "$home/log" || true)
  [[ -z $command ]] || break
  kill -0 "$server" || { cat "$home/log" >&2; exit 1; }
  sleep 0.1
done
read -r url _ code <<<"$command"
"$target/debug/sluice" login "$url" --code "$code"
token=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["token"])' "$home/sluice/login.json")

cp scripts/schemathesis.toml scripts/schemathesis_hooks.py "$home/"
python3 scripts/fuzz_data.py "$url" "$token" >>"$home/schemathesis.toml"
(cd "$home" && SCHEMATHESIS_HOOKS=schemathesis_hooks "$env/bin/schemathesis" --config-file schemathesis.toml run "$url/v1/openapi.json" \
  --header "Authorization: Bearer $token" --checks all --max-examples "$examples" \
  --exclude-operation-id open_socket --no-color)

#!/usr/bin/env bash
# The web: `build` makes web/dist, which the server has in it; `check` looks at types, lints and format; `test`
# runs what needs no browser; `browser` works the pages in Chromium, on a server of its own.
#
# `pictures` takes those of the README.
#
# usage: web.sh build|check|test|browser|pictures
#
# The types of the API are made of what `sluice openapi` prints: the binary is $SLUICE_BINARY, or built here. What
# the editor knows of the SDK is read from its sources.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/require.sh node:20.19 npm python3:3.11
sluice=${SLUICE_BINARY:-}
if [[ -z $sluice ]]; then
  cargo build --quiet --package sluice
  sluice=${CARGO_TARGET_DIR:-target}/debug/sluice
fi
sluice=$(realpath "$sluice")

# What it is built of, as the lock file has it, and the types, where the API is another one now.
prepare() {
  local lock
  lock=$(sha256sum < package-lock.json)
  if [[ $(cat node_modules/.installed 2>/dev/null) != "$lock" ]]; then
    npm ci --no-audit --no-fund --loglevel=error
    printf '%s\n' "$lock" > node_modules/.installed
  fi
  "$sluice" openapi > openapi.json.new
  if [[ ! -e src/api/schema.d.ts ]] || ! cmp --silent openapi.json.new openapi.json; then
    mv openapi.json.new openapi.json
    npm run --silent types
  else
    rm openapi.json.new
  fi
  npm run --silent symbols
}

# Starts a server on a fresh store, and has the pages tested on it.
on_a_server() {
  local chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
  if [[ -z $chromium ]]; then
    echo "missing: chromium, for the tests of the pages. Install it (apt install chromium), or name one in \$CHROMIUM" >&2
    return 1
  fi
  local place server address code secret
  place=$(mktemp --directory)
  export PATH_SOCKET=$place/sockets
  SLUICE_STORE=$place/store.db SLUICE_MASTER_KEY_FILE=$place/master.key XDG_CONFIG_HOME=$place/config \
    "$sluice" serve --listen 127.0.0.1:0 2> "$place/log" &
  server=$!
  # shellcheck disable=SC2064
  trap "kill $server 2>/dev/null || true; rm -rf '$place'" RETURN EXIT
  while ! grep --quiet -- --code "$place/log"; do
    kill -0 "$server" 2>/dev/null || { cat "$place/log" >&2; return 1; }
    sleep 0.1
  done
  address=$(grep --only-matching 'http://[0-9.:]*' "$place/log" | head -n 1)
  code=$(grep --only-matching 'sll_[A-Za-z0-9_-]*' "$place/log" | head -n 1)
  secret=$(node -e '
    const [address, code] = process.argv.slice(1);
    const headers = { "content-type": "application/json" };
    const answer = await fetch(address + "/v1/login", { method: "POST", headers, body: JSON.stringify({ code }) });
    console.log((await answer.json()).secret);
  ' --input-type=module "$address" "$code")
  CHROMIUM=$chromium SLUICE_WEB=$address SLUICE_TOKEN=$secret npm run --silent "$1"
}

cd web
prepare
case ${1:-build} in
  build) npm run --silent build ;;
  check) npm run --silent check && npm run --silent lint ;;
  test) npm run --silent test ;;
  browser | pictures) on_a_server "$1" ;;
  *) echo "usage: web.sh build|check|test|browser|pictures" >&2; exit 2 ;;
esac

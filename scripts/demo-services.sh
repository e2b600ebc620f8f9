#!/usr/bin/env bash
# Starts the demo services of flows/demo-services and stays until it is stopped; they end with it.
# Their sockets are under $PATH_SOCKET, or under ~/hero/var/sockets where that is not set.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/require.sh python3:3.11
services=()
stop() {
  kill "${services[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'exit 0' INT TERM
for service in flows/demo-services/*.py; do
  python3 "$service" &
  services+=("$!")
done
wait

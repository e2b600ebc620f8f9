#!/usr/bin/env bash
# A throwaway PostgreSQL server for tests and figures, on a unix socket only, in target/postgres.
#   scripts/postgres.sh url    starts it where it does not run, and prints its URL
#   scripts/postgres.sh stop   stops it
# With SLUICE_TEST_POSTGRES_URL set, `url` prints that and nothing is started.
set -euo pipefail
cd "$(dirname "$0")/.."

target=${CARGO_TARGET_DIR:-$PWD/target}
home=$target/postgres

find_initdb() {
  local path
  for path in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin; do
    [[ -x $path/initdb && -x $path/pg_ctl ]] && bin=$path
  done
  if [[ -z ${bin:-} ]]; then
    path=$(command -v initdb || true)
    [[ -n $path ]] && bin=$(dirname "$(readlink -f "$path")")
  fi
  [[ -n ${bin:-} && -x $bin/pg_ctl ]]
}

# Debian's package starts a server of its own where it is installed, unless it is told not to.
install() {
  if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
    echo "there is no PostgreSQL here: apt install postgresql" >&2
    exit 1
  fi
  echo "installing postgresql" >&2
  mkdir -p /etc/postgresql-common
  if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  {
    apt-get update --quiet=2
    DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends postgresql
  } >&2
}

# PostgreSQL refuses to run as root.
as_owner() {
  if [[ $(id -u) == 0 ]]; then
    runuser -u postgres -- "$@"
  else
    "$@"
  fi
}

place() {
  mkdir -p "$home"
  if [[ $(id -u) == 0 ]]; then
    owner=postgres
    chown postgres: "$home"
  else
    owner=$(id -un)
  fi
  # Below a folder that the server's user may not enter, or where a socket's path would be too long,
  # it lies elsewhere.
  if ! as_owner test -w "$home" || ((${#home} > 70)); then
    local key
    key=$(pwd | sha256sum)
    home=/var/tmp/sluice-postgres-${key:0:16}
    mkdir -p "$home"
    [[ $(id -u) != 0 ]] || chown postgres: "$home"
  fi
}

url() {
  if [[ -n ${SLUICE_TEST_POSTGRES_URL:-} ]]; then
    echo "$SLUICE_TEST_POSTGRES_URL"
    return
  fi
  find_initdb || { install && find_initdb; }
  mkdir -p "$target"
  exec 9>"$target/postgres.lock"
  flock 9
  place
  if [[ ! -e $home/data/complete ]]; then
    rm -rf "${home:?}/data"
    as_owner "$bin/initdb" --pgdata "$home/data" --username "$owner" --auth trust \
      --encoding UTF8 --locale C.UTF-8 >&2
    as_owner touch "$home/data/complete"
  fi
  if ! (cd / && as_owner "$bin/pg_ctl" --pgdata "$home/data" status) >/dev/null; then
    # The server must not hold the lock, nor whoever reads our output.
    (cd / && as_owner "$bin/pg_ctl" --pgdata "$home/data" --wait --log "$home/log" \
      --options "-c listen_addresses='' -k $home -c max_connections=200" start) >/dev/null 9>&-
  fi
  echo "postgresql:///postgres?host=$home&user=$owner"
}

stop() {
  find_initdb || return 0
  place
  if [[ -e $home/data/postmaster.pid ]]; then
    (cd / && as_owner "$bin/pg_ctl" --pgdata "$home/data" --mode fast stop) >&2
  fi
}

case ${1:-} in
  url) url ;;
  stop) stop ;;
  *)
    echo "usage: scripts/postgres.sh url|stop" >&2
    exit 2
    ;;
esac

# What every stage shares: where things are, which versions are built, and how to enter the
# toolchain. Sourced, never run. Inside the toolchain the work folder is /work and this folder is
# /recipe, wherever they are outside, so no path of the building machine gets into the product.
# shellcheck shell=bash

set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK=${SLUICE_CPYTHON_WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/cpython-build}
# shellcheck disable=SC2034
MIRROR=${SLUICE_DEBIAN_MIRROR:-http://deb.debian.org/debian}
LOCK=$HERE/inputs.lock
JOBS=${JOBS:-2}

PYTHON=3.13.15
LLVM=22

# The same level in the profile build and in the wasm build: with another one, clang silently drops
# the profile of the functions that matter most, the evaluation loop among them.
OPT="-DNDEBUG -O3"

# The date that __DATE__ and the archives show: the day on which CPython 3.13.15 came into Debian.
export SOURCE_DATE_EPOCH=1785542400 TZ=UTC LC_ALL=C

say() { printf '\n== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The lines of the lock: <SHA-256> <file> <deb or source> <package>=<version>
locked() { grep -v '^#' "$LOCK"; }

# Runs a command line inside the toolchain. The bind mounts live in a mount namespace of their own
# and are gone with the command. Addresses are not randomised: CPython orders some sets by them, and
# the profile would count differently each time.
inside() {
    [ -x "$WORK/toolchain/usr/bin/bash" ] || die "no toolchain in $WORK: run build.sh toolchain first"
    mkdir -p "$WORK/toolchain/work" "$WORK/toolchain/recipe"
    # shellcheck disable=SC2016
    unshare --mount bash -euc '
        cd "$1"
        for d in proc dev tmp; do mount --bind "/$d" "$d"; done
        mount --bind "$2" work
        mount --bind -o ro "$3" recipe
        exec setarch --addr-no-randomize chroot . /usr/bin/env -i PATH=/usr/bin:/usr/sbin HOME=/tmp TZ=UTC LC_ALL=C \
            SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" JOBS="$5" PYTHON="$6" LLVM="$7" OPT="$8" \
            KEEP_NAMES="${KEEP_NAMES:-}" \
            /usr/bin/bash -euo pipefail -c "$4"
    ' inside "$WORK/toolchain" "$WORK" "$HERE" "$1" "$JOBS" "$PYTHON" "$LLVM" "$OPT"
}

#!/usr/bin/env bash
# Brings every input into $WORK/downloads and checks it against inputs.lock. With --relock: asks the
# archive what is current instead, downloads that and rewrites the lock.

source "$(dirname "$0")/setting.sh"
source "$HERE/recipe/apt.sh"

# What the recipe calls. apt adds what these depend on.
PACKAGES=(
    base-files bash coreutils diffutils findutils gawk grep gzip make sed tar xz-utils zstd
    "clang-$LLVM" "lld-$LLVM" "llvm-$LLVM" binaryen python3.13
    wasi-libc "libclang-rt-$LLVM-dev-wasm32"
    "libclang-rt-$LLVM-dev" libc6-dev-i386 libc6-i386 lib32gcc-16-dev
    tzdata tzdata-legacy
)
# Only the upstream tarball of each is used, without Debian's patches.
SOURCES=("python3.13=$PYTHON-1" zlib bzip2 xz-utils sqlite3)

DOWNLOADS=$WORK/downloads
mkdir -p "$DOWNLOADS"

intact() { [ -f "$DOWNLOADS/$2" ] && echo "$1  $DOWNLOADS/$2" | sha256sum --check --status; }

fetch_one() {
    local kind=$1 package=$2
    cd "$DOWNLOADS"
    case $kind in
        deb) apt-get -qq download "$package" ;;
        source) apt-get -qq source --download-only --tar-only "$package" ;;
    esac
}

fetch() {
    local hash file kind package ready=
    while read -r hash file kind package; do
        intact "$hash" "$file" && continue
        [ -n "$ready" ] || { set_up_apt; ready=yes; }
        rm -f "${DOWNLOADS:?}/$file"
        (fetch_one "$kind" "$package") || die "$MIRROR no longer has $package ($file).
  To build what the lock says, set SLUICE_DEBIAN_MIRROR to a snapshot of the archive that has it.
  To build from what is current, run: build.sh --relock"
        intact "$hash" "$file" || die "$file is not what inputs.lock says (SHA-256 $hash)"
    done < <(locked)
}

relock() {
    set_up_apt
    local file package version
    rm -f "${DOWNLOADS:?}"/*
    (cd "$DOWNLOADS" && apt-get -qq install --print-uris "${PACKAGES[@]}") > "$APT/uris"
    # 'http://.../clang-22_22.1.8-3_amd64.deb' clang-22_1%3a22.1.8-3_amd64.deb <size> <hash>
    while read -r _ file _; do
        package=${file%%_*}
        version=${file#*_}
        version=${version%_*}
        fetch_one deb "$package=${version//%3a/:}"
        say "$file"
    done < "$APT/uris"
    for package in "${SOURCES[@]}"; do fetch_one source "$package"; done
    rm -f "$DOWNLOADS"/*.asc "$DOWNLOADS"/*.orig-*.tar.*
    write_lock > "$LOCK"
}

write_lock() {
    echo "# Every file that the build reads, written by build.sh --relock."
    echo "# SHA-256, file, kind, package=version"
    local file name version
    cd "$DOWNLOADS"
    for file in *.deb; do
        name=${file%%_*}
        version=$(dpkg-deb --field "$file" Version)
        echo "$(sha256sum "$file" | cut -d' ' -f1) $file deb $name=$version"
    done
    for file in *.orig.tar.*; do
        name=${file%%_*}
        version=$(source_version "$name" "${file#*_}")
        echo "$(sha256sum "$file" | cut -d' ' -f1) $file source $name=$version"
    done
}

# The Debian version whose upstream tarball this is.
source_version() {
    local name=$1 upstream=${2%.orig.tar.*}
    # shellcheck disable=SC2001
    apt-cache showsrc "$name" | sed -n 's/^Version: //p' | sort -Vr \
        | grep -m1 -E "^([0-9]+:)?$(sed 's/[.+]/\\&/g' <<< "$upstream")-"
}

case ${1:-} in
    '') fetch ;;
    --relock) relock ;;
    *) die "usage: fetch.sh [--relock]" ;;
esac

#!/usr/bin/env bash
# Builds artifact/: the interpreter as a WebAssembly core module, and its standard library.
#
#   build.sh               everything; a stage whose inputs have not changed is not run again
#   build.sh <stage>...    these stages, whatever has changed: build.sh link package
#   build.sh profile       make training/cpython.profdata.zst anew: after a change of CPython, of clang, of
#                          the training
#   build.sh --relock      take what is current in Debian, rewrite inputs.lock, then build
#   build.sh --compare     fail unless what was built last equals artifact/

source "$(dirname "$0")/recipe/setting.sh"

# `profile` is not among them: its product is an input of the build, kept in training/.
STAGES=(fetch toolchain wasm link stdlib package)

# What each stage reads of this folder, apart from what the stages before it leave.
reads() {
    case $1 in
        fetch) echo inputs.lock recipe/{fetch,apt,setting}.sh ;;
        toolchain) echo recipe/toolchain.sh ;;
        wasm) echo recipe/{libraries,wasm}.inside.sh recipe/config.site glue/sqlite_vfs.c training/*.zst ;;
        link) echo recipe/link.inside.sh glue/*.c glue/*.h ;;
        stdlib) echo recipe/stdlib.inside.sh stdlib/*.* stdlib/tzdata/* ;;
        package) echo recipe/package.sh recipe/package.inside.sh recipe/provenance.sh ;;
    esac
}

run() {
    case $1 in
        fetch) "$HERE/recipe/fetch.sh" ;;
        toolchain) "$HERE/recipe/toolchain.sh" ;;
        profile)
            inside 'TARGET=profile; . /recipe/recipe/libraries.inside.sh'
            inside '. /recipe/recipe/profile.inside.sh'
            cp "$WORK/profile/cpython.profdata.zst" "$HERE/training/"
            ;;
        wasm)
            mkdir -p "$WORK/profile"
            inside 'zstd -dqf /recipe/training/cpython.profdata.zst -o /work/profile/cpython.profdata'
            inside 'TARGET=wasm; . /recipe/recipe/libraries.inside.sh'
            inside '. /recipe/recipe/wasm.inside.sh'
            ;;
        link) inside '. /recipe/recipe/link.inside.sh' ;;
        stdlib) inside '. /recipe/recipe/stdlib.inside.sh' ;;
        package) "$HERE/recipe/package.sh" ;;
        *) die "no stage $1; the stages are: profile ${STAGES[*]}" ;;
    esac
}

# A stage is done when its stamp names the inputs it has now, those of the stages before included.
inputs_of() {
    local stage
    cd "$HERE"
    for stage in "${STAGES[@]}"; do
        # shellcheck disable=SC2046
        sha256sum $(reads "$stage")
        [ "$stage" != "$1" ] || break
    done | sha256sum | cut -d' ' -f1
}

run_and_stamp() {
    local start=$SECONDS
    say "$1"
    rm -f "$WORK/stamps/$1"
    run "$1"
    [ "$1" = profile ] || inputs_of "$1" > "$WORK/stamps/$1"
    say "$1 took $((SECONDS - start)) s"
}

run_changed() {
    local stage
    for stage in "${STAGES[@]}"; do
        [ "$(cat "$WORK/stamps/$stage" 2> /dev/null)" = "$(inputs_of "$stage")" ] || run_and_stamp "$stage"
    done
}

compare() {
    (cd "$WORK/out/artifact" && find . -type f -exec sha256sum {} + | sort -k2) > "$WORK/out/built.sums"
    (cd "$HERE/artifact" && find . -type f -exec sha256sum {} + | sort -k2) \
        | diff "$WORK/out/built.sums" - >&2 || die "what was built differs from artifact/"
    say "what was built equals artifact/"
}

[ "$(id -u)" = 0 ] || die "the toolchain is entered by chroot: run this as root"
for tool in apt-get dpkg-deb unshare sha256sum; do
    command -v "$tool" > /dev/null || die "$tool is missing: this needs Debian 12 or newer"
done
mkdir -p "$WORK/stamps"

case ${1:-} in
    '') run_changed ;;
    --relock) "$HERE/recipe/fetch.sh" --relock && run_changed ;;
    --compare) compare ;;
    -*) die "usage: build.sh [--relock | --compare | stage...]" ;;
    *) for stage in "$@"; do run_and_stamp "$stage"; done ;;
esac
